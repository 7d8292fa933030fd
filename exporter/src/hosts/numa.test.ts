// SPDX-License-Identifier: Apache-2.0
import { protocol } from '@vireo/libvirt';
import { ERROR_FROM, daemonError } from '@vireo/libvirt/testing';
import type { MetricGroup } from '../contract/groups.ts';
import { POLL, until, watchHost } from './watch-host.fixture.ts';
import type { Watch, WatchOptions } from './watch-host.fixture.ts';

const { CONNECT_GET_CAPABILITIES, NODE_GET_CELLS_FREE_MEMORY, NODE_GET_FREE_PAGES } = protocol;

jest.setTimeout(60_000);

let watch: Watch;

async function polled(options: WatchOptions): Promise<Watch> {
  // A reading that misses its deadline is made again after a minute.
  watch = await watchHost({ ...options, poll: { deadlineMs: 10_000, ...options.poll } });
  await until(() => watch.host.snapshot.polls.get('numa')?.success === true, 'the first poll of cells');
  await watch.polls(1);
  return watch;
}

afterEach(() => watch.end());

const without = (group: MetricGroup): ReadonlySet<MetricGroup> => {
  const groups = new Set(POLL.groups);
  groups.delete(group);
  return groups;
};

describe('NUMA cells', () => {
  it('have memory, CPUs and huge pages, all of them and what is free', async () => {
    const { host } = await polled({});
    expect(host.snapshot.cells).toMatchObject([
      {
        cell: 0,
        memoryBytes: host.snapshot.facts?.node?.memoryBytes,
        cpus: host.snapshot.facts?.node?.cpuCount,
        hugepages: [
          { sizeBytes: 2_097_152, total: 512, free: 384 },
          { sizeBytes: 1_073_741_824, total: 0, free: 0 },
        ],
      },
    ]);
    expect(host.snapshot.cells?.[0]?.freeBytes).toBeGreaterThan(0);
  });

  it('have their free memory where the driver tells nothing else', async () => {
    const { host } = await polled({
      prepare: (daemon) => {
        daemon.on(CONNECT_GET_CAPABILITIES, () => ({ capabilities: '<capabilities><host/></capabilities>' }));
        daemon.on(NODE_GET_CELLS_FREE_MEMORY, () => ({ cells: [5n, 0n] }));
      },
    });
    expect(host.snapshot.cells).toEqual([
      { cell: 0, freeBytes: 5 },
      { cell: 1, freeBytes: 0 },
    ]);
  });

  it('keep the number of their huge pages when libvirt refuses to count the free ones', async () => {
    const { host } = await polled({
      prepare: (daemon) =>
        daemon.on(NODE_GET_FREE_PAGES, () => daemonError('OPERATION_FAILED', ERROR_FROM.NONE, 'no such page size')),
    });
    expect(host.snapshot.polls.get('numa')?.success).toBe(true);
    expect(host.snapshot.cells?.[0]?.hugepages).toEqual([
      { sizeBytes: 2_097_152, total: 512 },
      { sizeBytes: 1_073_741_824, total: 0 },
    ]);
  });

  it('are not asked for their pages when nobody wants to see them', async () => {
    const { host, daemon } = await polled({ poll: { groups: without('hugepage') } });
    expect(host.snapshot.cells).toHaveLength(1);
    expect(daemon.calls.filter(({ procedure }) => procedure === NODE_GET_FREE_PAGES.number)).toEqual([]);
  });
});
