// SPDX-License-Identifier: Apache-2.0
import { AbortError, RemoteError, TimeoutError } from '@vireo/libvirt';
import type { DomainControlInfo, DomainRef, DomainStats } from '@vireo/libvirt';
import { StatisticsPoller } from './statistics.ts';
import type { StatisticsSource } from './statistics.ts';

const DEADLINE_MS = 2000;

function domain(n: number): DomainRef {
  return { name: `d${String(n)}`, uuid: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`, id: n };
}

function record(of: DomainRef): DomainStats {
  const none = new Map();
  return { domain: of, fields: new Map([['cpu.time', of.id]]), vcpu: none, net: none, block: none, iothread: none };
}

function timeout(sentAt: number | null = 0): TimeoutError {
  return new TimeoutError({ procedure: 'CONNECT_GET_ALL_DOMAIN_STATS', serial: 1, sentAt, waitedMs: DEADLINE_MS });
}

function remote(name: string, code: number): RemoteError {
  const fields = { code, domain: 10, message: name, level: 2, dom: null, net: null };
  const details = { str1: null, str2: null, str3: null, int1: -1, int2: -1 };
  return new RemoteError(
    'CONNECT_GET_ALL_DOMAIN_STATS',
    { name, class: 'permanent', number: code },
    { ...fields, ...details },
  );
}

/** libvirtd as far as the poller can see it, with domains frozen, dying or locked on cue. */
class Daemon implements StatisticsSource {
  width = 1;
  readonly groups = ['cpu'] as const;
  readonly calls: string[][] = [];
  /** Frozen: the first call that meets one hangs; once its lock is held, later calls get a partial record at once. */
  readonly frozen = new Map<string, { held: boolean }>();
  readonly failing = new Set<string>();
  readonly silent = new Set<string>();

  fetch(domains: readonly DomainRef[]): Promise<readonly DomainStats[]> {
    this.calls.push(domains.map(({ name }) => name));
    const hanging = domains.find(({ name }) => this.frozen.get(name)?.held === false);
    if (hanging !== undefined) {
      this.frozen.set(hanging.name, { held: true });
      return Promise.reject(timeout());
    }
    if (domains.some(({ name }) => this.silent.has(name))) return Promise.reject(timeout());
    if (domains.some(({ name }) => this.failing.has(name)))
      return Promise.reject(remote('VIR_ERR_OPERATION_FAILED', 9));
    return Promise.resolve(domains.map(record));
  }

  controlInfo(of: DomainRef): Promise<DomainControlInfo> {
    if (this.silent.has(of.name)) return Promise.reject(timeout());
    const held = this.frozen.get(of.name)?.held === true;
    return Promise.resolve(
      held
        ? { state: 'occupied', error: 'none', stateTimeMs: DEADLINE_MS }
        : { state: 'ok', error: 'none', stateTimeMs: 0 },
    );
  }
}

const domains = [1, 2, 3, 4, 5, 6, 7, 8].map(domain);
const names = (records: ReadonlyMap<string, DomainStats>): string[] =>
  [...records.values()].map((found) => found.domain.name).toSorted();

describe('StatisticsPoller', () => {
  it('asks in chunks and returns every record by UUID', async () => {
    const daemon = new Daemon();
    const { records, failure } = await new StatisticsPoller(daemon, { chunkDomains: 3, deadlineMs: DEADLINE_MS }).poll(
      domains,
    );
    expect(daemon.calls.map((call) => call.length)).toEqual([3, 3, 2]);
    expect(records.size).toBe(8);
    expect(failure).toBeUndefined();
  });

  it('shares few domains out among all the calls that may be made at once', async () => {
    const daemon = new Daemon();
    daemon.width = 3;
    const poller = new StatisticsPoller(daemon, { chunkDomains: 16, deadlineMs: DEADLINE_MS });
    expect((await poller.poll(domains)).records.size).toBe(8);
    await poller.poll(domains.slice(0, 2));
    expect(daemon.calls.map((call) => call.length)).toEqual([3, 3, 2, 1, 1]);
  });

  it('quarantines the frozen domain and reads the others of its chunk in the same run', async () => {
    const daemon = new Daemon();
    daemon.frozen.set('d2', { held: false });
    const poller = new StatisticsPoller(daemon, { chunkDomains: 4, deadlineMs: DEADLINE_MS });
    const { records, quarantine, failure } = await poller.poll(domains);
    expect(names(records)).toEqual(['d1', 'd2', 'd3', 'd4', 'd5', 'd6', 'd7', 'd8']);
    expect([...quarantine.keys()]).toEqual([domain(2).uuid]);
    expect(quarantine.get(domain(2).uuid)).toMatchObject({ controlState: 'occupied', controlStateMs: DEADLINE_MS });
    expect(failure).toBeUndefined();
    // d2's own record came from the partial call, made only because its lock was known to be held.
    expect(daemon.calls.at(-1)).toEqual(['d2']);
  });

  it('finds several frozen domains of one chunk, one a round', async () => {
    const daemon = new Daemon();
    daemon.frozen.set('d1', { held: false });
    daemon.frozen.set('d3', { held: false });
    const { quarantine, records } = await new StatisticsPoller(daemon, {
      chunkDomains: 8,
      deadlineMs: DEADLINE_MS,
    }).poll(domains);
    expect([...quarantine.keys()].toSorted()).toEqual([domain(1).uuid, domain(3).uuid]);
    expect(records.size).toBe(8);
  });

  it('does not ask a quarantined domain together with healthy ones again', async () => {
    const daemon = new Daemon();
    daemon.frozen.set('d2', { held: false });
    const poller = new StatisticsPoller(daemon, { chunkDomains: 8, deadlineMs: DEADLINE_MS });
    await poller.poll(domains);
    daemon.calls.length = 0;
    await poller.poll(domains);
    expect(daemon.calls).toEqual([['d1', 'd3', 'd4', 'd5', 'd6', 'd7', 'd8'], ['d2']]);
  });

  it('lets a domain back in the poll after it thaws, and keeps when its trouble began until then', async () => {
    const daemon = new Daemon();
    daemon.frozen.set('d2', { held: false });
    const poller = new StatisticsPoller(daemon, { chunkDomains: 8, deadlineMs: DEADLINE_MS });
    const since = (await poller.poll(domains)).quarantine.get(domain(2).uuid)?.since;
    expect((await poller.poll(domains)).quarantine.get(domain(2).uuid)?.since).toBe(since);
    daemon.frozen.delete('d2');
    daemon.calls.length = 0;
    expect((await poller.poll(domains)).quarantine.size).toBe(0);
    expect(daemon.calls).toEqual([domains.map(({ name }) => name)]);
  });

  it('forgets a quarantined domain that is no longer active', async () => {
    const daemon = new Daemon();
    daemon.frozen.set('d2', { held: false });
    const poller = new StatisticsPoller(daemon, { chunkDomains: 8, deadlineMs: DEADLINE_MS });
    await poller.poll(domains);
    expect((await poller.poll(domains.filter(({ name }) => name !== 'd2'))).quarantine.size).toBe(0);
  });

  it('quarantines a domain whose GET_CONTROL_INFO is silent too, and does not ask it for a partial record', async () => {
    const daemon = new Daemon();
    daemon.silent.add('d5');
    const { quarantine, records } = await new StatisticsPoller(daemon, {
      chunkDomains: 8,
      deadlineMs: DEADLINE_MS,
    }).poll(domains);
    expect(quarantine.get(domain(5).uuid)?.controlState).toBeUndefined();
    expect(quarantine.has(domain(5).uuid)).toBe(true);
    expect(names(records)).not.toContain('d5');
    expect(records.size).toBe(7);
  });

  it('isolates the domain whose error fails its whole chunk', async () => {
    const daemon = new Daemon();
    daemon.failing.add('d7');
    const { records, quarantine, failure } = await new StatisticsPoller(daemon, {
      chunkDomains: 8,
      deadlineMs: DEADLINE_MS,
    }).poll(domains);
    expect(names(records)).toEqual(['d1', 'd2', 'd3', 'd4', 'd5', 'd6', 'd8']);
    expect(quarantine.size).toBe(0);
    expect(failure).toMatchObject({ name: 'VIR_ERR_OPERATION_FAILED' });
  });

  it('blames nobody when a call never left the queue', async () => {
    const daemon = new Daemon();
    daemon.fetch = () => Promise.reject(timeout(null));
    const { quarantine, failure } = await new StatisticsPoller(daemon, {
      chunkDomains: 8,
      deadlineMs: DEADLINE_MS,
    }).poll(domains);
    expect(quarantine.size).toBe(0);
    expect(failure).toBeInstanceOf(TimeoutError);
  });

  it('reports a broken connection as the failure of the run', async () => {
    const daemon = new Daemon();
    const error = new AbortError({ procedure: 'X', serial: null, sentAt: null, waitedMs: 0 });
    daemon.fetch = () => Promise.reject(error);
    const result = await new StatisticsPoller(daemon, { chunkDomains: 8, deadlineMs: DEADLINE_MS }).poll(domains);
    expect(result.failure).toBe(error);
    expect(result.records.size).toBe(0);
  });

  it('rejects with VIR_ERR_NO_SUPPORT, which means another way of asking', async () => {
    const daemon = new Daemon();
    daemon.fetch = () => Promise.reject(remote('VIR_ERR_NO_SUPPORT', 3));
    const poller = new StatisticsPoller(daemon, { chunkDomains: 8, deadlineMs: DEADLINE_MS });
    await expect(poller.poll(domains)).rejects.toMatchObject({ name: 'VIR_ERR_NO_SUPPORT' });
  });
});
