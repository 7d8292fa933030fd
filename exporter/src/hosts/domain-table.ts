// SPDX-License-Identifier: Apache-2.0
// The domains of one host as last seen. Polls and events write here; each write replaces a domain's immutable record,
// so a snapshot is a shallow copy. What changed goes to `onChange`.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { DomainReason, DomainRef, DomainState, DomainStats } from '@vireo/libvirt';
import type { DomainXml } from '../xml/domain-xml.ts';
import type { HostChange } from './changes.ts';
import { EVERY_DOMAIN } from './domain-filter.ts';
import type { DomainFilter } from './domain-filter.ts';
import { mergeStats } from './merge-stats.ts';
import type { DomainObservations } from './observations.ts';
import type { DomainJob, DomainSnapshot, DomainTrouble } from './snapshot.ts';

/** A domain's state as an inventory or an event's check gives it. */
export interface DomainStateRecord {
  readonly domain: DomainRef;
  readonly state: DomainState;
  readonly reason: DomainReason;
}

/** What of a domain libvirt tells no change of, except with another event. */
export type DomainFlags = Pick<DomainSnapshot, 'persistent' | 'autostart' | 'managedSave'>;

const FLAGS = ['persistent', 'autostart', 'managedSave'] as const;

/** What one run of a poll read of the domains that run; by UUID. */
export interface StatisticsRun {
  /** What never touches a monitor. */
  readonly lockless: ReadonlyMap<string, DomainStats>;
  /** What may. */
  readonly monitor: ReadonlyMap<string, DomainStats>;
  readonly quarantine: ReadonlyMap<string, DomainTrouble>;
  /** Domains whose monitor did not answer, whatever its reason. */
  readonly partial: ReadonlySet<string>;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** A domain and the process it had when it was asked. */
type ProcessRef = Pick<DomainSnapshot, 'uuid' | 'id'>;

/** Observations to take over; `undefined` takes one away. */
export type ObservationUpdate = { readonly [K in keyof DomainObservations]: DomainObservations[K] | undefined };

/** A domain of which only its XML tells whether it is watched, and has not (yet) told that it is. */
interface Unseen {
  readonly record: DomainStateRecord;
  readonly startedAt: number | undefined;
  /** It was there before the first inventory: when it is shown at last, it did not just appear. */
  readonly wasThere: boolean;
}

/** How much earlier than it was seen a domain may have started, when only an inventory tells that it did. */
const START_UNCERTAINTY_MS = 30_000;

/** A restart is over long before; should the event never come, the domain is off all the same. */
const RESTART_MS = 60_000;

/** Domains whose statistics are taken over between two turns of the event loop: a matter of some milliseconds. */
const SLICE_DOMAINS = 1000;

/** What is known of a host's domains. */
export class DomainTable {
  readonly #domains = new Map<string, DomainSnapshot>();
  /**
   * When an event last told a domain's state: an inventory that was under way by then knows less. By the clock that
   * nobody sets: a step back of the other would shut inventories out until it has caught up.
   */
  readonly #toldAt = new Map<string, number>();
  readonly #onChange: (change: HostChange) => void;
  readonly #filter: DomainFilter;
  readonly #unseen = new Map<string, Unseen>();
  /** What the XML of a domain said last where the filter looks; it stands until it says something else. */
  readonly #ruleValues = new Map<string, NonNullable<DomainXml['ruleValues']>>();
  /** Domains of the last inventory that their names and UUIDs alone leave out. */
  #excluded = 0;
  #awaitsStops = false;
  /** Domains of which an event told that they stopped, and no look since that they run. */
  readonly #stopped = new Set<string>();
  /** Domains that were found off with nobody having told that they stopped; since when, by the same clock. */
  readonly #betweenRuns = new Map<string, number>();
  #quarantine: ReadonlyMap<string, DomainTrouble> = new Map();
  #version = 0;
  /** When the last inventory was taken, by the same clock. */
  #inventoryAt = -Infinity;
  /** False until the first inventory: what that one finds was there before and did not just appear. */
  #known = false;

  /** @param filter a domain that it does not watch, or may not, is never in the table */
  constructor(onChange: (change: HostChange) => void, filter: DomainFilter = EVERY_DOMAIN) {
    this.#onChange = onChange;
    this.#filter = filter;
  }

  /** Grows with every write that changes what is shown. */
  get version(): number {
    return this.#version;
  }

  /** A copy that later writes do not touch. */
  snapshot(): ReadonlyMap<string, DomainSnapshot> {
    return new Map(this.#domains);
  }

  /** Whether an inventory was taken since the beginning or the last {@link clear}. */
  get isKnown(): boolean {
    return this.#known;
  }

  /** Domains of the last inventory that are not watched, or not yet. */
  get leftOut(): number {
    return this.#excluded + this.#unseen.size;
  }

  /** Where the XML of a domain tells whether it is watched. */
  get rulePaths(): DomainFilter['paths'] {
    return this.#filter.paths;
  }

  /** Whether this domain belongs in the table; undefined while only its XML could tell. */
  isWatched(domain: DomainRef): boolean | undefined {
    return this.#filter.watches(domain, this.#ruleValues.get(domain.uuid));
  }

  /** Domains whose XML alone tells, and does not (yet) say that they are watched: nothing else is asked of them. */
  unseen(): DomainSnapshot[] {
    return [...this.#unseen.values()].map(({ record: { domain, state, reason } }) => ({ ...domain, state, reason }));
  }

  /** Whether the domain is in the table, or is one of {@link unseen}. */
  has(uuid: string): boolean {
    return this.#domains.has(uuid) || this.#unseen.has(uuid);
  }

  get(uuid: string): DomainSnapshot | undefined {
    return this.#domains.get(uuid);
  }

  /** The domains that have a hypervisor process to ask. */
  active(): DomainSnapshot[] {
    return [...this.#domains.values()].filter((domain) => domain.id !== -1);
  }

  all(): DomainSnapshot[] {
    return [...this.#domains.values()];
  }

  /**
   * Takes over a whole inventory: who is not in it is gone.
   * @param askedAt when it was asked for, by `performance.now()`; a domain that an event described later keeps what the
   * event said
   * @param unanswered domains that are there and did not tell their state
   */
  applyInventory(
    records: readonly DomainStateRecord[],
    askedAt: number,
    unanswered: ReadonlySet<string> = new Set(),
  ): void {
    const seen = new Set<string>(unanswered);
    for (const record of records) seen.add(record.domain.uuid);
    this.applyStates(records, askedAt);
    for (const uuid of [...this.#domains.keys(), ...this.#unseen.keys()]) {
      if (!seen.has(uuid) && (this.#toldAt.get(uuid) ?? -Infinity) < askedAt) this.remove(uuid);
    }
    for (const [uuid, at] of this.#toldAt) if (at < askedAt) this.#toldAt.delete(uuid);
    this.#inventoryAt = askedAt;
    this.#excluded = records.filter(({ domain }) => this.#filter.watches(domain) === false).length;
    this.#known = true;
  }

  /** Takes over the states of some domains. `askedAt` as for an inventory. */
  applyStates(records: readonly DomainStateRecord[], askedAt: number): void {
    const isTimely = performance.now() - this.#inventoryAt <= START_UNCERTAINTY_MS;
    for (const record of records) {
      if ((this.#toldAt.get(record.domain.uuid) ?? -Infinity) < askedAt)
        this.#applyState(record, startOf(record, isTimely));
    }
  }

  /** Takes over what an event, or the check that follows it, says of one domain. */
  applyEvent(record: DomainStateRecord): void {
    const { uuid, id } = record.domain;
    this.#toldAt.set(uuid, performance.now());
    this.#applyState(record, startOf(record, this.#known));
    if (id !== -1) this.#stopped.delete(uuid);
  }

  /**
   * Whether an event tells each domain's end. If so, one that is found off before that is being restarted: it stays what
   * it was. Not for the first look after a time in which nobody listened.
   */
  awaitStops(awaits: boolean): void {
    this.#awaitsStops = awaits;
    this.#stopped.clear();
    this.#betweenRuns.clear();
  }

  /** An event told that the domain stopped; what it is now is asked next. */
  toldStopped(uuid: string): void {
    if (this.#awaitsStops && this.#domains.has(uuid)) this.#stopped.add(uuid);
  }

  /** The domain is gone: a transient one that stopped, or one that was undefined. */
  removeByEvent(uuid: string): void {
    this.#toldAt.set(uuid, performance.now());
    this.remove(uuid);
  }

  remove(uuid: string): void {
    this.#unseen.delete(uuid);
    this.#ruleValues.delete(uuid);
    this.#stopped.delete(uuid);
    this.#betweenRuns.delete(uuid);
    this.#drop(uuid);
  }

  #put(uuid: string, domain: DomainSnapshot): void {
    this.#domains.set(uuid, domain);
    this.#version += 1;
  }

  #drop(uuid: string): void {
    const domain = this.#domains.get(uuid);
    if (domain === undefined) return;
    this.#domains.delete(uuid);
    this.#version += 1;
    this.#onChange({ kind: 'domain.removed', domain: { uuid, name: domain.name } });
  }

  clear(): void {
    this.#domains.clear();
    this.#version += 1;
    this.#unseen.clear();
    this.#ruleValues.clear();
    this.#excluded = 0;
    this.#toldAt.clear();
    this.#stopped.clear();
    this.#betweenRuns.clear();
    this.#quarantine = new Map();
    this.#inventoryAt = -Infinity;
    this.#known = false;
  }

  /** Persistence, autostart and saved images, as filtered lists give them; what is absent stays as it was. */
  applyFlags(having: Readonly<Partial<Record<keyof DomainFlags, ReadonlySet<string>>>>): void {
    const { persistent, autostart, managedSave } = having;
    for (const [uuid, domain] of this.#domains) {
      // Mostly all of it is known, and ten thousand new records take a while.
      if (FLAGS.every((flag) => having[flag] === undefined || having[flag].has(uuid) === domain[flag])) continue;
      this.#update(uuid, {
        ...(persistent === undefined ? {} : { persistent: persistent.has(uuid) }),
        ...(autostart === undefined ? {} : { autostart: autostart.has(uuid) }),
        ...(managedSave === undefined ? {} : { managedSave: managedSave.has(uuid) }),
      });
    }
  }

  /** What somebody has just read of one domain; libvirt has no event for these. */
  learn(uuid: string, flags: DomainFlags): void {
    this.#update(uuid, flags);
  }

  /**
   * Takes over one run's statistics. A domain shows what this run read and nothing older; a record of another process
   * than the domain has now (it stopped or started anew meanwhile) is nobody's, and an inactive domain has none: asked
   * about one, libvirtd gives the CPU time of itself. Of thousands it takes over some at a time, and stops when `signal`
   * says so.
   */
  async applyStatistics(run: StatisticsRun, signal?: AbortSignal): Promise<void> {
    let count = 0;
    // A domain may go, or be replaced, between two slices: the loop meets what is there by then.
    for (const domain of this.#domains.values()) {
      this.#applyStatisticsOf(domain, run);
      count += 1;
      if (count % SLICE_DOMAINS !== 0) continue;
      await nextTurn();
      if (signal?.aborted === true) return;
    }
    this.#tellQuarantine(run.quarantine, run.at);
  }

  /** Takes over what the XML says. True when it makes the domain one that is watched. */
  setXml(uuid: string, xml: DomainXml): boolean {
    const unseen = this.#unseen.get(uuid);
    const domain = this.#domains.get(uuid);
    if (xml.ruleValues !== undefined && this.has(uuid)) this.#ruleValues.set(uuid, xml.ruleValues);
    if (unseen !== undefined) this.#applyState(unseen.record, unseen.startedAt);
    else if (domain !== undefined) {
      const { name, id, state, reason, startedAt } = domain;
      this.#applyState({ domain: { uuid, name, id }, state, reason }, startedAt);
    }
    this.#update(uuid, { xml });
    return unseen !== undefined && this.#domains.has(uuid);
  }

  /** Sets the running job, or takes it away when there is none; not of another process than that of `asked`. */
  setJob(asked: ProcessRef, job: DomainJob | undefined): void {
    const domain = this.#sameProcess(asked);
    if (domain === undefined || (domain.job === undefined && job === undefined)) return;
    const { job: _job, ...rest } = domain;
    this.#put(asked.uuid, job === undefined ? rest : { ...rest, job });
  }

  /** Takes over observations of the domain as it was when it was `asked`; it may have stopped or started anew since. */
  observe(asked: ProcessRef, update: ObservationUpdate): void {
    const domain = this.#sameProcess(asked);
    if (domain === undefined) return;
    const observed = withObserved(domain, { ...domain.observed, ...update });
    // Mostly it is what was seen a minute ago.
    if (!isDeepStrictEqual(observed.observed, domain.observed)) this.#put(asked.uuid, observed);
  }

  #sameProcess({ uuid, id }: ProcessRef): DomainSnapshot | undefined {
    const domain = this.#domains.get(uuid);
    return domain?.id === id ? domain : undefined;
  }

  /** Takes away what was observed of the domain's process. Snapshots and checkpoints are on disk. */
  #unobserve(domain: ProcessRef): void {
    this.observe(domain, {
      blockJobs: undefined,
      cpuOfVcpu: undefined,
      diskErrors: undefined,
      addresses: undefined,
      guest: undefined,
    });
  }

  #applyStatisticsOf(domain: DomainSnapshot, { lockless, monitor, quarantine, partial, at }: StatisticsRun): void {
    const { uuid, id } = domain;
    const { stats: before, trouble: _then, ...rest } = domain;
    const ofProcess = (part: DomainStats | undefined): readonly DomainStats[] =>
      part !== undefined && id !== -1 && part.domain.id === id ? [part] : [];
    const asked = ofProcess(monitor.get(uuid)).filter((part) => !isOfProcessGone(part, before));
    const stats = mergeStats([...ofProcess(lockless.get(uuid)), ...asked]);
    const trouble = id === -1 ? undefined : quarantine.get(uuid);
    const whole = asked.length > 0 && trouble === undefined && !partial.has(uuid);
    this.#put(uuid, {
      ...rest,
      ...(stats === undefined ? {} : { stats }),
      ...(whole ? { statsAt: at } : {}),
      ...(trouble === undefined ? {} : { trouble }),
    });
    // It is not asked any more: what was seen of it grows old.
    if (trouble !== undefined) this.#unobserve(domain);
  }

  #update(uuid: string, part: Partial<DomainSnapshot>): void {
    const domain = this.#domains.get(uuid);
    if (domain !== undefined) this.#put(uuid, { ...domain, ...part });
  }

  /** Keeps a domain out that is not watched, or not yet. */
  #hide(record: DomainStateRecord, startedAt: number | undefined): void {
    const { uuid, id } = record.domain;
    this.#drop(uuid);
    const before = this.#unseen.get(uuid);
    const isSame = before?.record.domain.id === id;
    this.#unseen.set(uuid, {
      record,
      startedAt: isSame ? before.startedAt : startedAt,
      // What its XML said once and says no more is a change.
      wasThere: (before?.wasThere ?? !this.#known) && !this.#ruleValues.has(uuid),
    });
  }

  /** @param startedAt when a process that was not there before began */
  #applyState(record: DomainStateRecord, startedAt: number | undefined): void {
    const { domain, state, reason } = record;
    const { uuid, name, id } = domain;
    if (this.#filter.watches(domain) === false) {
      this.remove(uuid);
      return;
    }
    if (this.isWatched(domain) !== true) {
      this.#hide(record, startedAt);
      return;
    }
    const unseen = this.#unseen.get(uuid);
    this.#unseen.delete(uuid);
    const before = this.#domains.get(uuid);
    const identity = { uuid, name };
    const started = startedAt === undefined ? {} : { startedAt };
    if (before === undefined) {
      this.#put(uuid, { uuid, name, id, state, reason, ...started });
      if (this.#known && unseen?.wasThere !== true) this.#onChange({ kind: 'domain.added', domain: identity, state });
      return;
    }
    if (this.#isBetweenRuns(record, before)) return;
    if (before.state === state && before.reason === reason && before.id === id && before.name === name) return;
    // Counters and troubles of a domain that stopped or started anew belong to the process that is gone.
    const { startedAt: _then, stats: _stats, statsAt: _statsAt, job: _job, trouble: _trouble, ...rest } = before;
    this.#put(uuid, { ...(before.id === id ? before : { ...rest, ...started }), name, id, state, reason });
    if (before.id !== id) this.#unobserve(domain);
    if (before.state !== state || before.reason !== reason) {
      this.#onChange({ kind: 'domain.state', domain: identity, from: before.state, to: state, reason });
    }
  }

  #isBetweenRuns({ state, domain: { uuid } }: DomainStateRecord, before: DomainSnapshot): boolean {
    if (!this.#awaitsStops || state !== 'shutoff' || before.id === -1 || this.#stopped.has(uuid)) {
      this.#betweenRuns.delete(uuid);
      return false;
    }
    const now = performance.now();
    const since = this.#betweenRuns.get(uuid) ?? now;
    this.#betweenRuns.set(uuid, since);
    return now - since < RESTART_MS;
  }

  #tellQuarantine(quarantine: ReadonlyMap<string, DomainTrouble>, at: number): void {
    for (const [uuid, trouble] of quarantine) {
      const domain = this.#domains.get(uuid);
      if (domain !== undefined && !this.#quarantine.has(uuid)) {
        this.#onChange({ kind: 'domain.stuck', domain: { uuid, name: domain.name }, trouble });
      }
    }
    for (const [uuid, trouble] of this.#quarantine) {
      const domain = this.#domains.get(uuid);
      // One that was stopped did not recover.
      if (domain !== undefined && domain.id !== -1 && !quarantine.has(uuid)) {
        const identity = { uuid, name: domain.name };
        this.#onChange({ kind: 'domain.recovered', domain: identity, stuckMs: at - trouble.since });
      }
    }
    this.#quarantine = quarantine;
  }
}

/** When the process of a domain began, if that was just now rather than while nobody looked. */
function startOf({ domain: { id } }: DomainStateRecord, isTimely: boolean): number | undefined {
  return id !== -1 && isTimely ? Date.now() : undefined;
}

/**
 * Whether libvirt made up what it could not read: of a QEMU that has ended and is not cleaned up yet, it says 0 for all
 * that stands in /proc (virProcessGetStatInfo only warns), under the id of the domain that was.
 */
function isOfProcessGone(now: DomainStats, before: DomainStats | undefined): boolean {
  if (now.fields.get('balloon.rss') === 0) return true;
  // The process may have ended while libvirt was reading. CPU 0 can't be unplugged, so its counter is the process's.
  const cpu = (stats: DomainStats | undefined): unknown => stats?.vcpu.get(0)?.get('time');
  return isLess(now.fields.get('cpu.time'), before?.fields.get('cpu.time')) || isLess(cpu(now), cpu(before));
}

function isLess(now: unknown, before: unknown): boolean {
  return typeof now === 'number' && typeof before === 'number' && now < before;
}

/** The domain with these observations, and none of those that are `undefined`. */
function withObserved(domain: DomainSnapshot, update: ObservationUpdate): DomainSnapshot {
  const { observed: _before, ...rest } = domain;
  const observed: DomainObservations = Object.fromEntries(
    Object.entries(update).filter(([, value]) => value !== undefined),
  );
  return Object.keys(observed).length === 0 ? rest : { ...rest, observed };
}
