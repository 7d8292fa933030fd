// SPDX-License-Identifier: Apache-2.0
// What a pool and a network hold, one by one: bounded, only where it is wanted, and never by a refresh.

import { setTimeout as delay } from 'node:timers/promises';
import { protocol } from '@vireo/libvirt';
import { NEVER } from '@vireo/libvirt/testing';
import type { MetricGroup } from '../contract/groups.ts';
import { POLL, until, watchHost } from './watch-host.fixture.ts';
import type { Watch, WatchOptions } from './watch-host.fixture.ts';

const {
  CONNECT_LIST_ALL_NETWORKS,
  CONNECT_LIST_ALL_STORAGE_POOLS,
  NETWORK_GET_BRIDGE_NAME,
  NETWORK_GET_DHCP_LEASES,
  NODE_GET_CELLS_FREE_MEMORY,
  STORAGE_POOL_LIST_ALL_VOLUMES,
  STORAGE_POOL_REFRESH,
  STORAGE_VOL_GET_INFO,
} = protocol;

jest.setTimeout(60_000);

let watch: Watch;

async function polled(options: WatchOptions = {}): Promise<Watch> {
  watch = await watchHost(options);
  const parts = ['pools', 'networks'] as const;
  await until(() => parts.every((part) => watch.host.snapshot.polls.has(part)), 'the first poll of pools and networks');
  await watch.polls(1);
  return watch;
}

afterEach(() => watch.end());

/** A hundred calls take their time on a busy machine. */
const PATIENT = { deadlineMs: 10_000 };
const without = (...off: readonly MetricGroup[]): ReadonlySet<MetricGroup> => {
  const groups = new Set(POLL.groups);
  for (const group of off) groups.delete(group);
  return groups;
};
const callsOf = (procedure: { readonly number: number }): number =>
  watch.daemon.calls.filter(({ procedure: number }) => number === procedure.number).length;

const vols = Array.from({ length: 130 }, (_, i) => {
  const name = `disk-${String(i).padStart(3, '0')}`;
  return { pool: 'default', name, key: `/images/${name}` };
}).toReversed();

describe('volumes', () => {
  it('are asked one by one, the first hundred by name, and no pool is refreshed', async () => {
    const { host } = await polled({
      poll: PATIENT,
      prepare: (daemon) => {
        daemon.on(STORAGE_POOL_LIST_ALL_VOLUMES, () => ({ vols, ret: vols.length }));
        daemon.on(STORAGE_VOL_GET_INFO, ({ vol }) => ({ type: 0, capacity: BigInt(vol.key.length), allocation: 1n }));
      },
    });
    const pool = host.snapshot.pools.find(({ name }) => name === 'default');
    expect(pool?.volumes).toBe(130);
    expect(pool?.volumeList?.map(({ name }) => name)).toEqual(
      Array.from({ length: 100 }, (_, i) => `disk-${String(i).padStart(3, '0')}`),
    );
    expect(pool?.volumeList?.[0]).toEqual({ name: 'disk-000', type: 'file', capacityBytes: 16, allocationBytes: 1 });
    expect(callsOf(STORAGE_POOL_REFRESH)).toBe(0);
  });

  it('cost one call, and not one each, on storage that hangs', async () => {
    const { host } = await polled({
      poll: PATIENT,
      prepare: (daemon) => {
        daemon.on(STORAGE_POOL_LIST_ALL_VOLUMES, ({ pool }) => {
          const found = pool.name === 'default' ? vols : [];
          return { vols: found, ret: found.length };
        });
        daemon.on(STORAGE_VOL_GET_INFO, ({ vol }) =>
          vol.name === 'disk-002' ? NEVER : { type: 0, capacity: 1n, allocation: 1n },
        );
      },
    });
    const pool = host.snapshot.pools.find(({ name }) => name === 'default');
    expect(pool).toMatchObject({ timedOut: false, volumes: 130 });
    expect(pool?.volumeList?.map(({ name }) => name)).toEqual(['disk-000', 'disk-001']);
    expect(callsOf(STORAGE_VOL_GET_INFO)).toBe(3);
  });

  it('are only counted when nobody wants to see them, and nothing is asked when nobody wants pools', async () => {
    const { host } = await polled({ poll: { groups: without('volume') } });
    expect(host.snapshot.pools.some(({ volumes }) => (volumes ?? 0) > 0)).toBe(true);
    expect(host.snapshot.pools.filter(({ volumeList }) => volumeList !== undefined)).toEqual([]);
    expect(callsOf(STORAGE_VOL_GET_INFO)).toBe(0);
    await watch.end();
    watch = await watchHost({ poll: { groups: without('volume', 'pool', 'network', 'lease') } });
    await until(() => watch.host.snapshot.polls.has('jobs'), 'the first poll');
    expect([CONNECT_LIST_ALL_STORAGE_POOLS, CONNECT_LIST_ALL_NETWORKS].map(callsOf)).toEqual([0, 0]);
  });
});

describe('networks and NUMA cells', () => {
  it('stay shown while they are read again, and not after that failed', async () => {
    let failing = false;
    const slowly = async <T>(answer: T): Promise<T | typeof NEVER> => {
      await delay(120);
      return failing ? NEVER : answer;
    };
    const { host, snapshots } = await polled({
      poll: { slowIntervalMs: 400, deadlineMs: 1_500 },
      prepare: (daemon) => {
        daemon.on(NETWORK_GET_BRIDGE_NAME, () => slowly({ name: 'virbr0' }));
        daemon.on(NODE_GET_CELLS_FREE_MEMORY, () => slowly({ cells: [1n] }));
        daemon.on(CONNECT_LIST_ALL_NETWORKS, () =>
          slowly({ nets: [{ name: 'default', uuid: '6c3f43b6-1d8a-4a3c-8d3b-8a1f0e3c9d11' }], ret: 1 }),
        );
      },
    });
    await until(() => host.snapshot.networks !== undefined && host.snapshot.cells !== undefined, 'the first time');
    const from = snapshots.length;
    const reads = (): readonly number[] => [CONNECT_LIST_ALL_NETWORKS, NODE_GET_CELLS_FREE_MEMORY].map(callsOf);
    const before = reads();
    await until(() => reads().every((count, i) => count > (before[i] ?? 0) + 2), 'read again');
    const shown = snapshots.slice(from).map(({ networks, cells }) => [networks?.length, cells?.length]);
    expect(new Set(shown.map(String))).toEqual(new Set(['1,1']));
    failing = true;
    await until(() => host.snapshot.networks === undefined && host.snapshot.cells === undefined, 'nothing old');
  });
});

describe('leases', () => {
  const leases = Array.from({ length: 300 }, (_, i) => ({
    iface: 'virbr0',
    expirytime: 0n,
    type: 0,
    mac: null,
    iaid: null,
    ipaddr: `10.0.${String(i >> 8)}.${String(i & 255)}`,
    prefix: 16,
    hostname: null,
    clientid: null,
  }));

  it('are kept one by one, 256 of a network, and counted all', async () => {
    const { host } = await polled({
      poll: PATIENT,
      prepare: (daemon) => daemon.on(NETWORK_GET_DHCP_LEASES, () => ({ leases, ret: leases.length })),
    });
    const network = host.snapshot.networks?.find(({ active }) => active);
    expect(network).toMatchObject({ leases: 300 });
    expect(network?.leaseList).toHaveLength(256);
  });

  it('are only counted when nobody wants to see them', async () => {
    const { host } = await polled({ poll: { groups: without('lease') } });
    const network = host.snapshot.networks?.find(({ leases: count }) => (count ?? 0) > 0);
    expect(network).toBeDefined();
    expect(network?.leaseList).toBeUndefined();
  });
});
