// SPDX-License-Identifier: Apache-2.0
// Storage pools and their volumes.

import { storagePoolState, storageVolType } from '../protocol/enums.ts';
import type { StoragePoolState, StorageVolType } from '../protocol/enums.ts';
import {
  CONNECT_LIST_ALL_STORAGE_POOLS,
  STORAGE_POOL_GET_AUTOSTART,
  STORAGE_POOL_GET_INFO,
  STORAGE_POOL_GET_XML_DESC,
  STORAGE_POOL_IS_ACTIVE,
  STORAGE_POOL_IS_PERSISTENT,
  STORAGE_POOL_LIST_ALL_VOLUMES,
  STORAGE_POOL_LOOKUP_BY_NAME,
  STORAGE_POOL_LOOKUP_BY_UUID,
  STORAGE_POOL_REFRESH,
  STORAGE_VOL_GET_INFO,
  STORAGE_VOL_GET_PATH,
  STORAGE_VOL_GET_XML_DESC,
} from '../protocol/storage.ts';
import type { StoragePoolRef, StorageVolRef } from '../protocol/types.ts';
import type { CallOptions, RpcClient } from '../rpc/rpc-client.ts';
import { LONG_MS, flagBits, toNumber } from './units.ts';
import type { FlagOptions } from './units.ts';

// virConnectListAllStoragePoolsFlags, but for the types
const LIST_FLAGS = { inactive: 1, active: 2, persistent: 4, transient: 8, autostart: 16, noAutostart: 32 } as const;
/** Which pools. */
export type PoolFilter = FlagOptions<typeof LIST_FLAGS>;

/** A pool's state and size, as of its last refresh. */
export interface PoolInfo {
  readonly state: StoragePoolState;
  readonly capacityBytes: number;
  readonly allocationBytes: number;
  readonly availableBytes: number;
}

/** What a volume is and how large. */
export interface VolumeInfo {
  readonly type: StorageVolType;
  readonly capacityBytes: number;
  readonly allocationBytes: number;
}

/** Storage pools and volumes. A pool that has gone is VIR_ERR_NO_STORAGE_POOL, a volume VIR_ERR_NO_STORAGE_VOL. */
export class PoolsApi {
  readonly #rpc: RpcClient;

  constructor(rpc: RpcClient) {
    this.#rpc = rpc;
  }

  async list(filter: PoolFilter = {}, options?: CallOptions): Promise<readonly StoragePoolRef[]> {
    const args = { need_results: 1, flags: flagBits(LIST_FLAGS, filter) };
    return (await this.#rpc.call(CONNECT_LIST_ALL_STORAGE_POOLS, args, options)).pools;
  }

  async lookupByName(name: string, options?: CallOptions): Promise<StoragePoolRef> {
    return (await this.#rpc.call(STORAGE_POOL_LOOKUP_BY_NAME, { name }, options)).pool;
  }

  async lookupByUuid(uuid: string, options?: CallOptions): Promise<StoragePoolRef> {
    return (await this.#rpc.call(STORAGE_POOL_LOOKUP_BY_UUID, { uuid }, options)).pool;
  }

  async info(pool: StoragePoolRef, options?: CallOptions): Promise<PoolInfo> {
    const info = await this.#rpc.call(STORAGE_POOL_GET_INFO, { pool }, options);
    return {
      state: storagePoolState(info.state),
      capacityBytes: toNumber(info.capacity),
      allocationBytes: toNumber(info.allocation),
      availableBytes: toNumber(info.available),
    };
  }

  /** The pool's definition; `inactive` is what it will start with next time. */
  async xml(
    pool: StoragePoolRef,
    { inactive = false }: { readonly inactive?: boolean | undefined } = {},
    options?: CallOptions,
  ): Promise<string> {
    return (await this.#rpc.call(STORAGE_POOL_GET_XML_DESC, { pool, flags: inactive ? 1 : 0 }, options)).xml;
  }

  async autostart(pool: StoragePoolRef, options?: CallOptions): Promise<boolean> {
    return (await this.#rpc.call(STORAGE_POOL_GET_AUTOSTART, { pool }, options)).autostart;
  }

  async isActive(pool: StoragePoolRef, options?: CallOptions): Promise<boolean> {
    return (await this.#rpc.call(STORAGE_POOL_IS_ACTIVE, { pool }, options)).active;
  }

  async isPersistent(pool: StoragePoolRef, options?: CallOptions): Promise<boolean> {
    return (await this.#rpc.call(STORAGE_POOL_IS_PERSISTENT, { pool }, options)).persistent;
  }

  /** Has the daemon look at the storage itself; hangs on a dead NFS server. Read-write connections only. */
  async refresh(pool: StoragePoolRef, options?: CallOptions): Promise<void> {
    const args = { pool, flags: 0 };
    await this.#rpc.call(STORAGE_POOL_REFRESH, args, { deadlineMs: LONG_MS, lane: 'bulk', ...options });
  }

  /** Volumes of an active pool; VIR_ERR_OPERATION_INVALID for an inactive one. */
  async volumes(pool: StoragePoolRef, options?: CallOptions): Promise<readonly StorageVolRef[]> {
    const args = { pool, need_results: 1, flags: 0 };
    return (await this.#rpc.call(STORAGE_POOL_LIST_ALL_VOLUMES, args, options)).vols;
  }

  async volumeInfo(vol: StorageVolRef, options?: CallOptions): Promise<VolumeInfo> {
    const info = await this.#rpc.call(STORAGE_VOL_GET_INFO, { vol }, options);
    return {
      type: storageVolType(info.type),
      capacityBytes: toNumber(info.capacity),
      allocationBytes: toNumber(info.allocation),
    };
  }

  async volumePath(vol: StorageVolRef, options?: CallOptions): Promise<string> {
    return (await this.#rpc.call(STORAGE_VOL_GET_PATH, { vol }, options)).name;
  }

  async volumeXml(vol: StorageVolRef, options?: CallOptions): Promise<string> {
    return (await this.#rpc.call(STORAGE_VOL_GET_XML_DESC, { vol, flags: 0 }, options)).xml;
  }
}
