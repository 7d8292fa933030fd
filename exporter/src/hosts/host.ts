// SPDX-License-Identifier: Apache-2.0
// One configured host for as long as Vireo runs: connect, poll, lose, wait, connect again. Whatever happens here stays
// here: hosts share nothing but the process.

import { setMaxListeners } from 'node:events';
import type { Connection } from '@vireo/libvirt';
import { backOffMs } from './back-off.ts';
import { ActionConnections } from './action-connection.ts';
import type { ControlLane } from './action-connection.ts';
import type { HostChange } from './changes.ts';
import type { DomainFilter } from './domain-filter.ts';
import { DomainTable } from './domain-table.ts';
import type { DomainFlags } from './domain-table.ts';
import { DomainWatches } from './domain-watch.ts';
import type { DomainListener } from './domain-watch.ts';
import { EventCounts } from './event-counts.ts';
import { HypervisorSilentError, hostError } from './host-error.ts';
import { HostSession } from './session.ts';
import type { OpenConnection, PollOptions, SessionContext } from './session.ts';
import type {
  HostFacts,
  HostSnapshot,
  HostState,
  NetworkSnapshot,
  PollGroup,
  PollOutcome,
  PoolSnapshot,
  NodeSnapshot,
  NumaCellSnapshot,
} from './snapshot.ts';

/** Events come in bursts; one snapshot serves all of a burst. */
const EVENT_SETTLE_MS = 100;

/** What makes a host. */
export interface HostOptions {
  /** The configured name. */
  readonly name: string;
  /** The URI as pages may show it. */
  readonly uri: string;
  /** That of the daemon that opens `uri`, where it is another's work; as pages may show it. */
  readonly via?: string;
  readonly simulated: boolean;
  readonly poll: PollOptions;
  /** Whether its daemon reaches the hypervisor over the network; see ViaDaemon. */
  readonly isFar?: boolean;
  /** Which domains are watched; all without it. */
  readonly watched?: DomainFilter;
  readonly open: OpenConnection;
  /** How the read-write connections of actions are opened; without it nothing can be changed through this host. */
  readonly openControl?: OpenConnection;
  /** Neither of these may throw. */
  readonly onSnapshot: (snapshot: HostSnapshot) => void;
  readonly onChange: (change: HostChange) => void;
}

/** Watches one host. */
export class Host {
  readonly name: string;
  readonly #options: HostOptions;
  readonly #domains: DomainTable;
  readonly #watches = new DomainWatches();
  readonly #control: ActionConnections | undefined;
  readonly #outcomes = new Map<PollGroup, PollOutcome>();
  readonly #stop = new AbortController();
  #state: HostState = { kind: 'connecting', since: Date.now() };
  #facts: HostFacts | undefined;
  #node: NodeSnapshot | undefined;
  #pools: readonly PoolSnapshot[] = [];
  #networks: readonly NetworkSnapshot[] | undefined;
  #cells: readonly NumaCellSnapshot[] | undefined;
  readonly #events = new EventCounts();
  #generation = 0;
  /** Sessions in a row that failed, or ended before they had an inventory. */
  #failures = 0;
  #snapshot: HostSnapshot;
  #settling: NodeJS.Timeout | undefined;
  #goingStale: NodeJS.Timeout | undefined;
  readonly #sleepers = new Set<() => void>();
  #running: Promise<void> | undefined;

  constructor(options: HostOptions) {
    this.name = options.name;
    // Every question of a beginning session listens to it.
    setMaxListeners(0, this.#stop.signal);
    this.#options = options;
    const { openControl, poll } = options;
    this.#control =
      openControl === undefined ? undefined : new ActionConnections({ open: openControl, slots: poll.maxInFlight });
    this.#domains = new DomainTable((change) => {
      this.#tell(change);
    }, options.watched);
    this.#snapshot = this.#build();
  }

  /** The newest snapshot. */
  get snapshot(): HostSnapshot {
    return this.#snapshot;
  }

  /** Begins after `delayMs`, which spreads the polls of many hosts over the interval. */
  start(delayMs: number): void {
    this.#publish();
    this.#running ??= this.#run(delayMs);
  }

  /** Runs `work` with a read-write connection. Rejects with its errors and those of {@link ActionConnections.with}. */
  async withControl<T>(work: (connection: Connection) => Promise<T>, lane?: ControlLane): Promise<T> {
    if (this.#control === undefined) throw new TypeError(`host ${this.name} was made without openControl`);
    return await this.#control.with(work, lane);
  }

  /** Tells `listener` what happens to one domain, and when the host is lost or up again. Returns how to stop. */
  watch(uuid: string, listener: DomainListener): () => void {
    return this.#watches.watch(uuid, listener);
  }

  /** Takes over what somebody has just read of a domain that libvirt has no event for. */
  learn(uuid: string, flags: DomainFlags): void {
    this.#domains.learn(uuid, flags);
    this.#settle();
  }

  /** Stops polling and closes the connections. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wakeUp();
    await Promise.all([this.#control?.close(), this.#running]);
    clearTimeout(this.#settling);
    clearTimeout(this.#goingStale);
  }

  async #run(delayMs: number): Promise<void> {
    await this.#sleep(delayMs);
    while (!this.#isStopped()) {
      const { error, gone } = await this.#live();
      if (this.#isStopped()) {
        await gone;
        return;
      }
      this.#failures += 1;
      // A goodbye may take a second, and nobody waits for it to learn that the host is lost.
      await Promise.all([gone, this.#lose(error, backOffMs(this.#failures))]);
    }
  }

  /** Connects and polls until the session ends: why it did, and when nothing of it is left. */
  async #live(): Promise<{ readonly error: unknown; readonly gone: Promise<void> }> {
    let session: HostSession;
    try {
      session = await HostSession.open(this.#sessionContext(), this.#stop.signal);
    } catch (error) {
      return { error, gone: Promise.resolve() };
    }
    this.#find(session.facts);
    const closeOnStop = (): void => {
      void session.close();
    };
    this.#stop.signal.addEventListener('abort', closeOnStop);
    // One that came while the session was opening.
    if (this.#isStopped()) closeOnStop();
    const polling = this.#pollWhile(session);
    const error = await session.ended;
    this.#stop.signal.removeEventListener('abort', closeOnStop);
    return { error, gone: Promise.all([session.close(), polling]).then(() => undefined) };
  }

  /** Polls at a steady beat; an inventory that outlasts its interval makes the next one wait for the next beat. */
  async #pollWhile(session: HostSession): Promise<void> {
    const { intervalMs } = this.#options.poll;
    let ended = false;
    void session.ended.then(() => {
      ended = true;
      this.#wakeUp();
    });
    // Read through a function: the compiler would take `ended` for false after each check.
    const over = (): boolean => ended || this.#isStopped();
    const firstAt = performance.now();
    while (!over()) {
      await session.poll(() => {
        if (!over()) this.#takeOver(session);
      });
      if (over()) return;
      await this.#sleep(intervalMs - ((performance.now() - firstAt) % intervalMs));
    }
  }

  #takeOver(session: HostSession): void {
    this.#node = session.node;
    const { pools, networks, cells } = session.resources;
    this.#pools = pools.value ?? [];
    this.#networks = networks.value;
    this.#cells = cells.value;
    const { silence } = session;
    if (silence !== undefined) this.#miss(silence, this.#options.poll.intervalMs);
    else if (this.#state.kind === 'lost') this.#find(session.facts);
    if (session.hasInventory && silence === undefined) {
      this.#failures = 0;
      clearTimeout(this.#goingStale);
      this.#goingStale = undefined;
    }
    this.#publish();
  }

  #find(facts: HostFacts): void {
    const { driver, libvirtVersion } = facts;
    this.#facts = facts;
    this.#state = { kind: 'up', since: Date.now() };
    this.#tell({ kind: 'host.up', driver, libvirtVersion });
  }

  /** Shows the host as lost. */
  #miss(error: unknown, retryInMs: number): void {
    const known = hostError(error);
    const { intervalMs, staleAfterPolls } = this.#options.poll;
    this.#goingStale ??= setTimeout(() => {
      this.#forget();
    }, intervalMs * staleAfterPolls);
    const before = this.#state.kind === 'lost' ? this.#state : undefined;
    this.#state = {
      kind: 'lost',
      since: before?.since ?? Date.now(),
      error: known,
      nextAttemptAt: Date.now() + retryInMs,
    };
    this.#node = undefined;
    // A hypervisor that is silent is asked with every poll; that it still is, is no news.
    if (!(error instanceof HypervisorSilentError && before?.error.code === known.code)) {
      this.#tell({ kind: 'host.lost', error: known, retryInMs });
    }
  }

  async #lose(error: unknown, retryInMs: number): Promise<void> {
    this.#miss(error, retryInMs);
    this.#publish();
    await this.#sleep(retryInMs);
  }

  /** Old numbers are not shown for ever: Prometheus must see the series of a lost host end. */
  #forget(): void {
    this.#domains.clear();
    this.#pools = [];
    this.#networks = undefined;
    this.#cells = undefined;
    if (this.#state.kind === 'lost') this.#facts = undefined;
    this.#publish();
  }

  #sessionContext(): SessionContext {
    const { open, openControl, poll, isFar = false } = this.#options;
    return {
      open,
      isFar,
      ...(openControl === undefined ? {} : { openWritable: openControl }),
      poll,
      domains: this.#domains,
      outcomes: this.#outcomes,
      onChange: (change) => {
        this.#tell(change);
      },
      onListening: (event, detail) => {
        this.#events.expect(event, detail);
      },
      onEvent: () => {
        this.#settle();
      },
    };
  }

  #tell(change: HostChange): void {
    this.#events.add(change);
    this.#watches.tell(change);
    this.#options.onChange(change);
  }

  /** Publishes soon, once for all that happens until then. */
  #settle(): void {
    if (this.#isStopped()) return;
    this.#settling ??= setTimeout(() => {
      this.#settling = undefined;
      this.#publish();
    }, EVENT_SETTLE_MS);
  }

  #publish(): void {
    this.#generation += 1;
    this.#snapshot = this.#build();
    this.#options.onSnapshot(this.#snapshot);
  }

  #build(): HostSnapshot {
    const { name, uri, via, simulated, poll } = this.#options;
    return {
      host: name,
      uri,
      ...(via === undefined ? {} : { via }),
      simulated,
      state: this.#state,
      groups: poll.groups,
      ...(poll.inactiveSeries === false ? { inactiveSeries: false } : {}),
      generation: this.#generation,
      ...(this.#facts === undefined ? {} : { facts: this.#facts }),
      ...(this.#node === undefined ? {} : { node: this.#node }),
      domains: this.#domains.snapshot(),
      domainsKnown: this.#domains.isKnown,
      filteredDomains: this.#domains.leftOut,
      pools: this.#pools,
      ...(this.#networks === undefined ? {} : { networks: this.#networks }),
      ...(this.#cells === undefined ? {} : { cells: this.#cells }),
      events: this.#events.snapshot(),
      polls: new Map(this.#outcomes),
    };
  }

  #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Sleeps until `ms` have passed or {@link #wakeUp} is called. */
  async #sleep(ms: number): Promise<void> {
    if (ms <= 0 || this.#isStopped()) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#sleepers.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#sleepers.add(wake);
    });
  }

  #wakeUp(): void {
    for (const wake of [...this.#sleepers]) wake();
  }
}
