// SPDX-License-Identifier: Apache-2.0
// Storage pools as libvirt last measured them. Never refreshed from here: a refresh rescans the storage, and hangs on
// a dead NFS server.

import { RemoteError } from '@vireo/libvirt';
import type { CallOptions, Connection } from '@vireo/libvirt';
import { forEachBounded } from './bounded.ts';
import { isHung } from './hung-calls.ts';
import type { HungCalls } from './hung-calls.ts';
import type { PoolSnapshot } from './snapshot.ts';

/** How pools are asked. */
export interface PoolSource {
  /** A connection for calls that may hang. */
  readonly acquire: () => Promise<Connection>;
  /** A pool on dead storage would hang one more slot each time it is asked. */
  readonly hung: HungCalls;
}

/** Every pool of the host; one that does not answer in time, or hangs since an earlier time, is there with `timedOut`. */
export async function fetchPools(
  { acquire, hung }: PoolSource,
  options: CallOptions,
): Promise<readonly PoolSnapshot[]> {
  const pools: PoolSnapshot[] = [];
  const list = await hung.run('list of pools', acquire, (connection) => connection.pools.list({}, options));
  await forEachBounded(list, 2, async (pool) => {
    const { uuid, name } = pool;
    try {
      const { state, capacityBytes, allocationBytes, availableBytes } = await hung.run(
        `pool ${uuid}`,
        acquire,
        (connection) => connection.pools.info(pool, options),
      );
      pools.push({ uuid, name, state, capacityBytes, allocationBytes, availableBytes, timedOut: false });
    } catch (error) {
      if (isHung(error)) pools.push({ uuid, name, timedOut: true });
      // VIR_ERR_NO_STORAGE_POOL and the like: it went away between the list and the question.
      else if (!(error instanceof RemoteError)) throw error;
    }
  });
  return pools.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
