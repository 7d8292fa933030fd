// SPDX-License-Identifier: Apache-2.0
// The door of @vireo/libvirt: what is not exported here is nobody else's business.

export { connect } from './connect.ts';
export type { ConnectDeadlines, ConnectOptions } from './connect.ts';
export type { Credentials } from './auth/auth-conf.ts';
export { parseConnectionUri, redactUri } from './uri.ts';
export type { ConnectionUri } from './uri.ts';
export { remoteSocketCommand, sshOfHost } from './transport/ssh-command.ts';
export type { CommandLine } from './transport/ssh-command.ts';

export { Connection } from './api/connection.ts';
export type { ConnectionInfo } from './api/connection.ts';
export type { CallEnd, CallOptions, CallOutcome, LibvirtStream, RpcLoad } from './rpc/rpc-client.ts';

export {
  AbortError,
  BusyError,
  LibvirtError,
  PROTOCOL_CODES,
  ProtocolError,
  RemoteError,
  TRANSPORT_CODES,
  TimeoutError,
  TransportError,
  USAGE_CODES,
  UsageError,
} from './errors.ts';
export type { AbandonedCall, ErrorCode, ProtocolCode, TransportCode, UsageCode } from './errors.ts';
export type { ErrorClass } from './protocol/error-numbers.ts';

export type {
  BlockInfo,
  BlockStats,
  ConsoleOptions,
  DevicesApi,
  DiskError,
  InterfaceStats,
  VcpuInfo,
} from './api/devices.ts';
export type {
  DomainControlInfo,
  DomainDestroyOptions,
  DomainFilter,
  DomainInfo,
  DomainSaveOptions,
  DomainShutdownOptions,
  DomainStartOptions,
  DomainUndefineOptions,
  DomainXmlOptions,
  DomainsApi,
} from './api/domains.ts';
export { EVENT_KINDS } from './api/event-kinds.ts';
export type { EventKind, LibvirtEvent } from './api/event-kinds.ts';
export type { EventsApi, Unsubscribe } from './api/events.ts';
export type { GuestFileSystem, GuestInfoTypes, GuestInterface, GuestsApi } from './api/guests.ts';
export type { CpuMap, HostApi, NodeInfo } from './api/host.ts';
export type { BlockJob, JobInfo, JobStats, JobsApi } from './api/jobs.ts';
export type { DhcpLease, NetworkFilter, NetworksApi } from './api/networks.ts';
export type { PoolFilter, PoolInfo, PoolsApi, VolumeInfo } from './api/pools.ts';
export type {
  CheckpointFilter,
  SnapshotCreateOptions,
  SnapshotDeleteOptions,
  SnapshotFilter,
  SnapshotRevertOptions,
  SnapshotsApi,
} from './api/snapshots.ts';
export { STATS_GROUPS } from './api/stats.ts';
export type { StatsApi, StatsGroup, StatsRequest } from './api/stats.ts';

export {
  DOMAIN_STATES,
  domainControlState,
  domainJobOperation,
  domainJobType,
  domainReason,
  domainState,
  storagePoolState,
  storageVolType,
  vcpuState,
} from './protocol/enums.ts';
export type {
  DomainControlState,
  DomainJobOperation,
  DomainJobType,
  DomainReason,
  DomainState,
  StoragePoolState,
  StorageVolType,
  VcpuState,
} from './protocol/enums.ts';
export { DOMAIN_LIFECYCLE_EVENTS } from './protocol/event-enums.ts';
export type { DomainStats } from './protocol/domain-stats.ts';
export type { StatFields } from './protocol/stat-fields.ts';
export type { TypedParam } from './protocol/typed-params.ts';
export type {
  CheckpointRef,
  DomainRef,
  HostInterfaceRef,
  NetworkRef,
  NodeDeviceRef,
  SecretRef,
  SnapshotRef,
  StoragePoolRef,
  StorageVolRef,
} from './protocol/types.ts';

/** Other long work of this thread shares the turns of the event loop with the decoding of answers. */
export { turns } from './api/turns.ts';

/** Every declared procedure and event under libvirt's own names, for {@link Connection.call}. */
export * as protocol from './protocol/index.ts';
