// SPDX-License-Identifier: Apache-2.0
import type { DomainReason, DomainState, DomainStats } from '@vireo/libvirt';
import type { HostChange } from './changes.ts';
import { DomainTable } from './domain-table.ts';
import type { DomainStateRecord, StatisticsRun } from './domain-table.ts';

const UUID = '66695eb0-1f6a-4830-a79a-a97f2502e193';

function told(state: DomainState, id: number, reason: DomainReason = 'unknown', uuid = UUID): DomainStateRecord {
  return { domain: { uuid, name: 'web', id }, state, reason };
}

function stats(fields: Record<string, number>, id = 1): DomainStats {
  const none = new Map();
  return {
    domain: told('running', id).domain,
    fields: new Map(Object.entries(fields)),
    vcpu: none,
    net: none,
    block: none,
    iothread: none,
  };
}

function run(part: Partial<StatisticsRun>): StatisticsRun {
  return { lockless: new Map(), monitor: new Map(), quarantine: new Map(), partial: new Set(), at: 0, ...part };
}

function table(): { domains: DomainTable; changes: HostChange[] } {
  const changes: HostChange[] = [];
  return { domains: new DomainTable((change) => changes.push(change)), changes };
}

const now = (): number => performance.now() + 1;

describe('DomainTable', () => {
  it('tells what an inventory adds, changes and removes', () => {
    const { domains, changes } = table();
    domains.applyInventory([], now());
    domains.applyInventory([told('running', 1, 'booted')], now());
    domains.applyInventory([told('paused', 1, 'user')], now());
    domains.applyInventory([told('paused', 1, 'user')], now());
    domains.applyInventory([], now());
    const domain = { uuid: UUID, name: 'web' };
    expect(changes).toEqual([
      { kind: 'domain.added', domain, state: 'running' },
      { kind: 'domain.state', domain, from: 'running', to: 'paused', reason: 'user' },
      { kind: 'domain.removed', domain },
    ]);
  });

  it('does not tell that what the first inventory finds has appeared', () => {
    const { domains, changes } = table();
    domains.applyInventory([told('running', 1, 'booted')], now());
    expect(changes).toEqual([]);
    expect(domains.get(UUID)?.state).toBe('running');
  });

  it('takes flags over, and makes nothing new of those it knew', () => {
    const { domains } = table();
    domains.applyInventory([told('shutoff', -1)], now());
    domains.applyFlags({ persistent: new Set([UUID]), autostart: new Set() });
    expect(domains.get(UUID)).toMatchObject({ persistent: true, autostart: false });
    const { version } = domains;
    domains.applyFlags({ persistent: new Set([UUID]), autostart: new Set() });
    expect(domains.version).toBe(version);
    domains.applyFlags({ persistent: new Set([UUID]), autostart: new Set([UUID]) });
    expect(domains.get(UUID)).toMatchObject({ persistent: true, autostart: true });
    expect(domains.get(UUID)).not.toHaveProperty('managedSave');
  });

  it('keeps what an event said over an inventory that was asked for before it', () => {
    const { domains } = table();
    const askedAt = performance.now();
    domains.applyEvent(told('paused', 1, 'user'));
    domains.applyInventory([told('running', 1)], askedAt);
    expect(domains.get(UUID)?.state).toBe('paused');
    domains.applyInventory([told('running', 1)], now());
    expect(domains.get(UUID)?.state).toBe('running');
  });

  it('does not bring back a domain that an event removed while the inventory was under way', () => {
    const { domains } = table();
    domains.applyInventory([told('running', 1)], now());
    const askedAt = performance.now();
    domains.removeByEvent(UUID);
    domains.applyInventory([told('running', 1)], askedAt);
    expect(domains.get(UUID)).toBeUndefined();
  });

  it('drops the counters of a process that is gone', async () => {
    const { domains } = table();
    domains.applyInventory([told('running', 1)], now());
    await domains.applyStatistics(run({ monitor: new Map([[UUID, stats({ 'cpu.time': 5 })]]), at: 1000 }));
    expect(domains.get(UUID)?.statsAt).toBe(1000);
    domains.applyEvent(told('shutoff', -1, 'destroyed'));
    expect(domains.get(UUID)?.stats).toBeUndefined();
    expect(domains.get(UUID)?.statsAt).toBeUndefined();
  });

  it('joins the two tiers and shows nothing older than this run', async () => {
    const { domains } = table();
    domains.applyInventory([told('running', 1)], now());
    const lockless = new Map([[UUID, stats({ 'state.state': 1 })]]);
    await domains.applyStatistics(run({ lockless, monitor: new Map([[UUID, stats({ 'cpu.time': 5 })]]), at: 1000 }));
    expect(Object.fromEntries(domains.get(UUID)?.stats?.fields ?? [])).toEqual({ 'state.state': 1, 'cpu.time': 5 });
    await domains.applyStatistics(run({ lockless, at: 2000 }));
    expect(Object.fromEntries(domains.get(UUID)?.stats?.fields ?? [])).toEqual({ 'state.state': 1 });
    expect(domains.get(UUID)?.statsAt).toBe(1000);
  });

  it('takes thousands of domains over in slices, as they are by then, and stops when told to', async () => {
    const { domains } = table();
    const uuids = Array.from({ length: 2500 }, (_, i) => `0000${String(i).padStart(4, '0')}${UUID.slice(8)}`);
    const refs = uuids.map((uuid, i) => ({ uuid, name: `d${String(i)}`, id: i + 1 }));
    domains.applyInventory(
      refs.map((domain) => ({ domain, state: 'running', reason: 'booted' })),
      now(),
    );
    const monitor = new Map(refs.map((domain) => [domain.uuid, { ...stats({ 'cpu.time': 5 }), domain }]));
    const timed = () => domains.all().filter(({ statsAt }) => statsAt === 1000).length;
    const taken = domains.applyStatistics(run({ monitor, at: 1000 }));
    expect(timed()).toBe(1000);
    const [gone, anew] = [uuids[2000] ?? '', uuids[2001] ?? ''];
    domains.removeByEvent(gone);
    domains.applyEvent({ domain: { uuid: anew, name: 'd2001', id: 9999 }, state: 'running', reason: 'booted' });
    await taken;
    expect(timed()).toBe(2498);
    expect([domains.has(gone), domains.get(anew)?.stats]).toEqual([false, undefined]);

    const stop = new AbortController();
    const stopped = domains.applyStatistics(run({ monitor, at: 2000 }), stop.signal);
    stop.abort();
    await stopped;
    expect(timed()).toBe(1498);
  });

  it('takes no counters of a process over that is not the one the domain has now', async () => {
    const { domains } = table();
    domains.applyInventory([told('running', 2)], now());
    const old = new Map([[UUID, stats({ 'cpu.time': 5 }, 1)]]);
    await domains.applyStatistics(run({ lockless: old, monitor: old, at: 1000 }));
    expect(domains.get(UUID)?.stats).toBeUndefined();
    expect(domains.get(UUID)?.statsAt).toBeUndefined();
  });

  it.each([
    ['memory of nothing', { 'cpu.time': 0, 'balloon.rss': 0, 'balloon.current': 512 }, 0],
    ['less CPU time than it had', { 'cpu.time': 3, 'balloon.rss': 70 }, 4],
    ['less time of its first CPU than it had', { 'cpu.time': 6, 'balloon.rss': 70 }, 0],
  ])('takes nothing over of a QEMU that has ended, of which libvirt says it has %s', async (_what, fields, cpuTime) => {
    const { domains } = table();
    domains.applyInventory([told('running', 1)], now());
    const lockless = new Map([[UUID, stats({ 'state.state': 1 })]]);
    const record = (counters: Record<string, number>, time: number): ReadonlyMap<string, DomainStats> =>
      new Map([[UUID, { ...stats(counters), vcpu: new Map([[0, new Map([['time', time]])]]) }]]);
    const monitor = record({ 'cpu.time': 5, 'balloon.rss': 70 }, 4);
    await domains.applyStatistics(run({ lockless, monitor, at: 1000 }));
    expect(domains.get(UUID)?.statsAt).toBe(1000);
    await domains.applyStatistics(run({ lockless, monitor: record(fields, cpuTime), at: 2000 }));
    expect(Object.fromEntries(domains.get(UUID)?.stats?.fields ?? [])).toEqual({ 'state.state': 1 });
    expect(domains.get(UUID)?.statsAt).toBe(1000);
  });

  it('takes no counters over for an inactive domain', async () => {
    const { domains } = table();
    domains.applyInventory([told('shutoff', -1)], now());
    await domains.applyStatistics(run({ lockless: new Map([[UUID, stats({ 'state.state': 5 }, -1)]]) }));
    expect(domains.get(UUID)?.stats).toBeUndefined();
  });

  it('does not call a partial record a whole one', async () => {
    const { domains } = table();
    domains.applyInventory([told('running', 1)], now());
    const monitor = new Map([[UUID, stats({ 'cpu.time': 5 })]]);
    await domains.applyStatistics(run({ monitor, partial: new Set([UUID]), at: 1000 }));
    expect(domains.get(UUID)?.stats).toBeDefined();
    expect(domains.get(UUID)?.statsAt).toBeUndefined();
  });

  it('does not say of a stuck domain that was stopped that it recovered', async () => {
    const { domains, changes } = table();
    domains.applyInventory([told('running', 1)], now());
    await domains.applyStatistics(run({ quarantine: new Map([[UUID, { since: 1000 }]]), at: 2000 }));
    domains.applyEvent(told('shutoff', -1, 'destroyed'));
    expect(domains.get(UUID)?.trouble).toBeUndefined();
    await domains.applyStatistics(run({ at: 3000 }));
    expect(changes.map(({ kind }) => kind)).toEqual(['domain.stuck', 'domain.state']);
  });

  it('tells once when a domain gets stuck and once when it recovers, with how long that took', async () => {
    const { domains, changes } = table();
    domains.applyInventory([told('running', 1)], now());
    changes.length = 0;
    const quarantine = new Map([[UUID, { since: 1000, controlState: 'occupied' as const, controlStateMs: 2500 }]]);
    await domains.applyStatistics(run({ quarantine, at: 2000 }));
    expect(domains.get(UUID)?.trouble).toEqual({ since: 1000, controlState: 'occupied', controlStateMs: 2500 });
    await domains.applyStatistics(run({ quarantine, at: 3000 }));
    await domains.applyStatistics(run({ at: 4000 }));
    expect(domains.get(UUID)?.trouble).toBeUndefined();
    expect(changes.map((change) => change.kind)).toEqual(['domain.stuck', 'domain.recovered']);
    expect(changes[1]).toMatchObject({ stuckMs: 3000 });
  });

  it('gives snapshots that later writes do not change', () => {
    const { domains } = table();
    domains.applyInventory([told('running', 1)], now());
    const snapshot = domains.snapshot();
    domains.applyEvent(told('shutoff', -1));
    expect(snapshot.get(UUID)?.state).toBe('running');
  });
});

describe('when a domain started', () => {
  const startedAt = (domains: DomainTable): number | undefined => domains.get(UUID)?.startedAt;

  it('is not known of one that ran before it was watched', () => {
    const { domains } = table();
    domains.applyEvent(told('running', 1));
    domains.applyInventory([told('running', 1)], now());
    expect(startedAt(domains)).toBeUndefined();
  });

  it('is known from an event, kept while it runs, gone when it stops', () => {
    const { domains } = table();
    domains.applyInventory([told('shutoff', -1)], now());
    const before = Date.now();
    domains.applyEvent(told('running', 2));
    const at = startedAt(domains) ?? NaN;
    expect(at).toBeGreaterThanOrEqual(before);
    expect(at).toBeLessThanOrEqual(Date.now());
    domains.applyEvent(told('paused', 2));
    expect(startedAt(domains)).toBe(at);
    domains.applyEvent(told('shutoff', -1));
    expect(startedAt(domains)).toBeUndefined();
  });

  it('is known from an inventory soon after the one before', () => {
    const { domains } = table();
    domains.applyInventory([told('running', 1)], now());
    domains.applyInventory([told('running', 2)], now());
    expect(startedAt(domains)).toBeDefined();
  });

  it('is not known when nobody looked for long', () => {
    const { domains } = table();
    domains.applyInventory([told('running', 1)], now() - 60_000);
    domains.applyInventory([told('running', 2)], now());
    expect(startedAt(domains)).toBeUndefined();
  });
});

describe('a driver that calls a domain off while it restarts it', () => {
  function awaiting(): ReturnType<typeof table> {
    const made = table();
    made.domains.applyInventory([told('running', 1, 'booted')], now());
    made.domains.awaitStops(true);
    return made;
  }
  const shown = ({ domains }: { domains: DomainTable }): unknown => {
    const { state, id } = domains.get(UUID) ?? {};
    return [state, id];
  };

  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('is not believed until an event has told the end; after a reboot the domain has another id and was never off', () => {
    const seen = awaiting();
    seen.domains.applyInventory([told('shutoff', -1, 'shutdown')], now());
    expect(shown(seen)).toEqual(['running', 1]);
    // Started comes first, and Stopped though it runs.
    seen.domains.applyEvent(told('running', 2, 'booted'));
    seen.domains.toldStopped(UUID);
    seen.domains.applyEvent(told('running', 2, 'booted'));
    expect(shown(seen)).toEqual(['running', 2]);
    expect(seen.changes).toEqual([]);
    // That Stopped was of the run before: it excuses nothing of the next reboot.
    seen.domains.applyInventory([told('shutoff', -1, 'shutdown')], now());
    expect(shown(seen)).toEqual(['running', 2]);
  });

  it('is believed when the end was told, and a domain that is started and stopped again is off again', () => {
    const seen = awaiting();
    for (const id of [1, 2]) {
      seen.domains.applyEvent(told('running', id, 'booted'));
      seen.domains.toldStopped(UUID);
      seen.domains.applyEvent(told('shutoff', -1, 'shutdown'));
      expect(shown(seen)).toEqual(['shutoff', -1]);
    }
  });

  it('keeps the end in mind over an inventory from before it', () => {
    const seen = awaiting();
    seen.domains.toldStopped(UUID);
    seen.domains.applyInventory([told('running', 1, 'booted')], now());
    seen.domains.applyEvent(told('shutoff', -1, 'destroyed'));
    expect(shown(seen)).toEqual(['shutoff', -1]);
  });

  it('is believed after a minute, should the event never come', () => {
    const seen = awaiting();
    seen.domains.applyInventory([told('shutoff', -1, 'shutdown')], now());
    const later = performance.now() + 61_000;
    jest.spyOn(performance, 'now').mockReturnValue(later);
    seen.domains.applyInventory([told('shutoff', -1, 'shutdown')], later);
    expect(shown(seen)).toEqual(['shutoff', -1]);
  });

  it('is believed at the first look of a session', () => {
    const seen = awaiting();
    seen.domains.awaitStops(false);
    seen.domains.applyInventory([told('shutoff', -1, 'shutdown')], now());
    expect(shown(seen)).toEqual(['shutoff', -1]);
  });
});
