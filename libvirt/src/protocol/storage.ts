// SPDX-License-Identifier: Apache-2.0
// Storage pools and volumes. Everything is in bytes. Values of a pool are what its daemon remembers since the last
// refresh.

import { bool, int, string, uhyper, uint, uuid } from './layout.ts';
import { remoteProcedure } from './procedure.ts';
import { listArgs, listOf, storagePool, storageVol } from './types.ts';

/** `flags`: 0 all, 1 INACTIVE, 2 ACTIVE, 4 PERSISTENT, 8 TRANSIENT, 16 AUTOSTART, 32 NO_AUTOSTART, 64 and on by type. */
export const CONNECT_LIST_ALL_STORAGE_POOLS = remoteProcedure(281, 'CONNECT_LIST_ALL_STORAGE_POOLS', {
  args: listArgs,
  ret: { pools: listOf(storagePool), ret: uint },
});
export const STORAGE_POOL_LOOKUP_BY_NAME = remoteProcedure(84, 'STORAGE_POOL_LOOKUP_BY_NAME', {
  args: { name: string },
  ret: { pool: storagePool },
});
export const STORAGE_POOL_LOOKUP_BY_UUID = remoteProcedure(85, 'STORAGE_POOL_LOOKUP_BY_UUID', {
  args: { uuid },
  ret: { pool: storagePool },
});
/** ret => state is a char: four bytes. */
export const STORAGE_POOL_GET_INFO = remoteProcedure(87, 'STORAGE_POOL_GET_INFO', {
  args: { pool: storagePool },
  ret: { state: uint, capacity: uhyper, allocation: uhyper, available: uhyper },
});
/** Looks at the storage itself, which may hang on a dead NFS server. */
export const STORAGE_POOL_REFRESH = remoteProcedure(83, 'STORAGE_POOL_REFRESH', {
  args: { pool: storagePool, flags: uint },
});
/** `flags`: 1 INACTIVE. */
export const STORAGE_POOL_GET_XML_DESC = remoteProcedure(88, 'STORAGE_POOL_GET_XML_DESC', {
  args: { pool: storagePool, flags: uint },
  ret: { xml: string },
});
export const STORAGE_POOL_GET_AUTOSTART = remoteProcedure(89, 'STORAGE_POOL_GET_AUTOSTART', {
  args: { pool: storagePool },
  ret: { autostart: bool },
});
export const STORAGE_POOL_IS_ACTIVE = remoteProcedure(154, 'STORAGE_POOL_IS_ACTIVE', {
  args: { pool: storagePool },
  ret: { active: bool },
});
export const STORAGE_POOL_IS_PERSISTENT = remoteProcedure(155, 'STORAGE_POOL_IS_PERSISTENT', {
  args: { pool: storagePool },
  ret: { persistent: bool },
});
/** The pool must be active: VIR_ERR_OPERATION_INVALID. */
export const STORAGE_POOL_LIST_ALL_VOLUMES = remoteProcedure(282, 'STORAGE_POOL_LIST_ALL_VOLUMES', {
  args: { pool: storagePool, need_results: int, flags: uint },
  ret: { vols: listOf(storageVol), ret: uint },
});

/** ret => type is a char, four bytes: 20 bytes in all. */
export const STORAGE_VOL_GET_INFO = remoteProcedure(98, 'STORAGE_VOL_GET_INFO', {
  args: { vol: storageVol },
  ret: { type: int, capacity: uhyper, allocation: uhyper },
});
/** libvirt 3.0.0. `flags`: 1 GET_PHYSICAL gives the file's length as `allocation`. */
export const STORAGE_VOL_GET_INFO_FLAGS = remoteProcedure(378, 'STORAGE_VOL_GET_INFO_FLAGS', {
  args: { vol: storageVol, flags: uint },
  ret: { type: int, capacity: uhyper, allocation: uhyper },
});
export const STORAGE_VOL_GET_PATH = remoteProcedure(100, 'STORAGE_VOL_GET_PATH', {
  args: { vol: storageVol },
  ret: { name: string },
});
export const STORAGE_VOL_GET_XML_DESC = remoteProcedure(99, 'STORAGE_VOL_GET_XML_DESC', {
  args: { vol: storageVol, flags: uint },
  ret: { xml: string },
});
