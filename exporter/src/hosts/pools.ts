// SPDX-License-Identifier: Apache-2.0
// Storage pools as libvirt last measured them. Never refreshed from here: a refresh rescans the storage, and hangs on
// a dead NFS server.

import { RemoteError } from '@vireo/libvirt';
import type { CallOptions, Connection, PoolFilter, StoragePoolRef } from '@vireo/libvirt';
import { forEachBounded } from './bounded.ts';
import { isHung } from './hung-calls.ts';
import type { HungCalls } from './hung-calls.ts';
import type { PoolSnapshot, VolumeSnapshot } from './snapshot.ts';

/** How pools are asked. */
export interface PoolSource {
  /** A connection for calls that may hang. */
  readonly acquire: () => Promise<Connection>;
  /** A pool on dead storage would hang one more slot each time it is asked. */
  readonly hung: HungCalls;
}

/** Volumes of one pool that are asked one by one. */
const VOLUMES_MAX = 100;

/**
 * Every pool of the host; one that does not answer in time, or hangs since an earlier time, is there with `timedOut`.
 *
 * @param withVolumes asks for the sizes of the first volumes of each pool, by name
 */
export async function fetchPools(
  { acquire, hung }: PoolSource,
  withVolumes: boolean,
  options: CallOptions,
): Promise<readonly PoolSnapshot[]> {
  const pools: PoolSnapshot[] = [];
  /** Undefined for a pool that does not answer (any more), has more volumes than a reply holds, or stopped meanwhile. */
  const ask = async <T>(
    pool: StoragePoolRef,
    question: (connection: Connection) => Promise<T>,
  ): Promise<T | undefined> => {
    try {
      return await hung.run(`volumes of pool ${pool.uuid}`, acquire, question);
    } catch (error) {
      if (error instanceof RemoteError || isHung(error)) return undefined;
      throw error;
    }
  };
  const volumesOf = async (pool: StoragePoolRef): Promise<Pick<PoolSnapshot, 'volumes' | 'volumeList'>> => {
    const volumes = await ask(pool, (connection) => connection.pools.volumes(pool, options));
    if (volumes === undefined) return {};
    if (!withVolumes) return { volumes: volumes.length };
    const volumeList: VolumeSnapshot[] = [];
    const first = volumes.toSorted((a, b) => (a.name < b.name ? -1 : 1)).slice(0, VOLUMES_MAX);
    for (const volume of first) {
      // One that hangs is the last one of its pool that is asked: the question is the same for all of them.
      const info = await ask(pool, (connection) => connection.pools.volumeInfo(volume, options));
      if (info !== undefined) volumeList.push({ name: volume.name, ...info });
    }
    return { volumes: volumes.length, volumeList };
  };
  const [list, autostart, persistent] = await hung.run('list of pools', acquire, async (connection) => {
    const uuids = async (filter: PoolFilter): Promise<ReadonlySet<string>> =>
      new Set((await connection.pools.list(filter, options)).map(({ uuid }) => uuid));
    return [
      await connection.pools.list({}, options),
      await uuids({ autostart: true }),
      await uuids({ persistent: true }),
    ] as const;
  });
  await forEachBounded(list, 2, async (pool) => {
    const { uuid, name } = pool;
    const flags = { uuid, name, autostart: autostart.has(uuid), persistent: persistent.has(uuid) };
    try {
      const { state, capacityBytes, allocationBytes, availableBytes } = await hung.run(
        `pool ${uuid}`,
        acquire,
        (connection) => connection.pools.info(pool, options),
      );
      pools.push({
        ...flags,
        state,
        capacityBytes,
        allocationBytes,
        availableBytes,
        ...(state === 'inactive' ? {} : await volumesOf(pool)),
        timedOut: false,
      });
    } catch (error) {
      if (isHung(error)) pools.push({ ...flags, timedOut: true });
      // VIR_ERR_NO_STORAGE_POOL and the like: it went away between the list and the question.
      else if (!(error instanceof RemoteError)) throw error;
    }
  });
  return pools.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
