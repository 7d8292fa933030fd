// SPDX-License-Identifier: Apache-2.0
// What one domain, pool or call does to its host: nothing, beyond itself.

import { protocol } from '@vireo/libvirt';
import type { TypedParam } from '@vireo/libvirt';
import { DaemonError, ERROR_FROM, NEVER, daemonError, hostEvent } from '@vireo/libvirt/testing';
import { POLL, until, watchHost } from './watch-host.fixture.ts';
import type { Watch, WatchOptions } from './watch-host.fixture.ts';

const {
  CONNECT_GET_ALL_DOMAIN_STATS,
  CONNECT_LIST_ALL_DOMAINS,
  CONNECT_LIST_ALL_NETWORKS,
  CONNECT_LIST_ALL_STORAGE_POOLS,
  DOMAIN_GET_CONTROL_INFO,
  DOMAIN_GET_INFO,
  DOMAIN_GET_JOB_STATS,
  DOMAIN_GET_STATE,
  DOMAIN_GET_XML_DESC,
  NODE_GET_FREE_MEMORY,
  STORAGE_POOL_GET_INFO,
} = protocol;

jest.setTimeout(60_000);

let watch: Watch;

async function startUp(options: WatchOptions = {}): Promise<Watch> {
  watch = await watchHost(options);
  await until(() => watch.host.snapshot.polls.has('jobs'), 'the first poll');
  return watch;
}

afterEach(() => watch.end());

const cpuTime = (name: string): number => Number(watch.domain(name)?.stats?.fields.get('cpu.time') ?? Number.NaN);
const callsOf = (procedure: { readonly number: number }): number =>
  watch.daemon.calls.filter(({ procedure: number }) => number === procedure.number).length;
const running = (): string[] =>
  [...watch.host.snapshot.domains.values()].filter(({ state }) => state === 'running').map(({ name }) => name);

describe('frozen domains', () => {
  it('are told apart from the others, which stay fresh within the same poll, and come back', async () => {
    const { simulated } = await startUp();
    simulated.freeze('db-1');
    await until(() => watch.domain('db-1')?.trouble !== undefined, 'quarantine');
    expect(watch.domain('db-1')?.trouble).toMatchObject({ controlState: 'occupied' });
    expect(watch.host.snapshot.polls.get('statistics')?.success).toBe(true);
    for (const name of running().filter((other) => other !== 'db-1')) {
      expect({ name, fresh: watch.domain(name)?.stats?.block.get(0)?.has('rd.reqs') }).toEqual({ name, fresh: true });
    }
    // What needs no monitor is still there, and what needs one is not the old figure.
    expect(cpuTime('db-1')).toBeGreaterThan(0);
    expect(watch.domain('db-1')?.stats?.block.get(0)?.has('rd.reqs')).toBe(false);
    simulated.thaw('db-1');
    await until(() => watch.domain('db-1')?.trouble === undefined, 'recovery');
    await until(() => watch.domain('db-1')?.stats?.block.get(0)?.has('rd.reqs') === true, 'whole statistics');
    expect(watch.changes.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['domain.stuck', 'domain.recovered']));
  });

  it('are flagged although somebody else met them first, and show no time of a whole record', async () => {
    // Another client's call hangs in it: who comes second with NOWAIT is answered at once, in part.
    await startUp({
      prepare: (_daemon, simulated) => {
        const { monitor } = simulated.named('db-1');
        monitor.freeze();
        void monitor.enter('remoteDispatchDomainMemoryStats', 0);
      },
    });
    await until(() => watch.domain('db-1')?.trouble?.controlState === 'occupied', 'quarantine');
    expect(watch.domain('db-1')?.statsAt).toBeUndefined();
  });

  it('do not end the statistics of the others while free slots last, nor ever the inventory', async () => {
    const { simulated, host, daemon } = await startUp({ fleet: { domainsPerHost: 48 } });
    const frozen = running()
      .filter((_, i) => i % 3 === 0)
      .slice(0, 12);
    for (const name of frozen) simulated.freeze(name);
    await watch.polls(1);
    const paused = running().find((name) => !frozen.includes(name)) ?? '';
    for (let i = 0; i < 4; i++) {
      simulated.named(paused).become(i % 2 === 0 ? 3 : 1, 1);
      const expected = i % 2 === 0 ? 'paused' : 'running';
      await until(
        () => watch.domain(paused)?.state === expected,
        `${expected} by inventory`,
        POLL.intervalMs * 2 + 400,
      );
    }
    expect(watch.changes.filter(({ kind }) => kind === 'host.lost')).toEqual([]);
    await until(() => [...host.snapshot.domains.values()].some(({ trouble }) => trouble !== undefined), 'quarantine');
    // The control connection and three for statistics.
    expect(daemon.sessions.length).toBeLessThanOrEqual(4);
    for (const name of frozen) simulated.thaw(name);
    await until(() => [...host.snapshot.domains.values()].every(({ trouble }) => trouble === undefined), 'recovery');
    await until(() => daemon.sessions.length === 2, 'spare connections closed');
    await until(
      () => frozen.every((name) => watch.domain(name)?.stats?.block.get(0)?.has('rd.reqs') === true),
      'whole statistics',
    );
  });

  it('clog nothing for long: a poll over calls that all hang is over at once', async () => {
    const { simulated, host } = await startUp({ fleet: { domainsPerHost: 60 }, poll: { chunkDomains: 2 } });
    for (const name of running()) simulated.freeze(name);
    await until(() => host.snapshot.polls.get('statistics')?.success === false, 'a failed poll');
    await watch.polls(3);
    expect(host.snapshot.polls.get('statistics')?.durationSeconds).toBeLessThan(1);
    expect(host.snapshot.polls.get('inventory')?.success).toBe(true);
    expect(host.snapshot.state.kind).toBe('up');
  });
});

describe('a statistics connection', () => {
  it('is replaced when it is lost while the control connection lives', async () => {
    const { daemon, host } = await startUp();
    daemon.sessions[1]?.drop();
    const before = cpuTime('web-1');
    await until(() => cpuTime('web-1') > before, 'fresh statistics');
    expect(watch.changes.filter(({ kind }) => kind === 'host.lost')).toEqual([]);
    expect(host.snapshot.state.kind).toBe('up');
    expect(daemon.sessions.length).toBe(2);
  });

  it('is used to its end when no other can be opened', async () => {
    const { simulated } = await startUp({ poll: { maxInFlight: 8 } });
    // The first round of questions to each domain, of which this is the last, must not be what hangs in all the slots.
    await until(() => watch.host.snapshot.polls.get('checkpoints')?.success === true, 'the first observations');
    watch.refuseConnections = true;
    for (const name of ['web-1', 'db-1', 'cache-1', 'queue-1']) simulated.freeze(name);
    await until(() => watch.domain('db-1')?.trouble !== undefined, 'quarantine');
    await watch.polls(3);
    // On a busy machine one poll or another may be late with it.
    await until(() => watch.domain('mail-1')?.stats?.block.get(0)?.has('rd.reqs') === true, 'statistics of another');
  });
});

describe('counters', () => {
  it('are never those of a process that is gone', async () => {
    const { daemon, simulated } = await startUp();
    daemon.misbehave({ on: CONNECT_GET_ALL_DOMAIN_STATS, fault: { kind: 'slow', ms: 60 }, times: Infinity });
    const from = watch.snapshots.length;
    for (let i = 0; i < 3; i++) {
      await watch.polls(1);
      const asked = callsOf(CONNECT_GET_ALL_DOMAIN_STATS);
      // One call is the inventory's; from the second on the statistics are under way.
      await until(() => callsOf(CONNECT_GET_ALL_DOMAIN_STATS) >= asked + 2, 'statistics under way');
      simulated.crash(['web-1', 'db-1', 'cache-1'][i] ?? '');
    }
    await watch.polls(2);
    const wrong = watch.snapshots
      .slice(from)
      .flatMap(({ domains }) => [...domains.values()])
      .filter(({ id, stats }) => id === -1 && stats !== undefined);
    expect(wrong).toEqual([]);
  });
});

function stateParams(state: number, reason: number): TypedParam[] {
  return [
    { field: 'state.state', type: 'int', value: state },
    { field: 'state.reason', type: 'int', value: reason },
  ];
}

describe('tier A', () => {
  it('goes on in chunks while something holds up the call over all domains, and drops who is gone', async () => {
    const { daemon, simulated, host } = await startUp({ poll: { intervalMs: 300 } });
    daemon.on(CONNECT_GET_ALL_DOMAIN_STATS, ({ doms }) => {
      if (doms.length === 0) return NEVER;
      const found = doms.flatMap(({ uuid }) => simulated.find(uuid) ?? []);
      return { retStats: found.map(({ ref, state, reason }) => ({ dom: ref, params: stateParams(state, reason) })) };
    });
    await until(() => callsOf(protocol.CONNECT_GET_LIB_VERSION) > 1, 'the question whether it lives');
    simulated.named('web-1').become(3, 1);
    await until(() => watch.domain('web-1')?.state === 'paused', 'paused, by chunk');
    // Without an event, as after one that was lost.
    const gone = simulated.named('dns-1');
    gone.stop(2);
    simulated.forgetIfGone(gone);
    await until(() => watch.domain('dns-1') === undefined, 'gone');
    expect(host.snapshot.state.kind).toBe('up');
  });
});

describe('an inventory that fails', () => {
  it('leaves the figures of the last one for as long as those of a lost host, while the other statistics go on', async () => {
    const STATE_GROUP = 1;
    const refusal = daemonError('INTERNAL_ERROR', ERROR_FROM.NONE, 'out of order');
    let failing = false;
    const { host } = await startUp({
      prepare: (daemon, simulated) => {
        const bytes = BigInt(Date.now());
        daemon.on(CONNECT_LIST_ALL_DOMAINS, () => {
          if (failing) throw refusal;
          const domains = simulated.domains.map(({ ref }) => ref);
          return { domains, ret: domains.length };
        });
        daemon.on(CONNECT_GET_ALL_DOMAIN_STATS, ({ stats }) => {
          if (failing && (stats & STATE_GROUP) !== 0) throw refusal;
          const params: TypedParam[] =
            (stats & STATE_GROUP) === 0
              ? [{ field: 'cpu.time', type: 'ullong', value: BigInt(Date.now()) }]
              : [
                  { field: 'state.state', type: 'int', value: 1 },
                  { field: 'net.count', type: 'uint', value: 1 },
                  { field: 'net.0.rx.bytes', type: 'ullong', value: bytes },
                ];
          return { retStats: simulated.domains.map(({ ref: dom }) => ({ dom, params })) };
        });
      },
    });
    const received = (): number | string | undefined => watch.domain('web-1')?.stats?.net.get(0)?.get('rx.bytes');
    await until(() => received() !== undefined, 'both parts');
    failing = true;
    await until(() => host.snapshot.polls.get('inventory')?.success === false, 'the failure');
    const before = cpuTime('web-1');
    await until(() => cpuTime('web-1') > before, 'newer statistics');
    expect(received()).toBeGreaterThan(0);
    await until(() => received() === undefined, 'nothing that old', POLL.staleAfterPolls * POLL.intervalMs + 1000);
    expect(host.snapshot.polls.get('statistics')?.success).toBe(true);
    expect(cpuTime('web-1')).toBeGreaterThan(before);
  });
});

describe('a driver without bulk statistics', () => {
  const WITHOUT_BULK: WatchOptions = {
    prepare: (daemon) =>
      daemon.on(CONNECT_GET_ALL_DOMAIN_STATS, () =>
        daemonError('NO_SUPPORT', ERROR_FROM.NONE, 'virConnectGetAllDomainStats'),
      ),
  };

  it('is asked domain by domain', async () => {
    await startUp(WITHOUT_BULK);
    await until(
      () => watch.domain('web-1')?.stats?.block.get(0)?.has('rd.reqs') === true,
      'disks, once the XML is there',
    );
    expect(watch.domain('web-1')?.stats?.net.get(0)?.get('rx.bytes')).toBeGreaterThan(0);
    expect(watch.domain('ldap-1')).toMatchObject({ state: 'shutoff', id: -1 });
    expect(watch.domain('ldap-1')?.stats).toBeUndefined();
  });

  it('is not asked for them again', async () => {
    const { daemon } = await startUp(WITHOUT_BULK);
    const asked = (): number =>
      daemon.calls.filter(({ procedure }) => procedure === CONNECT_GET_ALL_DOMAIN_STATS.number).length;
    const before = cpuTime('web-1');
    await until(() => cpuTime('web-1') > before, 'statistics by single calls');
    const learnt = asked();
    await watch.polls(3);
    expect([learnt > 0, asked()]).toEqual([true, learnt]);
  });

  it('loses nothing of the others when one domain vanishes between the list and the question', async () => {
    const { simulated, daemon, host } = await startUp(WITHOUT_BULK);
    const { uuid } = simulated.named('web-1').spec;
    daemon.on(DOMAIN_GET_INFO, ({ dom }) => {
      if (dom.uuid === uuid) throw daemonError('NO_DOMAIN', ERROR_FROM.QEMU, 'no domain');
      return { state: 1, maxMem: 1024n, memory: 1024n, nrVirtCpu: 1, cpuTime: BigInt(Date.now()) * 1_000_000n };
    });
    const before = cpuTime('db-1');
    await until(() => cpuTime('db-1') > before, 'fresh statistics of another');
    await watch.polls(1);
    expect(host.snapshot.polls.get('statistics')?.success).toBe(true);
    expect(watch.domain('web-1')?.stats).toBeUndefined();
  });

  it('does not ask a domain again whose call hangs, and goes on with the others', async () => {
    const { simulated, daemon } = await startUp(WITHOUT_BULK);
    const { uuid } = simulated.named('web-1').spec;
    let asked = 0;
    daemon.on(DOMAIN_GET_INFO, ({ dom }) => {
      if (dom.uuid !== uuid)
        return { state: 1, maxMem: 1024n, memory: 1024n, nrVirtCpu: 1, cpuTime: BigInt(Date.now()) };
      asked++;
      return NEVER;
    });
    await until(() => watch.domain('web-1')?.trouble !== undefined, 'trouble');
    await watch.polls(3);
    expect(asked).toBe(1);
    expect(cpuTime('db-1')).toBeGreaterThan(0);
  });

  it('keeps the state of the others when the state of one hangs', async () => {
    const { simulated, daemon } = await startUp(WITHOUT_BULK);
    const { uuid } = simulated.named('web-1').spec;
    daemon.on(DOMAIN_GET_STATE, ({ dom }) => (dom.uuid === uuid ? NEVER : { state: 3, reason: 1 }));
    await until(() => watch.domain('db-1')?.state === 'paused', 'the state of another');
    await watch.polls(2);
    expect(watch.domain('web-1')).toBeDefined();
  });
});

describe('a pool that does not answer', () => {
  it('is shown without sizes, costs one call while it hangs, and the others stay fresh', async () => {
    await startUp({
      poll: { slowIntervalMs: 50 },
      prepare: (daemon) =>
        daemon.on(STORAGE_POOL_GET_INFO, ({ pool }) =>
          pool.name === 'archive' ? NEVER : { state: 2, capacity: 3n, allocation: 1n, available: 2n },
        ),
    });
    await until(() => watch.host.snapshot.pools.length === 3, 'pools');
    const answered = callsOf(STORAGE_POOL_GET_INFO);
    await watch.polls(4);
    const pools = new Map(watch.host.snapshot.pools.map((pool) => [pool.name, pool]));
    expect(pools.get('archive')).toMatchObject({ timedOut: true });
    expect(pools.get('archive')?.capacityBytes).toBeUndefined();
    expect(pools.get('default')).toMatchObject({ timedOut: false, capacityBytes: 3 });
    const hung = watch.connections.reduce((sum, { load }) => sum + load.abandoned, 0);
    expect(hung).toBe(1);
    expect(callsOf(STORAGE_POOL_GET_INFO)).toBeGreaterThan(answered);
  });
});

describe('what a failed question leaves', () => {
  it('is nothing: figures of the host itself are not shown for ever', async () => {
    const { daemon, host } = await startUp();
    expect(host.snapshot.node?.freeMemoryBytes).toBeGreaterThan(0);
    daemon.on(NODE_GET_FREE_MEMORY, () => daemonError('SYSTEM_ERROR', ERROR_FROM.NONE, 'no memory'));
    await until(() => host.snapshot.polls.get('node')?.success === false, 'a failed poll');
    await watch.polls(1);
    expect(host.snapshot.node?.freeMemoryBytes).toBeUndefined();
  });
});

describe('jobs', () => {
  it('are shown while they run', async () => {
    const { simulated } = await startUp();
    expect(watch.domain('backup-1')?.job).toMatchObject({ type: 'bounded' });
    expect(watch.domain('web-1')?.job).toBeUndefined();
    simulated.crash('backup-1');
    await until(() => watch.domain('backup-1')?.state === 'shutoff', 'shutoff');
    expect(watch.domain('backup-1')?.job).toBeUndefined();
  });

  it('are asked for where one runs or is announced, and of the others once', async () => {
    let began = false;
    const asked: string[] = [];
    const { simulated } = await startUp({
      prepare: (daemon) => {
        daemon.on(DOMAIN_GET_JOB_STATS, ({ dom: { name } }) => {
          asked.push(name);
          return { type: name === 'backup-1' || (began && name === 'web-1') ? 1 : 0, params: [] };
        });
      },
    });
    await watch.polls(4);
    expect(asked.filter((name) => name === 'backup-1').length).toBeGreaterThanOrEqual(3);
    const others = running().filter((name) => name !== 'backup-1');
    expect(others.length).toBeGreaterThan(3);
    expect(asked.filter((name) => others.includes(name)).sort()).toEqual(others.sort());
    began = true;
    const dom = simulated.named('web-1').ref;
    const message = protocol.DOMAIN_EVENT_CALLBACK_MIGRATION_ITERATION;
    simulated.emit(hostEvent('domain', 20, dom.uuid, message, (callbackID) => ({ callbackID, dom, iteration: 1 })));
    await until(() => watch.domain('web-1')?.job?.type === 'bounded', 'the job that was announced');
    began = false;
    await until(() => watch.domain('web-1')?.job === undefined, 'its end');
  });

  it('are still asked for after one domain said that it, as the target of a migration, has none to tell', async () => {
    let elapsed = 0n;
    await startUp({
      prepare: (daemon, host) => {
        const { uuid } = host.named('web-1').spec;
        daemon.on(DOMAIN_GET_JOB_STATS, ({ dom }) => {
          const params: TypedParam[] = [{ field: 'time_elapsed', type: 'ullong', value: ++elapsed }];
          if (dom.uuid !== uuid) return { type: 1, params };
          // VIR_ERR_OPERATION_UNSUPPORTED
          throw new DaemonError({
            code: 84,
            domain: 10,
            message: 'migration statistics are available only on the source host',
          });
        });
      },
    });
    await until(() => watch.domain('backup-1')?.job !== undefined, 'a job');
    await watch.polls(2);
    const before = Number(watch.domain('backup-1')?.job?.fields.get('time_elapsed'));
    await until(() => Number(watch.domain('backup-1')?.job?.fields.get('time_elapsed')) > before, 'progress');
    expect(watch.host.snapshot.polls.get('jobs')?.success).toBe(true);
  });

  it('show nothing old of a domain that does not answer', async () => {
    const { simulated } = await startUp();
    simulated.freeze('backup-1');
    await until(() => watch.domain('backup-1')?.trouble !== undefined, 'quarantine');
    await watch.polls(2);
    expect(watch.domain('backup-1')?.job).toBeUndefined();
  });
});

describe('XML', () => {
  it('is there again when a domain was undefined and defined as before', async () => {
    const { simulated } = await startUp({ poll: { intervalMs: 1000 } });
    await until(() => watch.domain('ldap-1')?.xml !== undefined, 'XML');
    const domain = simulated.named('ldap-1');
    const spec = { ...domain.spec };
    simulated.undefine(domain);
    await until(() => watch.domain('ldap-1') === undefined, 'gone');
    simulated.define(spec);
    await until(() => watch.domain('ldap-1') !== undefined, 'back');
    await until(() => watch.domain('ldap-1')?.xml !== undefined, 'its XML');
  });

  it('that changes while it is read is read once more', async () => {
    const { simulated, daemon } = await startUp();
    const read = callsOf(DOMAIN_GET_XML_DESC);
    daemon.misbehave({ on: DOMAIN_GET_XML_DESC, fault: { kind: 'slow', ms: 100 } });
    simulated.failDisk('web-1');
    await until(() => callsOf(DOMAIN_GET_XML_DESC) === read + 1, 'the reading');
    simulated.panic('web-1');
    await until(() => callsOf(DOMAIN_GET_XML_DESC) === read + 2, 'the second reading');
  });
});

describe('GET_CONTROL_INFO that hangs too', () => {
  it('is not asked again and again: the connection that carries the events stays free', async () => {
    const { daemon, simulated, host } = await startUp();
    const { uuid } = simulated.named('db-1').spec;
    let asked = 0;
    daemon.on(DOMAIN_GET_CONTROL_INFO, ({ dom }) => {
      if (dom.uuid !== uuid) return { state: 0, details: 0, stateTime: 0n };
      asked++;
      return NEVER;
    });
    simulated.freeze('db-1');
    await until(() => watch.domain('db-1')?.trouble !== undefined, 'quarantine');
    await watch.polls(5);
    expect(asked).toBe(1);
    expect(watch.connections[0]?.load.abandoned).toBe(0);
    simulated.failDisk('web-1');
    await until(() => watch.domain('web-1')?.state === 'paused', 'paused');
    expect(host.snapshot.state.kind).toBe('up');
  });
});

describe('a modular daemon that lost those it passes calls on to', () => {
  it('is asked for pools and networks again at the next poll, over a new connection', async () => {
    // As virtqemud 11.3 answers when virtstoraged and virtnetworkd were restarted, and only on connections of before.
    const lost = daemonError('INTERNAL_ERROR', ERROR_FROM.RPC, 'client socket is closed');
    const { host, connections } = await startUp({
      poll: { slowIntervalMs: 60_000 },
      prepare: (daemon) => {
        daemon.on(CONNECT_LIST_ALL_STORAGE_POOLS, () => (watch.connections.length < 3 ? lost : { pools: [], ret: 0 }));
        daemon.on(CONNECT_LIST_ALL_NETWORKS, () => (watch.connections.length < 3 ? lost : { nets: [], ret: 0 }));
      },
    });
    for (const group of ['pools', 'networks'] as const) {
      await until(() => host.snapshot.polls.get(group)?.success === true, `${group} are read again`);
    }
    expect(host.snapshot.state.kind).toBe('up');
    await watch.polls(2);
    expect(connections).toHaveLength(3);
    expect(await connections[1]?.closed).toBeNull();
  });
});
