// SPDX-License-Identifier: Apache-2.0
// Virtual networks, their DHCP leases, and the host's own interfaces.

import { array, bool, hyper, int, optional, string, struct, uint, uuid } from './layout.ts';
import { remoteProcedure } from './procedure.ts';
import { hostInterface, listArgs, listOf, network } from './types.ts';

/** REMOTE_NETWORK_DHCP_LEASES_MAX */
const DHCP_LEASES_MAX = 65_536;

/** `flags`: 0 all, 1 INACTIVE, 2 ACTIVE, 4 PERSISTENT, 8 TRANSIENT, 16 AUTOSTART, 32 NO_AUTOSTART. */
export const CONNECT_LIST_ALL_NETWORKS = remoteProcedure(283, 'CONNECT_LIST_ALL_NETWORKS', {
  args: listArgs,
  ret: { nets: listOf(network), ret: uint },
});
export const NETWORK_LOOKUP_BY_NAME = remoteProcedure(46, 'NETWORK_LOOKUP_BY_NAME', {
  args: { name: string },
  ret: { net: network },
});
export const NETWORK_LOOKUP_BY_UUID = remoteProcedure(47, 'NETWORK_LOOKUP_BY_UUID', {
  args: { uuid },
  ret: { net: network },
});
/** `flags`: 1 INACTIVE. */
export const NETWORK_GET_XML_DESC = remoteProcedure(43, 'NETWORK_GET_XML_DESC', {
  args: { net: network, flags: uint },
  ret: { xml: string },
});
/** VIR_ERR_INTERNAL_ERROR for a network without a bridge. */
export const NETWORK_GET_BRIDGE_NAME = remoteProcedure(45, 'NETWORK_GET_BRIDGE_NAME', {
  args: { net: network },
  ret: { name: string },
});
export const NETWORK_GET_AUTOSTART = remoteProcedure(44, 'NETWORK_GET_AUTOSTART', {
  args: { net: network },
  ret: { autostart: bool },
});
export const NETWORK_IS_ACTIVE = remoteProcedure(152, 'NETWORK_IS_ACTIVE', {
  args: { net: network },
  ret: { active: bool },
});
export const NETWORK_IS_PERSISTENT = remoteProcedure(153, 'NETWORK_IS_PERSISTENT', {
  args: { net: network },
  ret: { persistent: bool },
});
/** `expirytime` in seconds since the epoch, 0 never; `type`: 0 IPv4, 1 IPv6. `mac` null is all of them. */
export const NETWORK_GET_DHCP_LEASES = remoteProcedure(341, 'NETWORK_GET_DHCP_LEASES', {
  args: { net: network, mac: optional(string), need_results: int, flags: uint },
  ret: {
    leases: array(
      struct({
        iface: string,
        expirytime: hyper,
        type: int,
        mac: optional(string),
        iaid: optional(string),
        ipaddr: string,
        prefix: uint,
        hostname: optional(string),
        clientid: optional(string),
      }),
      DHCP_LEASES_MAX,
    ),
    ret: uint,
  },
});

/** `flags`: 0 all, 1 INACTIVE, 2 ACTIVE. */
export const CONNECT_LIST_ALL_INTERFACES = remoteProcedure(284, 'CONNECT_LIST_ALL_INTERFACES', {
  args: listArgs,
  ret: { ifaces: listOf(hostInterface), ret: uint },
});
export const INTERFACE_IS_ACTIVE = remoteProcedure(156, 'INTERFACE_IS_ACTIVE', {
  args: { iface: hostInterface },
  ret: { active: bool },
});
/** `flags`: 1 INACTIVE. */
export const INTERFACE_GET_XML_DESC = remoteProcedure(130, 'INTERFACE_GET_XML_DESC', {
  args: { iface: hostInterface, flags: uint },
  ret: { xml: string },
});
