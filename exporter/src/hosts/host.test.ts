// SPDX-License-Identifier: Apache-2.0
// A host from connecting to stopping, against a daemon that fails on cue.

import { protocol } from '@vireo/libvirt';
import { ERROR_FROM, NEVER, daemonError } from '@vireo/libvirt/testing';
import type { HostSnapshot } from './snapshot.ts';
import { POLL, until, watchHost } from './watch-host.fixture.ts';
import type { Watch, WatchOptions } from './watch-host.fixture.ts';

const {
  CONNECT_GET_ALL_DOMAIN_STATS,
  CONNECT_GET_LIB_VERSION,
  DOMAIN_GET_STATE,
  DOMAIN_GET_XML_DESC,
  NODE_GET_CPU_STATS,
} = protocol;

const MUTE_ALL = { fault: { kind: 'mute' }, times: Infinity } as const;
const FIRST_POLL = ['inventory', 'statistics', 'node', 'pools', 'jobs'] as const;
/** Where no deadline is tested, a busy machine has time to answer. */
const PATIENT = { poll: { deadlineMs: 10_000 } };
/** What a busy machine may add to any time measured here. */
const SLACK_MS = 5000;

jest.setTimeout(60_000);

let watch: Watch;

async function start(options: WatchOptions = {}): Promise<Watch> {
  watch = await watchHost(options);
  return watch;
}

const isUp = (snapshot: HostSnapshot): boolean => snapshot.state.kind === 'up';
const isLost = (snapshot: HostSnapshot): boolean => snapshot.state.kind === 'lost';

async function startUp(options: WatchOptions = {}): Promise<Watch> {
  const started = await start(options);
  await until(
    () => isUp(started.host.snapshot) && FIRST_POLL.every((group) => started.host.snapshot.polls.has(group)),
    'the first poll',
  );
  return started;
}

afterEach(async () => {
  jest.restoreAllMocks();
  await watch.end();
});

/** On a busy machine the first poll may miss its deadline. */
async function statisticsOfAll(): Promise<void> {
  await until(
    () => [...watch.host.snapshot.domains.values()].every(({ id, stats }) => id === -1 || stats !== undefined),
    'statistics of all that run',
  );
}

describe('a host that connects', () => {
  it('shows every domain with the statistics of those that run', async () => {
    const { host, simulated } = await startUp(PATIENT);
    await statisticsOfAll();
    const { domains, domainsKnown, facts, node, pools } = host.snapshot;
    expect(domainsKnown).toBe(true);
    expect(domains.size).toBe(simulated.domains.length);
    expect(facts).toMatchObject({ driver: 'QEMU', libvirtVersion: '9.0.0' });
    expect(node?.cpuNsByMode?.size).toBeGreaterThan(0);
    expect(pools.map(({ name }) => name)).toEqual(['archive', 'default', 'fast']);
    for (const domain of domains.values()) {
      expect({ name: domain.name, stats: domain.stats !== undefined }).toEqual({
        name: domain.name,
        stats: domain.id !== -1,
      });
    }
  });

  it('keeps the statistics of a paused domain', async () => {
    await startUp(PATIENT);
    await statisticsOfAll();
    expect(watch.domain('git-1')).toMatchObject({ state: 'paused' });
    expect(watch.domain('git-1')?.stats?.fields.get('cpu.time')).toBeGreaterThan(0);
  });

  it('is not up without its events when the daemon goes silent while they are subscribed', async () => {
    await start({
      prepare: (daemon) => daemon.on(protocol.CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY, () => NEVER),
    });
    await until(() => isLost(watch.host.snapshot), 'lost');
    expect(watch.snapshots.filter(isUp)).toEqual([]);
  });

  it('stops within two seconds in the middle of connecting to a silent daemon', async () => {
    await start({
      prepare: (daemon) => daemon.on(protocol.CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY, () => NEVER),
    });
    await until(() => watch.connections.length === 1, 'the connection');
    const startedAt = performance.now();
    await watch.host.stop();
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  it('knows no domains, rather than none, when the first inventory hangs', async () => {
    await start({
      prepare: (daemon) => daemon.on(CONNECT_GET_ALL_DOMAIN_STATS, () => NEVER),
    });
    await until(() => watch.host.snapshot.polls.get('inventory') !== undefined, 'the first inventory');
    await watch.polls(2);
    expect(watch.snapshots.filter(({ domainsKnown }) => domainsKnown)).toEqual([]);
    expect(watch.host.snapshot.polls.get('inventory')).toMatchObject({
      success: false,
      error: { code: 'VIREO_CALL_HANGS' },
    });
  });
});

describe('a host that is lost', () => {
  it('says so at once, keeps its domains for a while, forgets them, and comes back', async () => {
    const { host, daemon } = await startUp();
    watch.refuseConnections = true;
    daemon.dropConnections();
    await until(() => isLost(host.snapshot), 'lost');
    expect(host.snapshot.node).toBeUndefined();
    expect(host.snapshot.domains.size).toBe(12);
    await until(() => !host.snapshot.domainsKnown, 'forgotten', POLL.intervalMs * POLL.staleAfterPolls + SLACK_MS);
    expect(host.snapshot).toMatchObject({ domains: new Map(), pools: [] });
    expect(host.snapshot.facts).toBeUndefined();
    watch.refuseConnections = false;
    await until(() => isUp(host.snapshot) && host.snapshot.domains.size === 12, 'up again');
    // What was there before and is there still did not appear.
    expect(watch.changes.filter(({ kind }) => kind === 'domain.added')).toEqual([]);
  });

  it('never shows the empty table of a forgotten host as a host without domains', async () => {
    const { host, daemon } = await startUp();
    watch.refuseConnections = true;
    daemon.dropConnections();
    await until(() => !host.snapshot.domainsKnown, 'forgotten');
    daemon
      .on(CONNECT_GET_ALL_DOMAIN_STATS, () => NEVER)
      .on(CONNECT_GET_LIB_VERSION, (_args, { serial }) =>
        // The first question of a session is about facts; the daemon falls silent after it.
        serial < 10 ? { lib_ver: 9_000_000n } : NEVER,
      );
    const from = watch.snapshots.length;
    const connections = watch.connections.length;
    watch.refuseConnections = false;
    await until(() => watch.connections.length > connections, 'a connection');
    await until(() => isLost(host.snapshot), 'lost again');
    await until(() => watch.connections.length > connections + 1, 'another connection');
    expect(watch.snapshots.slice(from).filter(({ domainsKnown }) => domainsKnown)).toEqual([]);
  });

  it('waits longer each time while the daemon accepts connections and answers nothing else', async () => {
    await start({
      prepare: (daemon) =>
        daemon
          .on(CONNECT_GET_ALL_DOMAIN_STATS, () => NEVER)
          .on(CONNECT_GET_LIB_VERSION, (_args, { serial }) => (serial < 10 ? { lib_ver: 9_000_000n } : NEVER)),
    });
    const waits = (): number[] =>
      watch.changes.flatMap((change) => (change.kind === 'host.lost' ? [change.retryInMs] : []));
    await until(() => waits().length === 2, 'lost twice');
    expect(waits()[1]).toBeGreaterThanOrEqual(1500);
  });

  it.each([
    ['between two polls', (): void => undefined],
    [
      'while the host itself is asked about',
      (): void => {
        watch.daemon.on(NODE_GET_CPU_STATS, () => NEVER);
      },
    ],
  ])('is lost within an interval and two deadlines when the daemon falls silent %s', async (_when, before) => {
    const { host, daemon } = await startUp({ poll: { deadlineMs: 500, intervalMs: 500 } });
    before();
    await watch.polls(2);
    daemon.misbehave(MUTE_ALL);
    const silentAt = performance.now();
    await until(() => isLost(host.snapshot), 'lost');
    expect(performance.now() - silentAt).toBeLessThan(500 + 2 * 500 + SLACK_MS);
  });

  it('stops within two seconds while nobody answers', async () => {
    const { host, daemon } = await startUp();
    daemon.misbehave(MUTE_ALL);
    await until(() => daemon.sessions.every(({ serving }) => serving > 0), 'hanging calls');
    const startedAt = performance.now();
    await host.stop();
    expect(performance.now() - startedAt).toBeLessThan(2000);
    const last = watch.snapshots.length;
    await new Promise((resolve) => setTimeout(resolve, 2 * POLL.intervalMs));
    expect(watch.snapshots.length).toBe(last);
  });
});

describe('an event', () => {
  const ONLY_EVENTS = { poll: { intervalMs: 60_000, deadlineMs: 1000 } };

  it.each([
    ['a crash', 'web-1', 'crash', { state: 'shutoff', reason: 'crashed', id: -1 }],
    ['a full disk', 'web-1', 'failDisk', { state: 'paused', reason: 'ioerror' }],
    ['a panic', 'web-1', 'panic', { state: 'crashed' }],
  ] as const)('shows %s within a second', async (_what, name, happen, expected) => {
    const { simulated } = await startUp(ONLY_EVENTS);
    simulated[happen](name);
    await until(() => watch.domain(name)?.state === expected.state, expected.state);
    expect(watch.domain(name)).toMatchObject(expected);
  });

  it('takes the counters of a domain that stopped away', async () => {
    const { simulated } = await startUp(ONLY_EVENTS);
    simulated.crash('web-1');
    await until(() => watch.domain('web-1')?.state === 'shutoff', 'shutoff');
    expect(watch.domain('web-1')?.stats).toBeUndefined();
    expect(watch.domain('web-1')?.statsAt).toBeUndefined();
  });

  it('shows a domain that stopped as inactive, also when the first of its events came while it was active', async () => {
    const { simulated } = await startUp(ONLY_EVENTS);
    simulated.guestPowersOff('web-1');
    await until(() => watch.domain('web-1')?.state === 'shutoff', 'shutoff');
    expect(watch.domain('web-1')).toMatchObject({ id: -1 });
    expect(watch.domain('web-1')?.stats).toBeUndefined();
  });

  it('counts events from zero, of the kinds that the daemon tells of', async () => {
    const MEMORY_FAILURE = 25;
    const { host } = await startUp({
      prepare: (fake) => {
        let callbackID = 0;
        fake.on(protocol.CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY, ({ eventID }) => {
          if (eventID === MEMORY_FAILURE)
            throw daemonError('INTERNAL_ERROR', ERROR_FROM.RPC, 'unsupported event ID 25');
          return { callbackID: callbackID++ };
        });
      },
    });
    const count = (event: string, detail: string): number | undefined =>
      host.snapshot.events?.find((known) => known.event === event && known.detail === detail)?.count;
    expect(count('stopped', 'crashed')).toBe(0);
    expect(count('io-error', '')).toBe(0);
    expect(count('reboot', '')).toBe(0);
    expect(count('memory-failure', '')).toBeUndefined();
    // Told, and shown elsewhere.
    expect(count('balloon-change', '')).toBeUndefined();
  });

  it('removes a transient domain that stopped', async () => {
    const { simulated } = await startUp(ONLY_EVENTS);
    simulated.crash('dns-1');
    await until(() => watch.domain('dns-1') === undefined, 'gone');
  });

  it('shows that somebody saved a domain, or restored it, together with the state it is in then', async () => {
    const { host, simulated } = await startUp(ONLY_EVENTS);
    const { ref } = simulated.named('web-1');
    await host.withControl((connection) => connection.domains.managedSave(ref));
    await until(() => watch.domain('web-1')?.state === 'shutoff', 'shutoff');
    expect(watch.domain('web-1')).toMatchObject({ reason: 'saved', managedSave: true, persistent: true });
    await host.withControl((connection) => connection.domains.start(ref));
    await until(() => watch.domain('web-1')?.state === 'running', 'running');
    expect(watch.domain('web-1')).toMatchObject({ reason: 'restored', managedSave: false });
  });

  it('asks again a little later what the event came too early for: an image is thrown away after the restore', async () => {
    const { host, simulated } = await startUp(ONLY_EVENTS);
    const domain = simulated.named('web-1');
    await host.withControl((connection) => connection.domains.managedSave(domain.ref));
    await until(() => watch.domain('web-1')?.managedSave === true, 'saved');
    domain.managedSave = false;
    await until(() => watch.domain('web-1')?.managedSave === false, 'thrown away, without an event');
  });

  it('settles a storm over 500 domains in a second and few snapshots', async () => {
    const { simulated } = await startUp({ ...ONLY_EVENTS, fleet: { domainsPerHost: 500 } });
    const names = simulated.domains.filter(({ state }) => state === 1).map(({ spec }) => spec.name);
    const from = watch.snapshots.length;
    for (const name of names) simulated.crash(name);
    await until(() => names.every((name) => watch.domain(name)?.state !== 'running'), 'all seen');
    expect(watch.snapshots.length - from).toBeLessThan(30);
  });
});

describe('domains whose objects are locked in the middle of a storm of events', () => {
  it('do not make their host a lost one, although what the events made us ask holds every slot', async () => {
    const { host, daemon, simulated } = await startUp();
    for (const on of [CONNECT_GET_ALL_DOMAIN_STATS, DOMAIN_GET_STATE, DOMAIN_GET_XML_DESC]) {
      daemon.misbehave({ on, fault: { kind: 'mute' }, times: Infinity });
    }
    const running = simulated.domains.filter(({ state }) => state === 1);
    for (const { spec } of running) simulated.crash(spec.name);
    const failed = watch.snapshots.length;
    await until(
      () => watch.snapshots.slice(failed).some(({ polls }) => polls.get('inventory')?.success === false),
      'an inventory failed',
      10 * POLL.deadlineMs + SLACK_MS,
    );
    await new Promise((resolve) => setTimeout(resolve, 6 * POLL.deadlineMs));
    expect(watch.snapshots.slice(failed).some(isLost)).toBe(false);
    expect(isLost(host.snapshot)).toBe(false);
  });
});

describe('a clock that is set back', () => {
  it('keeps no inventory, no flag and no XML from being taken over', async () => {
    const { simulated } = await startUp({ poll: { slowIntervalMs: 400 } });
    simulated.failDisk('web-1');
    await until(() => watch.domain('web-1')?.state === 'paused', 'paused');
    const now = Date.now.bind(Date);
    jest.spyOn(Date, 'now').mockImplementation(() => now() - 3_600_000);
    simulated.named('web-1').become(1, 5);
    simulated.named('web-1').autostart = !simulated.named('web-1').autostart;
    const { autostart } = simulated.named('web-1');
    await until(() => watch.domain('web-1')?.state === 'running', 'running, without an event');
    await until(() => watch.domain('web-1')?.autostart === autostart, 'the new flag');
  });
});
