// SPDX-License-Identifier: Apache-2.0
// Virtual networks and their DHCP leases, and the host's own interfaces.

import {
  CONNECT_LIST_ALL_INTERFACES,
  CONNECT_LIST_ALL_NETWORKS,
  INTERFACE_GET_XML_DESC,
  INTERFACE_IS_ACTIVE,
  NETWORK_GET_AUTOSTART,
  NETWORK_GET_BRIDGE_NAME,
  NETWORK_GET_DHCP_LEASES,
  NETWORK_GET_XML_DESC,
  NETWORK_IS_ACTIVE,
  NETWORK_IS_PERSISTENT,
  NETWORK_LOOKUP_BY_NAME,
  NETWORK_LOOKUP_BY_UUID,
} from '../protocol/network.ts';
import type { HostInterfaceRef, NetworkRef } from '../protocol/types.ts';
import type { CallOptions, RpcClient } from '../rpc/rpc-client.ts';
import { flagBits, toNumber } from './units.ts';
import type { FlagOptions } from './units.ts';

// virConnectListAllNetworksFlags
const LIST_FLAGS = { inactive: 1, active: 2, persistent: 4, transient: 8, autostart: 16, noAutostart: 32 } as const;
/** Which networks. */
export type NetworkFilter = FlagOptions<typeof LIST_FLAGS>;

/** An address a network's DHCP server gave out. */
export interface DhcpLease {
  /** The host's bridge. */
  readonly interface: string;
  /** Seconds since the epoch; `null` never. */
  readonly expiresAtSeconds: number | null;
  readonly family: 'ipv4' | 'ipv6';
  readonly mac: string | null;
  readonly iaid: string | null;
  readonly address: string;
  readonly prefixLength: number;
  readonly hostname: string | null;
  readonly clientId: string | null;
}

/** Networks. One that has gone is VIR_ERR_NO_NETWORK. */
export class NetworksApi {
  readonly #rpc: RpcClient;

  constructor(rpc: RpcClient) {
    this.#rpc = rpc;
  }

  async list(filter: NetworkFilter = {}, options?: CallOptions): Promise<readonly NetworkRef[]> {
    const args = { need_results: 1, flags: flagBits(LIST_FLAGS, filter) };
    return (await this.#rpc.call(CONNECT_LIST_ALL_NETWORKS, args, options)).nets;
  }

  async lookupByName(name: string, options?: CallOptions): Promise<NetworkRef> {
    return (await this.#rpc.call(NETWORK_LOOKUP_BY_NAME, { name }, options)).net;
  }

  async lookupByUuid(uuid: string, options?: CallOptions): Promise<NetworkRef> {
    return (await this.#rpc.call(NETWORK_LOOKUP_BY_UUID, { uuid }, options)).net;
  }

  /** The network's definition; `inactive` is what it will start with next time. */
  async xml(
    net: NetworkRef,
    { inactive = false }: { readonly inactive?: boolean | undefined } = {},
    options?: CallOptions,
  ): Promise<string> {
    return (await this.#rpc.call(NETWORK_GET_XML_DESC, { net, flags: inactive ? 1 : 0 }, options)).xml;
  }

  /** The host's bridge; VIR_ERR_INTERNAL_ERROR for a network without one. */
  async bridgeName(net: NetworkRef, options?: CallOptions): Promise<string> {
    return (await this.#rpc.call(NETWORK_GET_BRIDGE_NAME, { net }, options)).name;
  }

  async autostart(net: NetworkRef, options?: CallOptions): Promise<boolean> {
    return (await this.#rpc.call(NETWORK_GET_AUTOSTART, { net }, options)).autostart;
  }

  async isActive(net: NetworkRef, options?: CallOptions): Promise<boolean> {
    return (await this.#rpc.call(NETWORK_IS_ACTIVE, { net }, options)).active;
  }

  async isPersistent(net: NetworkRef, options?: CallOptions): Promise<boolean> {
    return (await this.#rpc.call(NETWORK_IS_PERSISTENT, { net }, options)).persistent;
  }

  /** Leases of the network's own DHCP server. VIR_ERR_NO_SUPPORT where the driver has none. */
  async leases(net: NetworkRef, options?: CallOptions): Promise<readonly DhcpLease[]> {
    const args = { net, mac: null, need_results: 1, flags: 0 };
    const { leases } = await this.#rpc.call(NETWORK_GET_DHCP_LEASES, args, options);
    return leases.map((lease) => ({
      interface: lease.iface,
      expiresAtSeconds: lease.expirytime === 0n ? null : toNumber(lease.expirytime),
      family: lease.type === 0 ? 'ipv4' : 'ipv6',
      mac: lease.mac,
      iaid: lease.iaid,
      address: lease.ipaddr,
      prefixLength: lease.prefix,
      hostname: lease.hostname,
      clientId: lease.clientid,
    }));
  }

  /** The host's own interfaces. VIR_ERR_NO_SUPPORT where libvirt is built without them. */
  async hostInterfaces(options?: CallOptions): Promise<readonly HostInterfaceRef[]> {
    return (await this.#rpc.call(CONNECT_LIST_ALL_INTERFACES, { need_results: 1, flags: 0 }, options)).ifaces;
  }

  async isHostInterfaceActive(iface: HostInterfaceRef, options?: CallOptions): Promise<boolean> {
    return (await this.#rpc.call(INTERFACE_IS_ACTIVE, { iface }, options)).active;
  }

  async hostInterfaceXml(iface: HostInterfaceRef, options?: CallOptions): Promise<string> {
    return (await this.#rpc.call(INTERFACE_GET_XML_DESC, { iface, flags: 0 }, options)).xml;
  }
}
