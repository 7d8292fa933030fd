// SPDX-License-Identifier: Apache-2.0
// The structs that many procedures share: the handles of libvirt's objects, typed parameters' plain cousins, the error.
// Names as in libvirt's remote_protocol.x and virnetprotocol.x; limits as in 9.0.0 to 12.3.

import { array, int, optional, string, struct, uint, uuid } from './layout.ts';
import type { Layout, Value } from './layout.ts';

/** REMOTE_DOMAIN_LIST_MAX, and the limit of every other list of objects but node devices. */
export const LIST_MAX = 16_384;
/** REMOTE_NODE_DEVICE_LIST_MAX */
export const NODE_DEVICE_LIST_MAX = 65_536;

/** remote_nonnull_domain. `id` is -1 for an inactive domain. */
export const domain = struct({ name: string, uuid, id: int });
/** A domain's handle. libvirt finds it by its UUID; `id` is a snapshot, -1 when inactive. */
export type DomainRef = Value<typeof domain>;

/** remote_nonnull_network */
export const network = struct({ name: string, uuid });
/** A network's handle. */
export type NetworkRef = Value<typeof network>;

/** remote_nonnull_storage_pool */
export const storagePool = struct({ name: string, uuid });
/** A storage pool's handle. */
export type StoragePoolRef = Value<typeof storagePool>;

/** remote_nonnull_storage_vol */
export const storageVol = struct({ pool: string, name: string, key: string });
/** A volume's handle: the pool's name, its own name, and its key, which is a path for file volumes. */
export type StorageVolRef = Value<typeof storageVol>;

/** remote_nonnull_interface: an interface of the host, not of a guest. */
export const hostInterface = struct({ name: string, mac: string });
/** A host interface's handle. */
export type HostInterfaceRef = Value<typeof hostInterface>;

/** remote_nonnull_node_device */
export const nodeDevice = struct({ name: string });
/** A node device's handle. */
export type NodeDeviceRef = Value<typeof nodeDevice>;

/** remote_nonnull_secret; `usageType` is a virSecretUsageType. */
export const secret = struct({ uuid, usageType: int, usageID: string });
/** A secret's handle, never its value. */
export type SecretRef = Value<typeof secret>;

/** remote_nonnull_domain_snapshot */
export const snapshot = struct({ name: string, dom: domain });
/** A snapshot's handle. */
export type SnapshotRef = Value<typeof snapshot>;

/** remote_nonnull_domain_checkpoint */
export const checkpoint = struct({ name: string, dom: domain });
/** A checkpoint's handle. */
export type CheckpointRef = Value<typeof checkpoint>;

/** The arguments of the CONNECT_LIST_ALL_* family; `need_results` 0 asks for the count only. */
export const listArgs = { need_results: int, flags: uint };

/** At most {@link LIST_MAX} of something. */
export function listOf<T>(layout: Layout<T>): Layout<readonly T[]> {
  return array(layout, LIST_MAX);
}

/**
 * virNetMessageError, the payload of a REPLY or STREAM packet with status ERROR. `message` is ready to show; `str1` is
 * usually the format it was made from. `dom` and `net` are never filled by libvirt since 1.x.
 */
export const remoteError = struct({
  code: int,
  domain: int,
  message: optional(string),
  level: int,
  dom: optional(domain),
  str1: optional(string),
  str2: optional(string),
  str3: optional(string),
  int1: int,
  int2: int,
  net: optional(network),
});
/** What libvirtd says when it refuses: numbers as in virterror.h. */
export type RemoteErrorFields = Value<typeof remoteError>;
