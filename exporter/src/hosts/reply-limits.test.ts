// SPDX-License-Identifier: Apache-2.0
// libvirt's limits on a reply, made small: a daemon refuses what is larger, with VIR_ERR_RPC and the whole answer lost.

import { protocol } from '@vireo/libvirt';
import { until, watchHost } from './watch-host.fixture.ts';
import type { Watch, WatchOptions } from './watch-host.fixture.ts';

jest.setTimeout(60_000);

let watch: Watch;

async function startUp(options: WatchOptions): Promise<void> {
  watch = await watchHost(options);
}

afterEach(() => watch.end());

const active = () => [...watch.host.snapshot.domains.values()].filter(({ id }) => id !== -1);
const withDisks = () => active().filter(({ stats }) => stats?.block.get(0)?.has('rd.reqs') === true);
const calls = (): number =>
  watch.daemon.calls.filter(({ procedure }) => procedure === protocol.CONNECT_GET_ALL_DOMAIN_STATS.number).length;

/** Whole records of every active domain, poll after poll, and nothing that failed. */
async function expectEverything(domains: number): Promise<void> {
  await until(() => watch.host.snapshot.domains.size === domains, 'all domains');
  await until(() => active().length > 0 && withDisks().length === active().length, 'whole records');
  const first = withDisks().map(({ statsAt }) => statsAt ?? 0);
  await watch.polls(2);
  await until(() => withDisks().every(({ statsAt }, i) => (statsAt ?? 0) > (first[i] ?? 0)), 'fresh records');
  // On a busy machine one call of a poll may miss its 250 ms; what is too large would fail every poll.
  for (const group of ['inventory', 'statistics'] as const) {
    await until(() => watch.host.snapshot.polls.get(group)?.success === true, `${group} without a failure`);
  }
  expect(watch.changes.filter(({ kind }) => kind === 'host.lost')).toEqual([]);
}

describe('a reply that would be too large', () => {
  it('of many domains is asked for in parts', async () => {
    // A domain with its disks and vCPUs takes 8 to 20 KB of these, the inventory of all 12 less.
    await startUp({ daemon: { replyBytesMax: 40_000 }, poll: { chunkDomains: 12 } });
    await expectEverything(12);
    for (const { stats } of active()) expect(stats?.fields.get('cpu.time')).toBeGreaterThan(0);
    const before = calls();
    await watch.polls(3);
    // More than the inventory and one chunk a poll.
    expect((calls() - before) / 3).toBeGreaterThan(2.5);
  });

  it('of all domains does not keep a host from being watched, nor new domains from being found', async () => {
    await startUp({
      daemon: { replyBytesMax: 20_000 },
      fleet: { domainsPerHost: 60 },
      poll: { chunkDomains: 2 },
      // No events: what is new must be found by asking.
      prepare: (daemon) => daemon.on(protocol.CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY, () => ({ callbackID: 0 })),
    });
    await expectEverything(60);
    const { spec } = watch.simulated.named('ldap-1');
    const twin = { ...spec, name: 'twin', uuid: '11111111-2222-4333-8444-555555555555' };
    watch.simulated.define(twin);
    await until(() => watch.domain('twin') !== undefined, 'the new domain');
    watch.simulated.undefine(watch.simulated.named('twin'));
    await until(() => watch.domain('twin') === undefined, 'its end');
  });
});

describe('a record with too many parameters', () => {
  it('is asked for group by group, and costs the others nothing', async () => {
    await startUp({
      poll: { chunkDomains: 4 },
      // The vCPUs of the larger ones have 386, all their groups together more than 430.
      prepare: (_daemon, simulated) => (simulated.parametersMax = 400),
    });
    await expectEverything(12);
    for (const { stats } of active()) {
      expect(stats?.fields.get('cpu.time')).toBeGreaterThan(0);
      expect(stats?.vcpu.get(0)?.get('time')).toBeGreaterThan(0);
      expect(stats?.net.get(0)?.get('rx.bytes')).toBeGreaterThan(0);
    }
    const before = calls();
    await watch.polls(4);
    // Those that were found too large are not put together with others again.
    expect((calls() - before) / 4).toBeLessThan(12 * 4);
  });
});
