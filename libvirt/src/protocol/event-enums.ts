// SPDX-License-Identifier: Apache-2.0
// The numbers inside events, by libvirt's names.

import { labels } from './enums.ts';
import type { EnumTable } from './enums.ts';

/** virDomainEventType */
export const VIR_DOMAIN_EVENT = {
  VIR_DOMAIN_EVENT_DEFINED: 0,
  VIR_DOMAIN_EVENT_UNDEFINED: 1,
  VIR_DOMAIN_EVENT_STARTED: 2,
  VIR_DOMAIN_EVENT_SUSPENDED: 3,
  VIR_DOMAIN_EVENT_RESUMED: 4,
  VIR_DOMAIN_EVENT_STOPPED: 5,
  VIR_DOMAIN_EVENT_SHUTDOWN: 6,
  VIR_DOMAIN_EVENT_PMSUSPENDED: 7,
  VIR_DOMAIN_EVENT_CRASHED: 8,
} as const;

/** virDomainEvent*DetailType, one enum an event. */
export const VIR_DOMAIN_EVENT_DETAIL = {
  defined: {
    VIR_DOMAIN_EVENT_DEFINED_ADDED: 0,
    VIR_DOMAIN_EVENT_DEFINED_UPDATED: 1,
    VIR_DOMAIN_EVENT_DEFINED_RENAMED: 2,
    VIR_DOMAIN_EVENT_DEFINED_FROM_SNAPSHOT: 3,
  },
  undefined: { VIR_DOMAIN_EVENT_UNDEFINED_REMOVED: 0, VIR_DOMAIN_EVENT_UNDEFINED_RENAMED: 1 },
  started: {
    VIR_DOMAIN_EVENT_STARTED_BOOTED: 0,
    VIR_DOMAIN_EVENT_STARTED_MIGRATED: 1,
    VIR_DOMAIN_EVENT_STARTED_RESTORED: 2,
    VIR_DOMAIN_EVENT_STARTED_FROM_SNAPSHOT: 3,
    VIR_DOMAIN_EVENT_STARTED_WAKEUP: 4,
    VIR_DOMAIN_EVENT_STARTED_RECREATED: 5,
  },
  suspended: {
    VIR_DOMAIN_EVENT_SUSPENDED_PAUSED: 0,
    VIR_DOMAIN_EVENT_SUSPENDED_MIGRATED: 1,
    VIR_DOMAIN_EVENT_SUSPENDED_IOERROR: 2,
    VIR_DOMAIN_EVENT_SUSPENDED_WATCHDOG: 3,
    VIR_DOMAIN_EVENT_SUSPENDED_RESTORED: 4,
    VIR_DOMAIN_EVENT_SUSPENDED_FROM_SNAPSHOT: 5,
    VIR_DOMAIN_EVENT_SUSPENDED_API_ERROR: 6,
    VIR_DOMAIN_EVENT_SUSPENDED_POSTCOPY: 7,
    VIR_DOMAIN_EVENT_SUSPENDED_POSTCOPY_FAILED: 8,
    VIR_DOMAIN_EVENT_SUSPENDED_GUEST_SHUTDOWN: 9,
  },
  resumed: {
    VIR_DOMAIN_EVENT_RESUMED_UNPAUSED: 0,
    VIR_DOMAIN_EVENT_RESUMED_MIGRATED: 1,
    VIR_DOMAIN_EVENT_RESUMED_FROM_SNAPSHOT: 2,
    VIR_DOMAIN_EVENT_RESUMED_POSTCOPY: 3,
    VIR_DOMAIN_EVENT_RESUMED_POSTCOPY_FAILED: 4,
  },
  stopped: {
    VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN: 0,
    VIR_DOMAIN_EVENT_STOPPED_DESTROYED: 1,
    VIR_DOMAIN_EVENT_STOPPED_CRASHED: 2,
    VIR_DOMAIN_EVENT_STOPPED_MIGRATED: 3,
    VIR_DOMAIN_EVENT_STOPPED_SAVED: 4,
    VIR_DOMAIN_EVENT_STOPPED_FAILED: 5,
    VIR_DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT: 6,
    VIR_DOMAIN_EVENT_STOPPED_RECREATED: 7,
  },
  shutdown: {
    VIR_DOMAIN_EVENT_SHUTDOWN_FINISHED: 0,
    VIR_DOMAIN_EVENT_SHUTDOWN_GUEST: 1,
    VIR_DOMAIN_EVENT_SHUTDOWN_HOST: 2,
  },
  pmsuspended: { VIR_DOMAIN_EVENT_PMSUSPENDED_MEMORY: 0, VIR_DOMAIN_EVENT_PMSUSPENDED_DISK: 1 },
  crashed: { VIR_DOMAIN_EVENT_CRASHED_PANICKED: 0, VIR_DOMAIN_EVENT_CRASHED_CRASHLOADED: 1 },
} as const;

/** virDomainEventType's number to 'started'. */
export const domainEvent = labels(VIR_DOMAIN_EVENT, 'VIR_DOMAIN_EVENT_');

const DETAILS: ReadonlyMap<string, (detail: number) => string> = new Map(
  Object.entries(VIR_DOMAIN_EVENT_DETAIL).map(([event, table]: [string, EnumTable]) => [
    event,
    labels(table, `VIR_DOMAIN_EVENT_${event.toUpperCase()}_`),
  ]),
);

/** A lifecycle event's detail to 'booted'; which enum it is depends on the event. */
export function domainEventDetail(event: string, detail: number): string {
  return DETAILS.get(event)?.(detail) ?? `unknown-${String(detail)}`;
}

/** Every lifecycle event with each of its details. */
export const DOMAIN_LIFECYCLE_EVENTS: readonly { readonly event: string; readonly detail: string }[] = Object.entries(
  VIR_DOMAIN_EVENT_DETAIL,
).flatMap(([event, table]: [string, EnumTable]) =>
  Object.values(table).map((detail) => ({ event, detail: domainEventDetail(event, detail) })),
);

/** virDomainEventWatchdogAction */
export const watchdogAction = labels(
  {
    VIR_DOMAIN_EVENT_WATCHDOG_NONE: 0,
    VIR_DOMAIN_EVENT_WATCHDOG_PAUSE: 1,
    VIR_DOMAIN_EVENT_WATCHDOG_RESET: 2,
    VIR_DOMAIN_EVENT_WATCHDOG_POWEROFF: 3,
    VIR_DOMAIN_EVENT_WATCHDOG_SHUTDOWN: 4,
    VIR_DOMAIN_EVENT_WATCHDOG_DEBUG: 5,
    VIR_DOMAIN_EVENT_WATCHDOG_INJECTNMI: 6,
  },
  'VIR_DOMAIN_EVENT_WATCHDOG_',
);

/** virDomainEventIOErrorAction: what was done to the guest. */
export const ioErrorAction = labels(
  {
    VIR_DOMAIN_EVENT_IO_ERROR_NONE: 0,
    VIR_DOMAIN_EVENT_IO_ERROR_PAUSE: 1,
    VIR_DOMAIN_EVENT_IO_ERROR_REPORT: 2,
  },
  'VIR_DOMAIN_EVENT_IO_ERROR_',
);

/** virDomainEventGraphicsPhase */
export const graphicsPhase = labels(
  {
    VIR_DOMAIN_EVENT_GRAPHICS_CONNECT: 0,
    VIR_DOMAIN_EVENT_GRAPHICS_INITIALIZE: 1,
    VIR_DOMAIN_EVENT_GRAPHICS_DISCONNECT: 2,
  },
  'VIR_DOMAIN_EVENT_GRAPHICS_',
);

/** virDomainEventGraphicsAddressType */
export const graphicsAddressFamily = labels(
  {
    VIR_DOMAIN_EVENT_GRAPHICS_ADDRESS_IPV4: 0,
    VIR_DOMAIN_EVENT_GRAPHICS_ADDRESS_IPV6: 1,
    VIR_DOMAIN_EVENT_GRAPHICS_ADDRESS_UNIX: 2,
  },
  'VIR_DOMAIN_EVENT_GRAPHICS_ADDRESS_',
);

/** virDomainBlockJobType */
export const blockJobType = labels(
  {
    VIR_DOMAIN_BLOCK_JOB_TYPE_UNKNOWN: 0,
    VIR_DOMAIN_BLOCK_JOB_TYPE_PULL: 1,
    VIR_DOMAIN_BLOCK_JOB_TYPE_COPY: 2,
    VIR_DOMAIN_BLOCK_JOB_TYPE_COMMIT: 3,
    VIR_DOMAIN_BLOCK_JOB_TYPE_ACTIVE_COMMIT: 4,
    VIR_DOMAIN_BLOCK_JOB_TYPE_BACKUP: 5,
  },
  'VIR_DOMAIN_BLOCK_JOB_TYPE_',
);

/** virConnectDomainEventBlockJobStatus */
export const blockJobStatus = labels(
  {
    VIR_DOMAIN_BLOCK_JOB_COMPLETED: 0,
    VIR_DOMAIN_BLOCK_JOB_FAILED: 1,
    VIR_DOMAIN_BLOCK_JOB_CANCELED: 2,
    VIR_DOMAIN_BLOCK_JOB_READY: 3,
  },
  'VIR_DOMAIN_BLOCK_JOB_',
);

/** virConnectDomainEventDiskChangeReason */
export const diskChangeReason = labels(
  {
    VIR_DOMAIN_EVENT_DISK_CHANGE_MISSING_ON_START: 0,
    VIR_DOMAIN_EVENT_DISK_DROP_MISSING_ON_START: 1,
  },
  'VIR_DOMAIN_EVENT_DISK_',
);

/** virDomainEventTrayChangeReason */
export const trayChangeReason = labels(
  { VIR_DOMAIN_EVENT_TRAY_CHANGE_OPEN: 0, VIR_DOMAIN_EVENT_TRAY_CHANGE_CLOSE: 1 },
  'VIR_DOMAIN_EVENT_TRAY_CHANGE_',
);

/** virConnectDomainEventAgentLifecycleState */
export const agentState = labels(
  {
    VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_CONNECTED: 1,
    VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_DISCONNECTED: 2,
  },
  'VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_',
);

/** virConnectDomainEventAgentLifecycleReason */
export const agentReason = labels(
  {
    VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_UNKNOWN: 0,
    VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_DOMAIN_STARTED: 1,
    VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_CHANNEL: 2,
  },
  'VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_',
);

/** virDomainMetadataType */
export const metadataType = labels(
  { VIR_DOMAIN_METADATA_DESCRIPTION: 0, VIR_DOMAIN_METADATA_TITLE: 1, VIR_DOMAIN_METADATA_ELEMENT: 2 },
  'VIR_DOMAIN_METADATA_',
);

/** virDomainMemoryFailureRecipientType */
export const memoryFailureRecipient = labels(
  {
    VIR_DOMAIN_EVENT_MEMORY_FAILURE_RECIPIENT_HYPERVISOR: 0,
    VIR_DOMAIN_EVENT_MEMORY_FAILURE_RECIPIENT_GUEST: 1,
  },
  'VIR_DOMAIN_EVENT_MEMORY_FAILURE_RECIPIENT_',
);

/** virDomainMemoryFailureActionType */
export const memoryFailureAction = labels(
  {
    VIR_DOMAIN_EVENT_MEMORY_FAILURE_ACTION_IGNORE: 0,
    VIR_DOMAIN_EVENT_MEMORY_FAILURE_ACTION_INJECT: 1,
    VIR_DOMAIN_EVENT_MEMORY_FAILURE_ACTION_FATAL: 2,
    VIR_DOMAIN_EVENT_MEMORY_FAILURE_ACTION_RESET: 3,
  },
  'VIR_DOMAIN_EVENT_MEMORY_FAILURE_ACTION_',
);

/** virNetworkEventLifecycleType */
export const networkEvent = labels(
  {
    VIR_NETWORK_EVENT_DEFINED: 0,
    VIR_NETWORK_EVENT_UNDEFINED: 1,
    VIR_NETWORK_EVENT_STARTED: 2,
    VIR_NETWORK_EVENT_STOPPED: 3,
  },
  'VIR_NETWORK_EVENT_',
);

/** virStoragePoolEventLifecycleType */
export const storagePoolEvent = labels(
  {
    VIR_STORAGE_POOL_EVENT_DEFINED: 0,
    VIR_STORAGE_POOL_EVENT_UNDEFINED: 1,
    VIR_STORAGE_POOL_EVENT_STARTED: 2,
    VIR_STORAGE_POOL_EVENT_STOPPED: 3,
    VIR_STORAGE_POOL_EVENT_CREATED: 4,
    VIR_STORAGE_POOL_EVENT_DELETED: 5,
  },
  'VIR_STORAGE_POOL_EVENT_',
);

/** virNodeDeviceEventLifecycleType */
export const nodeDeviceEvent = labels(
  {
    VIR_NODE_DEVICE_EVENT_CREATED: 0,
    VIR_NODE_DEVICE_EVENT_DELETED: 1,
    VIR_NODE_DEVICE_EVENT_DEFINED: 2,
    VIR_NODE_DEVICE_EVENT_UNDEFINED: 3,
  },
  'VIR_NODE_DEVICE_EVENT_',
);

/** virSecretEventLifecycleType */
export const secretEvent = labels({ VIR_SECRET_EVENT_DEFINED: 0, VIR_SECRET_EVENT_UNDEFINED: 1 }, 'VIR_SECRET_EVENT_');

/** virConnectCloseReason */
export const closeReason = labels(
  {
    VIR_CONNECT_CLOSE_REASON_ERROR: 0,
    VIR_CONNECT_CLOSE_REASON_EOF: 1,
    VIR_CONNECT_CLOSE_REASON_KEEPALIVE: 2,
    VIR_CONNECT_CLOSE_REASON_CLIENT: 3,
  },
  'VIR_CONNECT_CLOSE_REASON_',
);
