// SPDX-License-Identifier: Apache-2.0
// Events of libvirt's five families of objects: how each family is registered for, and the message of each event. All
// payloads begin with the id of the registration, which is unique within one family only.

import { array, hyper, int, optional, string, struct, uhyper, uint } from './layout.ts';
import { JOB_STATS_MAX } from './domain-details.ts';
import { remoteEvent, remoteProcedure } from './procedure.ts';
import { typedParams } from './typed-params.ts';
import { domain, network, nodeDevice, secret, storagePool } from './types.ts';

/** REMOTE_DOMAIN_EVENT_GRAPHICS_IDENTITY_MAX */
const GRAPHICS_IDENTITY_MAX = 20;
/** REMOTE_DOMAIN_EVENT_TUNABLE_MAX */
const EVENT_TUNABLE_MAX = 2048;

const deregisterArgs = { callbackID: int };
const registerRet = { callbackID: int };

/** The object of a registration may be null: all of them. An event id the daemon lacks is VIR_ERR_INTERNAL_ERROR. */
export const CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY = remoteProcedure(
  316,
  'CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY',
  { args: { eventID: int, dom: optional(domain) }, ret: registerRet },
);
export const CONNECT_DOMAIN_EVENT_CALLBACK_DEREGISTER_ANY = remoteProcedure(
  317,
  'CONNECT_DOMAIN_EVENT_CALLBACK_DEREGISTER_ANY',
  { args: deregisterArgs },
);
export const CONNECT_NETWORK_EVENT_REGISTER_ANY = remoteProcedure(313, 'CONNECT_NETWORK_EVENT_REGISTER_ANY', {
  args: { eventID: int, net: optional(network) },
  ret: registerRet,
});
export const CONNECT_NETWORK_EVENT_DEREGISTER_ANY = remoteProcedure(314, 'CONNECT_NETWORK_EVENT_DEREGISTER_ANY', {
  args: deregisterArgs,
});
export const CONNECT_STORAGE_POOL_EVENT_REGISTER_ANY = remoteProcedure(368, 'CONNECT_STORAGE_POOL_EVENT_REGISTER_ANY', {
  args: { eventID: int, pool: optional(storagePool) },
  ret: registerRet,
});
export const CONNECT_STORAGE_POOL_EVENT_DEREGISTER_ANY = remoteProcedure(
  369,
  'CONNECT_STORAGE_POOL_EVENT_DEREGISTER_ANY',
  { args: deregisterArgs },
);
export const CONNECT_NODE_DEVICE_EVENT_REGISTER_ANY = remoteProcedure(374, 'CONNECT_NODE_DEVICE_EVENT_REGISTER_ANY', {
  args: { eventID: int, dev: optional(nodeDevice) },
  ret: registerRet,
});
export const CONNECT_NODE_DEVICE_EVENT_DEREGISTER_ANY = remoteProcedure(
  375,
  'CONNECT_NODE_DEVICE_EVENT_DEREGISTER_ANY',
  { args: deregisterArgs },
);
export const CONNECT_SECRET_EVENT_REGISTER_ANY = remoteProcedure(380, 'CONNECT_SECRET_EVENT_REGISTER_ANY', {
  args: { eventID: int, secret: optional(secret) },
  ret: registerRet,
});
export const CONNECT_SECRET_EVENT_DEREGISTER_ANY = remoteProcedure(381, 'CONNECT_SECRET_EVENT_DEREGISTER_ANY', {
  args: deregisterArgs,
});

const callbackID = int;
const onDomain = { callbackID, dom: domain };
/** The power management events put the reason before the domain. */
const pmEvent = { callbackID, reason: int, dom: domain };
const graphicsAddress = struct({ family: int, node: string, service: string });

export const DOMAIN_EVENT_CALLBACK_LIFECYCLE = remoteEvent(318, 'DOMAIN_EVENT_CALLBACK_LIFECYCLE', {
  ...onDomain,
  event: int,
  detail: int,
});
export const DOMAIN_EVENT_CALLBACK_REBOOT = remoteEvent(319, 'DOMAIN_EVENT_CALLBACK_REBOOT', onDomain);
/** `offset` in seconds from UTC. */
export const DOMAIN_EVENT_CALLBACK_RTC_CHANGE = remoteEvent(320, 'DOMAIN_EVENT_CALLBACK_RTC_CHANGE', {
  ...onDomain,
  offset: hyper,
});
export const DOMAIN_EVENT_CALLBACK_WATCHDOG = remoteEvent(321, 'DOMAIN_EVENT_CALLBACK_WATCHDOG', {
  ...onDomain,
  action: int,
});
const ioError = { ...onDomain, srcPath: string, devAlias: string, action: int };
export const DOMAIN_EVENT_CALLBACK_IO_ERROR = remoteEvent(322, 'DOMAIN_EVENT_CALLBACK_IO_ERROR', ioError);
export const DOMAIN_EVENT_CALLBACK_GRAPHICS = remoteEvent(323, 'DOMAIN_EVENT_CALLBACK_GRAPHICS', {
  ...onDomain,
  phase: int,
  local: graphicsAddress,
  remote: graphicsAddress,
  authScheme: string,
  subject: array(struct({ type: string, name: string }), GRAPHICS_IDENTITY_MAX),
});
export const DOMAIN_EVENT_CALLBACK_IO_ERROR_REASON = remoteEvent(324, 'DOMAIN_EVENT_CALLBACK_IO_ERROR_REASON', {
  ...ioError,
  reason: string,
});
export const DOMAIN_EVENT_CALLBACK_CONTROL_ERROR = remoteEvent(325, 'DOMAIN_EVENT_CALLBACK_CONTROL_ERROR', onDomain);
/** `path` is the image's file. */
export const DOMAIN_EVENT_CALLBACK_BLOCK_JOB = remoteEvent(326, 'DOMAIN_EVENT_CALLBACK_BLOCK_JOB', {
  ...onDomain,
  path: string,
  type: int,
  status: int,
});
export const DOMAIN_EVENT_CALLBACK_DISK_CHANGE = remoteEvent(327, 'DOMAIN_EVENT_CALLBACK_DISK_CHANGE', {
  ...onDomain,
  oldSrcPath: optional(string),
  newSrcPath: optional(string),
  devAlias: string,
  reason: int,
});
export const DOMAIN_EVENT_CALLBACK_TRAY_CHANGE = remoteEvent(328, 'DOMAIN_EVENT_CALLBACK_TRAY_CHANGE', {
  ...onDomain,
  devAlias: string,
  reason: int,
});
export const DOMAIN_EVENT_CALLBACK_PMWAKEUP = remoteEvent(329, 'DOMAIN_EVENT_CALLBACK_PMWAKEUP', pmEvent);
export const DOMAIN_EVENT_CALLBACK_PMSUSPEND = remoteEvent(330, 'DOMAIN_EVENT_CALLBACK_PMSUSPEND', pmEvent);
/** `actual` in KiB. */
export const DOMAIN_EVENT_CALLBACK_BALLOON_CHANGE = remoteEvent(331, 'DOMAIN_EVENT_CALLBACK_BALLOON_CHANGE', {
  ...onDomain,
  actual: uhyper,
});
export const DOMAIN_EVENT_CALLBACK_PMSUSPEND_DISK = remoteEvent(332, 'DOMAIN_EVENT_CALLBACK_PMSUSPEND_DISK', pmEvent);
const onDevice = { ...onDomain, devAlias: string };
export const DOMAIN_EVENT_CALLBACK_DEVICE_REMOVED = remoteEvent(333, 'DOMAIN_EVENT_CALLBACK_DEVICE_REMOVED', onDevice);
/** `dst` is the target: 'vda'. */
export const DOMAIN_EVENT_BLOCK_JOB_2 = remoteEvent(339, 'DOMAIN_EVENT_BLOCK_JOB_2', {
  ...onDomain,
  dst: string,
  type: int,
  status: int,
});
export const DOMAIN_EVENT_CALLBACK_TUNABLE = remoteEvent(346, 'DOMAIN_EVENT_CALLBACK_TUNABLE', {
  ...onDomain,
  params: typedParams(EVENT_TUNABLE_MAX),
});
export const DOMAIN_EVENT_CALLBACK_AGENT_LIFECYCLE = remoteEvent(348, 'DOMAIN_EVENT_CALLBACK_AGENT_LIFECYCLE', {
  ...onDomain,
  state: int,
  reason: int,
});
export const DOMAIN_EVENT_CALLBACK_DEVICE_ADDED = remoteEvent(354, 'DOMAIN_EVENT_CALLBACK_DEVICE_ADDED', onDevice);
export const DOMAIN_EVENT_CALLBACK_MIGRATION_ITERATION = remoteEvent(359, 'DOMAIN_EVENT_CALLBACK_MIGRATION_ITERATION', {
  ...onDomain,
  iteration: int,
});
export const DOMAIN_EVENT_CALLBACK_JOB_COMPLETED = remoteEvent(363, 'DOMAIN_EVENT_CALLBACK_JOB_COMPLETED', {
  ...onDomain,
  params: typedParams(JOB_STATS_MAX),
});
export const DOMAIN_EVENT_CALLBACK_DEVICE_REMOVAL_FAILED = remoteEvent(
  367,
  'DOMAIN_EVENT_CALLBACK_DEVICE_REMOVAL_FAILED',
  onDevice,
);
export const DOMAIN_EVENT_CALLBACK_METADATA_CHANGE = remoteEvent(379, 'DOMAIN_EVENT_CALLBACK_METADATA_CHANGE', {
  ...onDomain,
  type: int,
  nsuri: optional(string),
});
/** `threshold` and `excess` in bytes. */
export const DOMAIN_EVENT_BLOCK_THRESHOLD = remoteEvent(385, 'DOMAIN_EVENT_BLOCK_THRESHOLD', {
  ...onDomain,
  dev: string,
  path: optional(string),
  threshold: uhyper,
  excess: uhyper,
});
export const DOMAIN_EVENT_MEMORY_FAILURE = remoteEvent(423, 'DOMAIN_EVENT_MEMORY_FAILURE', {
  ...onDomain,
  recipient: int,
  action: int,
  flags: uint,
});
/** `size` in bytes. */
export const DOMAIN_EVENT_MEMORY_DEVICE_SIZE_CHANGE = remoteEvent(438, 'DOMAIN_EVENT_MEMORY_DEVICE_SIZE_CHANGE', {
  ...onDomain,
  alias: string,
  size: uhyper,
});
/** libvirt 11.2.0 */
export const DOMAIN_EVENT_NIC_MAC_CHANGE = remoteEvent(453, 'DOMAIN_EVENT_NIC_MAC_CHANGE', {
  ...onDomain,
  alias: string,
  oldMAC: string,
  newMAC: string,
});

export const NETWORK_EVENT_LIFECYCLE = remoteEvent(315, 'NETWORK_EVENT_LIFECYCLE', {
  callbackID,
  net: network,
  event: int,
  detail: int,
});
/** libvirt 9.8.0 */
export const NETWORK_EVENT_CALLBACK_METADATA_CHANGE = remoteEvent(446, 'NETWORK_EVENT_CALLBACK_METADATA_CHANGE', {
  callbackID,
  net: network,
  type: int,
  nsuri: optional(string),
});
export const STORAGE_POOL_EVENT_LIFECYCLE = remoteEvent(370, 'STORAGE_POOL_EVENT_LIFECYCLE', {
  callbackID,
  pool: storagePool,
  event: int,
  detail: int,
});
export const STORAGE_POOL_EVENT_REFRESH = remoteEvent(373, 'STORAGE_POOL_EVENT_REFRESH', {
  callbackID,
  pool: storagePool,
});
export const NODE_DEVICE_EVENT_LIFECYCLE = remoteEvent(376, 'NODE_DEVICE_EVENT_LIFECYCLE', {
  callbackID,
  dev: nodeDevice,
  event: int,
  detail: int,
});
export const NODE_DEVICE_EVENT_UPDATE = remoteEvent(377, 'NODE_DEVICE_EVENT_UPDATE', { callbackID, dev: nodeDevice });
export const SECRET_EVENT_LIFECYCLE = remoteEvent(382, 'SECRET_EVENT_LIFECYCLE', {
  callbackID,
  secret,
  event: int,
  detail: int,
});
export const SECRET_EVENT_VALUE_CHANGED = remoteEvent(383, 'SECRET_EVENT_VALUE_CHANGED', { callbackID, secret });

/** Belongs to no registration of a family, but to CONNECT_REGISTER_CLOSE_CALLBACK. */
export const CONNECT_EVENT_CONNECTION_CLOSED = remoteEvent(362, 'CONNECT_EVENT_CONNECTION_CLOSED', { reason: int });
