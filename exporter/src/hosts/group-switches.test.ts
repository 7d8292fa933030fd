// SPDX-License-Identifier: Apache-2.0
// A group that is off costs the daemon nothing: the calls that only it needs are not made.

import { protocol } from '@vireo/libvirt';
import type { MetricGroup } from '../contract/groups.ts';
import { POLL, until, watchHost } from './watch-host.fixture.ts';
import type { Watch } from './watch-host.fixture.ts';

const {
  DOMAIN_BLOCK_STATS,
  DOMAIN_GET_INFO,
  DOMAIN_GET_JOB_STATS,
  DOMAIN_INTERFACE_STATS,
  DOMAIN_MEMORY_STATS,
  NODE_GET_CPU_STATS,
  NODE_GET_FREE_MEMORY,
  NODE_GET_MEMORY_STATS,
} = protocol;

jest.setTimeout(60_000);

let watch: Watch;

afterEach(() => watch.end());

const without = (...off: readonly MetricGroup[]): ReadonlySet<MetricGroup> => {
  const groups = new Set(POLL.groups);
  for (const group of off) groups.delete(group);
  return groups;
};
const made = (procedure: { readonly number: number }): boolean =>
  watch.daemon.calls.some(({ procedure: number }) => number === procedure.number);

/** Polls a host whose driver has no bulk statistics until its domains' XML was read, and some more. */
async function pollXen(...off: readonly MetricGroup[]): Promise<void> {
  watch = await watchHost({ fleet: { domainsPerHost: 4, driver: 'Xen' }, poll: { groups: without(...off) } });
  const { host } = watch;
  const isRead = (): boolean =>
    host.snapshot.domains.size > 0 && [...host.snapshot.domains.values()].every(({ xml }) => xml !== undefined);
  await until(isRead, 'the XML');
  await watch.polls(3);
}

describe('a driver without bulk statistics', () => {
  it('is asked for each group by the calls it needs', async () => {
    await pollXen();
    const calls = [DOMAIN_GET_INFO, DOMAIN_MEMORY_STATS, DOMAIN_BLOCK_STATS, DOMAIN_INTERFACE_STATS];
    expect(calls.map(made)).toEqual([true, true, true, true]);
  });

  it.each([
    ['disks', DOMAIN_BLOCK_STATS, ['block']],
    ['interfaces', DOMAIN_INTERFACE_STATS, ['interface']],
    ['memory', DOMAIN_MEMORY_STATS, ['memory']],
    ['CPU and memory', DOMAIN_GET_INFO, ['cpu', 'memory', 'vcpu']],
    ['jobs', DOMAIN_GET_JOB_STATS, ['job']],
  ] as const)('is not asked for %s that nobody wants to see', async (_, procedure, off) => {
    await pollXen(...off);
    expect(made(procedure)).toBe(false);
    expect(made(DOMAIN_BLOCK_STATS) || made(DOMAIN_INTERFACE_STATS)).toBe(true);
  });

  it('is asked for interfaces though nothing else is wanted', async () => {
    await pollXen('cpu', 'memory', 'vcpu', 'kvm', 'block', 'backing', 'iothread', 'dirtyrate');
    expect([made(DOMAIN_INTERFACE_STATS), made(DOMAIN_GET_INFO), made(DOMAIN_BLOCK_STATS)]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('the host itself', () => {
  it('is not asked for figures that nobody wants to see', async () => {
    watch = await watchHost({ poll: { groups: without('host') } });
    await until(() => watch.host.snapshot.polls.has('jobs'), 'the first poll');
    await watch.polls(1);
    expect([NODE_GET_CPU_STATS, NODE_GET_MEMORY_STATS, NODE_GET_FREE_MEMORY].map(made)).toEqual([false, false, false]);
    expect(watch.host.snapshot.polls.has('node')).toBe(false);
    expect(watch.host.snapshot.facts?.driver).toBe('QEMU');
  });
});
