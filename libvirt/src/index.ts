// SPDX-License-Identifier: Apache-2.0
// The door of @vireo/libvirt.

export {
  AbortError,
  LibvirtError,
  PROTOCOL_CODES,
  ProtocolError,
  TRANSPORT_CODES,
  TimeoutError,
  TransportError,
  USAGE_CODES,
  UsageError,
} from './errors.ts';
export type { AbandonedCall, ErrorCode, ProtocolCode, TransportCode, UsageCode } from './errors.ts';

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
export type { DomainStats, StatFields } from './protocol/domain-stats.ts';
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

export { parseConnectionUri, redactUri } from './uri.ts';
export type { ConnectionUri, Transport } from './uri.ts';
