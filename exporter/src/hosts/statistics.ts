// SPDX-License-Identifier: Apache-2.0
// Tier B of a poll: the statistics that may have to ask a QEMU monitor. A frozen QEMU hangs the first call that meets
// it for as long as it is frozen, NOWAIT or not, and libvirt cannot cancel a call. So domains are asked in chunks with
// a deadline; a chunk that misses it is left pending, GET_CONTROL_INFO (which takes no lock) tells who holds it up, and
// the others are asked again at once.

import { RemoteError, TimeoutError } from '@vireo/libvirt';
import type { DomainControlInfo, DomainRef, DomainStats, StatsGroup } from '@vireo/libvirt';
import { forEachBounded } from './bounded.ts';
import { isHung } from './hung-calls.ts';
import { mergeStats } from './merge-stats.ts';
import type { DomainTrouble } from './snapshot.ts';

/** How statistics reach the poller; the connections behind it are not its business. */
export interface StatisticsSource {
  /** Calls that may be in flight now. */
  readonly width: number;
  /** What a whole record has. */
  readonly groups: readonly StatsGroup[];
  /** Statistics of these domains; rejects with TimeoutError past `deadlineMs`. */
  fetch(
    domains: readonly DomainRef[],
    groups: readonly StatsGroup[],
    deadlineMs: number,
  ): Promise<readonly DomainStats[]>;
  /** GET_CONTROL_INFO, where no hung call is in its way. */
  controlInfo(domain: DomainRef): Promise<DomainControlInfo>;
}

/** What one run found. */
export interface StatisticsResult {
  /** By UUID: everything that was answered, partial records of domains in quarantine included. */
  readonly records: ReadonlyMap<string, DomainStats>;
  /** Domains in quarantine after this run. */
  readonly quarantine: ReadonlyMap<string, DomainTrouble>;
  /** By UUID: records without what only a monitor tells, because somebody else's call holds it. */
  readonly partial: ReadonlySet<string>;
  /** The first failure that was not one domain's own; the run went on with the rest. */
  readonly failure?: Error;
}

/** Options of {@link StatisticsPoller}. */
export interface StatisticsOptions {
  /** Domains per call, at most. */
  readonly chunkDomains: number;
  /** Milliseconds a chunk may take before its domains are suspected. */
  readonly deadlineMs: number;
}

/** What a look at a domain's monitor shows; trouble, when somebody is stuck in it. */
type Sight = DomainTrouble | 'free' | 'busy' | 'unknown';

/** How often a chunk without the domains found stuck is asked again within one run. */
const RETRIES = 3;

/** Asks for the statistics of all active domains of one host, and keeps the stuck ones from hurting the others. */
export class StatisticsPoller {
  readonly #source: StatisticsSource;
  readonly #options: StatisticsOptions;
  readonly #quarantine = new Map<string, DomainTrouble>();
  readonly #looking = new Map<string, Promise<Sight>>();
  /** Domains whose record once held counters of a disk: one without them is a partial record. */
  readonly #countDisks = new Set<string>();
  /** Domains whose whole record libvirt refuses to send: not to be put together with others again. */
  readonly #tooLarge = new Set<string>();

  constructor(source: StatisticsSource, options: StatisticsOptions) {
    this.#source = source;
    this.#options = options;
  }

  /** Domains in quarantine now; nothing that may block should be asked of them. */
  get quarantine(): ReadonlyMap<string, DomainTrouble> {
    return this.#quarantine;
  }

  /**
   * Runs once over the active domains.
   * Rejects only when the driver has no bulk statistics (VIR_ERR_NO_SUPPORT); everything else is in the result.
   */
  async poll(domains: readonly DomainRef[]): Promise<StatisticsResult> {
    await this.#review(domains);
    this.#forget(domains);
    const run = new Run();
    const free = domains.filter((domain) => !this.#quarantine.has(domain.uuid));
    const chunks = free.filter(({ uuid }) => this.#tooLarge.has(uuid)).map((domain) => [domain]);
    const others = free.filter(({ uuid }) => !this.#tooLarge.has(uuid));
    const { width } = this.#source;
    // Few domains are shared out as well: the daemon asks the monitors of one call one after the other.
    const size = Math.min(this.#options.chunkDomains, Math.max(1, Math.ceil(others.length / width)));
    for (let i = 0; i < others.length; i += size) chunks.push(others.slice(i, i + size));
    await forEachBounded(chunks, width, (chunk) => this.#ask(chunk, run, RETRIES));
    await this.#askPartial(
      domains.filter((domain) => this.#quarantine.has(domain.uuid)),
      run,
    );
    return {
      records: run.records,
      quarantine: new Map(this.#quarantine),
      partial: run.partial,
      ...(run.failure === undefined ? {} : { failure: run.failure }),
    };
  }

  /** Puts a domain into quarantine that another kind of call found stuck. */
  suspect(domain: DomainRef): Promise<boolean> {
    return this.#suspect(domain);
  }

  /** Lets go of domains that came unstuck or are no longer active. */
  async #review(domains: readonly DomainRef[]): Promise<void> {
    const active = new Map(domains.map((domain) => [domain.uuid, domain]));
    const review = async (uuid: string, trouble: DomainTrouble): Promise<void> => {
      const domain = active.get(uuid);
      const now = domain === undefined ? 'free' : await this.#look(domain, trouble.since);
      if (typeof now === 'object') this.#quarantine.set(uuid, now);
      else if (now !== 'unknown') this.#quarantine.delete(uuid);
    };
    await Promise.all([...this.#quarantine].map(([uuid, trouble]) => review(uuid, trouble)));
  }

  #forget(domains: readonly DomainRef[]): void {
    const active = new Set(domains.map(({ uuid }) => uuid));
    for (const kept of [this.#countDisks, this.#tooLarge]) {
      for (const uuid of kept) if (!active.has(uuid)) kept.delete(uuid);
    }
  }

  async #ask(chunk: readonly DomainRef[], run: Run, retries: number, groups = this.#source.groups): Promise<void> {
    try {
      const records = await this.#source.fetch(chunk, groups, this.#options.deadlineMs);
      run.add(records);
      await this.#findHeld(records, run);
    } catch (error) {
      if (isHung(error)) await this.#findStuck(chunk, run, retries, error, groups);
      // No slot came free in time: another connection may have one by now.
      else if (error instanceof TimeoutError && retries > 0) await this.#ask(chunk, run, retries - 1, groups);
      else if (error instanceof RemoteError && error.name !== 'VIR_ERR_NO_SUPPORT') {
        await this.#findFaulty(chunk, run, retries, error, groups);
      } else if (error instanceof RemoteError) throw error;
      else run.fail(error);
    }
  }

  /** A chunk timed out: quarantine whoever holds it up and ask the others again, in this same run. */
  async #findStuck(
    chunk: readonly DomainRef[],
    run: Run,
    retries: number,
    error: unknown,
    groups: readonly StatsGroup[],
  ): Promise<void> {
    const stuck = await Promise.all(chunk.map((domain) => this.#suspect(domain)));
    const rest = chunk.filter((_, i) => stuck[i] === false);
    if (rest.length === chunk.length || retries === 0) run.fail(error);
    else if (rest.length > 0) await this.#ask(rest, run, retries - 1, groups);
  }

  /**
   * A domain whose monitor somebody else's call holds (another client met its frozen QEMU first, or we did, before our
   * connection broke) never hangs a NOWAIT call: it answers at once, in part. Only its record tells.
   */
  async #findHeld(records: readonly DomainStats[], run: Run): Promise<void> {
    const suspects = records.filter((record) => {
      const { uuid } = record.domain;
      const counts = countsDisks(record);
      if (counts) this.#countDisks.add(uuid);
      else if (record.block.size > 0 && this.#countDisks.has(uuid)) run.partial.add(uuid);
      return !counts && record.block.size > 0 && record.domain.id !== -1;
    });
    await Promise.all(
      suspects.map(async ({ domain }) => {
        const now = await this.#look(domain, Date.now());
        if (typeof now === 'object') this.#quarantine.set(domain.uuid, now);
        if (now !== 'free') run.partial.add(domain.uuid);
      }),
    );
  }

  /**
   * One domain's error fails a whole bulk reply (a QEMU that dies while it is asked), and so does a reply that grows
   * too large: halve until only the culprits are left without statistics. Of one domain alone that is too large, or has
   * too many parameters, halve the groups.
   */
  async #findFaulty(
    chunk: readonly DomainRef[],
    run: Run,
    retries: number,
    error: RemoteError,
    groups: readonly StatsGroup[],
  ): Promise<void> {
    const [first, ...rest] = chunk;
    if (first !== undefined && rest.length > 0) {
      const middle = Math.ceil(chunk.length / 2);
      await this.#ask(chunk.slice(0, middle), run, retries, groups);
      await this.#ask(chunk.slice(middle), run, retries, groups);
    } else if (first !== undefined && error.name === 'VIR_ERR_RPC' && groups.length > 1) {
      this.#tooLarge.add(first.uuid);
      const middle = Math.ceil(groups.length / 2);
      await this.#ask(chunk, run, retries, groups.slice(0, middle));
      await this.#ask(chunk, run, retries, groups.slice(middle));
    } else {
      // With some of its groups a record is there, but not whole.
      if (first !== undefined) run.partial.add(first.uuid);
      run.fail(error);
    }
  }

  async #suspect(domain: DomainRef): Promise<boolean> {
    const now = await this.#look(domain, this.#quarantine.get(domain.uuid)?.since ?? Date.now());
    if (typeof now !== 'object') return false;
    this.#quarantine.set(domain.uuid, now);
    return true;
  }

  /**
   * What holds the domain's monitor: nothing, work that has just begun (the ordinary business of somebody else's call),
   * or trouble; unknown when the question could not be sent.
   */
  #look(domain: DomainRef, since: number): Promise<Sight> {
    // Whoever suspects the domain while somebody is looking already waits for what that one sees.
    const looking =
      this.#looking.get(domain.uuid) ??
      this.#lookOnce(domain, since).finally(() => {
        this.#looking.delete(domain.uuid);
      });
    this.#looking.set(domain.uuid, looking);
    return looking;
  }

  async #lookOnce(domain: DomainRef, since: number): Promise<Sight> {
    try {
      const { state, stateTimeMs } = await this.#source.controlInfo(domain);
      if (state === 'ok') return 'free';
      const stuck = state === 'error' || stateTimeMs >= this.#options.deadlineMs / 2;
      return stuck ? { since, controlState: state, controlStateMs: stateTimeMs } : 'busy';
    } catch (error) {
      // VIR_ERR_NO_DOMAIN, VIR_ERR_OPERATION_INVALID: it stopped meanwhile, and that is no trouble.
      if (error instanceof RemoteError) return 'free';
      return isHung(error) ? { since } : 'unknown';
    }
  }

  /**
   * A domain whose monitor is held answers a NOWAIT call at once with the fields that need no monitor. Asked only when
   * the hold is certain: were its lock free, this call would be the one to hang.
   */
  async #askPartial(stuck: readonly DomainRef[], run: Run): Promise<void> {
    const held = stuck.filter((domain) => {
      const state = this.#quarantine.get(domain.uuid)?.controlState;
      return state === 'occupied' || state === 'job';
    });
    if (held.length === 0) return;
    try {
      run.add(await this.#source.fetch(held, this.#source.groups, this.#options.deadlineMs));
    } catch (error) {
      run.fail(error);
    }
  }
}

/** What one run has gathered so far. */
class Run {
  readonly records = new Map<string, DomainStats>();
  readonly partial = new Set<string>();
  failure: Error | undefined;

  add(records: readonly DomainStats[]): void {
    for (const record of records) {
      const { uuid } = record.domain;
      const before = this.records.get(uuid);
      this.records.set(uuid, before === undefined ? record : (mergeStats([before, record]) ?? record));
    }
  }

  /** The first one is kept: what comes after it is mostly its consequence. */
  fail(error: unknown): void {
    this.failure ??= error instanceof Error ? error : new Error(String(error));
  }
}

/** libvirt leaves every disk's counters out when it cannot ask QEMU; an empty drive has them, all zero. */
function countsDisks({ block }: DomainStats): boolean {
  for (const fields of block.values()) if (fields.has('rd.reqs')) return true;
  return false;
}
