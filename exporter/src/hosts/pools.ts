// SPDX-License-Identifier: Apache-2.0
// Storage pools as libvirt last measured them. Never refreshed from here: a refresh rescans the storage, and hangs on
// a dead NFS server.

import { RemoteError, TimeoutError } from '@vireo/libvirt';
import type { CallOptions, Connection } from '@vireo/libvirt';
import { forEachBounded } from './bounded.ts';
import type { PoolSnapshot } from './snapshot.ts';

/** Every pool of the host; one that does not answer in time is there with `timedOut`. */
export async function fetchPools(connection: Connection, options: CallOptions): Promise<readonly PoolSnapshot[]> {
  const pools: PoolSnapshot[] = [];
  await forEachBounded(await connection.pools.list({}, options), 2, async (pool) => {
    const { uuid, name } = pool;
    try {
      const { state, capacityBytes, allocationBytes, availableBytes } = await connection.pools.info(pool, options);
      pools.push({ uuid, name, state, capacityBytes, allocationBytes, availableBytes, timedOut: false });
    } catch (error) {
      if (error instanceof TimeoutError) pools.push({ uuid, name, timedOut: true });
      // VIR_ERR_NO_STORAGE_POOL and the like: it went away between the list and the question.
      else if (!(error instanceof RemoteError)) throw error;
    }
  });
  return pools.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
