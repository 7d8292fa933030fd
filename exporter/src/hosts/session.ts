// SPDX-License-Identifier: Apache-2.0
// One connected stretch of a host's life: the control connection (inventory, events, keepalive, host facts) and the
// connections for what may hang. It ends when the control connection does; a new one starts from nothing.

import { setMaxListeners } from 'node:events';
import { RemoteError, TransportError } from '@vireo/libvirt';
import type { CallOptions, Connection, DomainRef, StatsGroup } from '@vireo/libvirt';
import { driverSpec } from '../contract/drivers.ts';
import type { MetricGroup } from '../contract/groups.ts';
import type { LabelledPath } from '../xml/xpath.ts';
import type { DomainFlags, DomainTable } from './domain-table.ts';
import { DriverSupport } from './driver-support.ts';
import { DomainEvents } from './domain-events.ts';
import { DomainDetails } from './domain-details.ts';
import { DomainObserver } from './domain-observer.ts';
import type { RunPart } from './domain-observer.ts';
import { HostResources } from './host-resources.ts';
import { HypervisorSilentError } from './host-error.ts';
import { HungCalls, isHung } from './hung-calls.ts';
import type { Inventory } from './inventory.ts';
import { InventoryPoller } from './inventory-poller.ts';
import { fetchFacts, fetchNode } from './node.ts';
import { PerDomainPoller } from './per-domain-poller.ts';
import { PollGroups } from './poll-groups.ts';
import { locklessGroups, monitorGroups } from './statistics-groups.ts';
import { StatisticsConnections } from './statistics-connections.ts';
import { StatisticsPoller } from './statistics.ts';
import type { HostChange } from './changes.ts';
import type { HostFacts, NodeSnapshot, PollGroup, PollOutcome } from './snapshot.ts';

/** How many deadlines each question of the beginning may take: a daemon that has just started is slow. */
const OPENING_DEADLINES = 5;

/** What a poll may cost. */
export interface PollOptions {
  readonly intervalMs: number;
  /** How long any one call of a poll may take. */
  readonly deadlineMs: number;
  readonly chunkDomains: number;
  readonly staleAfterPolls: number;
  /** How often what rarely changes (XML, pools, autostart) is read again without an event asking for it. */
  readonly slowIntervalMs: number;
  /** Of the other groups nothing is asked. */
  readonly groups: ReadonlySet<MetricGroup>;
  /** Whether inactive domains have series of their own; they have without it. */
  readonly inactiveSeries?: boolean;
  /** What of the domains' XML becomes labels. */
  readonly metadata?: readonly LabelledPath[];
  /** Calls in flight one connection allows; libvirtd stops reading a socket at its max_client_requests, 5. */
  readonly maxInFlight: number;
}

/** How a session opens a connection: read-only, and ready for use. */
export type OpenConnection = (signal: AbortSignal) => Promise<Connection>;

/** Everything a session needs from its host. */
export interface SessionContext {
  readonly open: OpenConnection;
  /** Opens a read-write one; absent where nothing but watching is allowed. */
  readonly openWritable?: OpenConnection;
  readonly poll: PollOptions;
  /** Whether the daemon reaches the hypervisor over the network; see ViaDaemon. */
  readonly isFar: boolean;
  readonly domains: DomainTable;
  /** Kept by the host, so that the time of the last success outlives a session. */
  readonly outcomes: Map<PollGroup, PollOutcome>;
  readonly onChange: (change: HostChange) => void;
  /** Events of this kind are listened for. */
  readonly onListening: (event: string, detail: string) => void;
  /** The domain table changed outside a poll. */
  readonly onEvent: () => void;
}

/** A host while it is connected. */
export class HostSession {
  readonly facts: HostFacts;
  /**
   * Settles when this session is over, with the reason, or null when {@link close} was called from outside. The goodbye
   * to a daemon that does not answer may still be under way.
   */
  readonly ended: Promise<unknown>;
  node: NodeSnapshot | undefined;
  readonly resources: HostResources;

  readonly #context: SessionContext;
  readonly #control: Connection;
  readonly #support: DriverSupport;
  readonly #hung = new HungCalls();
  readonly #statisticsConnections: StatisticsConnections;
  /** Empty when nothing that is shown needs a monitor: none is asked then. */
  readonly #monitorGroups: readonly StatsGroup[];
  readonly #statistics: StatisticsPoller;
  readonly #perDomain: PerDomainPoller;
  readonly #inventoryPoller: InventoryPoller;
  readonly #details: DomainDetails;
  readonly #observer: DomainObserver;
  readonly #events: DomainEvents;
  readonly #groups: PollGroups;
  readonly #abort = new AbortController();
  readonly #end: (reason: unknown) => void;
  /** The newest; the statistics of a slow poll are joined with what is known by then. */
  #inventory: { readonly statistics: Inventory['statistics']; readonly takenAt: number } | undefined;
  #hasInventory = false;
  #silence: HypervisorSilentError | undefined;
  #flagsReadAt = -Infinity;

  /** Connects, subscribes to events and reads what the host is. Rejects with the client's errors, leaving nothing open. */
  static async open(context: SessionContext, signal: AbortSignal): Promise<HostSession> {
    const control = await context.open(signal);
    const options = { deadlineMs: OPENING_DEADLINES * context.poll.deadlineMs, signal };
    try {
      const facts = await fetchFacts(control, options);
      const session = new HostSession(context, control, facts);
      // Subscribe first, then list: nothing that happens in between is lost.
      await session.#events.subscribe(control, session.#support, options);
      return session;
    } catch (error) {
      await control.close();
      throw error;
    }
  }

  private constructor(context: SessionContext, control: Connection, facts: HostFacts) {
    this.#context = context;
    this.#control = control;
    this.facts = facts;
    this.#support = new DriverSupport(facts);
    let end: (reason: unknown) => void = () => undefined;
    this.ended = new Promise((resolve) => (end = resolve));
    this.#end = end;
    void control.closed.then(end);
    const { domains, onChange, outcomes, poll } = context;
    // Of what the first inventory finds off nobody listened to the end.
    domains.awaitStops(false);
    const { deadlineMs, slowIntervalMs, intervalMs, maxInFlight } = poll;
    const { signal } = this.#abort;
    // Every call that waits listens to it, hundreds in a storm.
    setMaxListeners(0, signal);
    const support = this.#support;
    const hung = this.#hung;
    this.#groups = new PollGroups({ outcomes, onChange, signal });
    this.#statisticsConnections = new StatisticsConnections(() => context.open(signal), maxInFlight);
    const acquire = (): Promise<Connection> => this.#statisticsConnections.acquire();
    const options = (more?: CallOptions): CallOptions => this.#options(more);
    this.#monitorGroups = monitorGroups(poll.groups);
    this.#statistics = this.#poller(this.#monitorGroups);
    const groups = locklessGroups(poll.groups);
    this.resources = new HostResources({
      groups: poll.groups,
      slowIntervalMs,
      support,
      hung,
      acquire,
      retire: () => {
        this.#statisticsConnections.retire();
      },
      options,
    });
    this.#perDomain = new PerDomainPoller({ support, groups: poll.groups, hung, acquire, options });
    this.#inventoryPoller = new InventoryPoller({
      domains,
      support,
      hung,
      control,
      acquire,
      options,
      groups,
      isFar: context.isFar,
      chunks: this.#poller(groups),
      onSilent: (error) => {
        this.#giveUp(error);
      },
    });
    const calls = {
      domains,
      support,
      hung,
      acquire,
      suspect: (domain: DomainRef) => this.#statistics.suspect(domain),
      isQuarantined: (uuid: string) => this.#statistics.quarantine.has(uuid) || this.#perDomain.quarantine.has(uuid),
      deadlineMs,
      signal,
      slowIntervalMs,
      intervalMs,
    };
    this.#details = new DomainDetails(calls, {
      paths: poll.metadata,
      onShown: () => {
        this.#flagsReadAt = -Infinity;
      },
    });
    const { openWritable } = context;
    this.#observer = new DomainObserver({
      ...calls,
      groups: poll.groups,
      maxInFlight,
      openWritable: openWritable === undefined ? undefined : () => openWritable(signal),
    });
    this.#events = new DomainEvents({
      domains,
      deadlineMs,
      onChange,
      onListening: context.onListening,
      onTableChange: context.onEvent,
      onXmlStale: (uuid) => {
        this.#details.xmlIsStale(uuid);
      },
      onDomainEvent: (event) => {
        this.#observer.take(event);
      },
      onJob: (uuid) => {
        this.#details.jobMayRun(uuid);
      },
      onDefined: () => {
        this.#flagsReadAt = -Infinity;
      },
      onPools: () => {
        this.resources.pools.hurry();
      },
      onBackendLost: () => {
        this.#giveUp(
          new TransportError('LV_CONN_CLOSED', 'connection lost: the daemon behind the proxy daemon is gone'),
        );
      },
    });
  }

  /** Whether this session took an inventory: a daemon that answers no more than the connecting is not up. */
  get hasInventory(): boolean {
    return this.#hasInventory;
  }

  /**
   * Set while the daemon lives and the hypervisor behind it does not answer. The session goes on all the same: to close
   * it would have the daemon say goodbye to that hypervisor, and wait for an answer with its main loop.
   */
  get silence(): HypervisorSilentError | undefined {
    return this.#silence;
  }

  /**
   * One poll: resolves when the inventory is taken, and goes on with what takes longer. A part whose last run has not
   * ended sits out, so that guests which hang hold up nothing else. Never rejects: each group's outcome is recorded,
   * and a daemon that is silent ends the session.
   * @param onFresh called when there is something new to show; it must not throw
   */
  async poll(onFresh: () => void): Promise<void> {
    const waits = !this.#hasInventory || this.#groups.isUnderWay('statistics');
    await this.#groups.run('inventory', () => this.#takeInventory());
    if (this.#isOver()) return;
    // Mostly the statistics are there in a moment, and one snapshot does for both.
    if (waits || this.#silence !== undefined) onFresh();
    // Each question more would hold one more of the daemon's workers.
    if (this.#silence !== undefined) return;
    const { resources } = this;
    this.#groups.begin('node', () => this.#groups.run('node', () => this.#fetchNode()));
    this.#groups.begin('pools', () => this.#groups.run('pools', () => resources.pools.refresh()));
    this.#groups.begin('networks', () => this.#groups.run('networks', () => resources.networks.refresh()));
    this.#groups.begin('numa', () => this.#groups.run('numa', () => resources.cells.refresh()));
    this.#groups.begin('statistics', async () => {
      await this.#groups.run('statistics', () => this.#fetchStatistics());
      if (this.#isOver()) return;
      onFresh();
      const shown = this.#shown();
      await this.#groups.run('xml', () => this.#details.refreshXml());
      if (this.#context.poll.groups.has('job')) await this.#groups.run('jobs', () => this.#details.refreshJobs());
      if (this.#isOver()) return;
      if (this.#hasChanged(shown)) onFresh();
      await this.#statisticsConnections.trim();
      this.#observe(onFresh);
    });
  }

  /** What a snapshot is made of, but for how long things took: a new snapshot costs encoding the whole host. */
  #shown(): readonly unknown[] {
    const { pools, networks, cells } = this.resources;
    return [this.#context.domains.version, this.#groups.changes, this.node, pools.value, networks.value, cells.value];
  }

  #hasChanged(shown: readonly unknown[]): boolean {
    return this.#shown().some((part, i) => part !== shown[i]);
  }

  /** Begins what nothing waits for; it may outlast many polls. */
  #observe(onFresh: () => void): void {
    const run: RunPart = (group, work) => this.#groups.run(group, work);
    const shown = this.#shown();
    const observe = async (asked: Promise<void>): Promise<void> => {
      await asked;
      if (!this.#isOver() && this.#hasChanged(shown)) onFresh();
    };
    this.#groups.begin('observations', () => observe(this.#observer.refresh(run)));
    this.#groups.begin('guest agents', () => observe(this.#observer.refreshGuests(run)));
  }

  /** Ends everything, within a second or so whatever the daemon does. Safe to repeat. */
  async close(): Promise<void> {
    this.#abort.abort();
    await Promise.all([this.#control.close(), this.#statisticsConnections.close(), this.#observer.close()]);
    await this.#groups.idle();
  }

  /** Ends this session by its own decision. */
  #giveUp(reason: unknown): void {
    this.#end(reason);
    void this.close();
  }

  #isOver(): boolean {
    return this.#abort.signal.aborted;
  }

  #options(options: CallOptions = {}): CallOptions {
    return { deadlineMs: this.#context.poll.deadlineMs, signal: this.#abort.signal, ...options };
  }

  #poller(groups: readonly StatsGroup[]): StatisticsPoller {
    const connections = this.#statisticsConnections;
    const { chunkDomains, deadlineMs } = this.#context.poll;
    const backing = this.#context.poll.groups.has('backing');
    return new StatisticsPoller(
      {
        get width() {
          return connections.width;
        },
        groups,
        fetch: async (domains, wanted, fetchDeadlineMs) => {
          const connection = await connections.acquire();
          const options = this.#options({ deadlineMs: fetchDeadlineMs, lane: 'bulk' });
          return await connection.stats.getAll({ groups: wanted, domains, noWait: true, backing }, options);
        },
        // It takes no job, but it does take the domain's own lock, so even it may hang: not where the events come, and in
        // the slot that the lane `bulk` leaves free.
        controlInfo: (domain: DomainRef) =>
          this.#hung.run(
            `control info of ${domain.uuid}`,
            () => connections.acquire(),
            (connection) => connection.domains.controlInfo(domain, this.#options({ lane: 'normal' })),
          ),
      },
      { chunkDomains, deadlineMs },
    );
  }

  async #takeInventory(): Promise<undefined> {
    const inventory = await this.#inventoryPoller.poll().catch((error: unknown) => {
      if (this.#context.isFar && error instanceof Error && isHung(error))
        this.#silence = new HypervisorSilentError(error);
      throw error;
    });
    this.#silence = undefined;
    this.#inventory = { statistics: inventory.statistics, takenAt: performance.now() };
    if (!this.#hasInventory) this.#context.domains.awaitStops(driverSpec(this.facts.driver).offBetweenRuns);
    this.#hasInventory = true;
    await this.#fetchFlags();
    if (inventory.failure !== undefined) throw inventory.failure;
  }

  async #fetchNode(): Promise<'not due' | undefined> {
    if (!this.#context.poll.groups.has('host')) return 'not due';
    try {
      this.node = await this.#hung.run(
        'statistics of the host',
        () => this.#control,
        (control) => fetchNode(control, this.#support, this.#options()),
      );
    } catch (error) {
      // Old figures are not shown for new ones.
      this.node = undefined;
      throw error;
    }
    return undefined;
  }

  async #fetchStatistics(): Promise<undefined> {
    const { domains } = this.#context;
    const bySingleCalls = this.#support.lacks('CONNECT_GET_ALL_DOMAIN_STATS');
    const result = bySingleCalls
      ? await this.#perDomain.poll(domains.active())
      : await this.#statistics.poll(this.#monitorGroups.length === 0 ? [] : domains.active());
    // Of a session that has ended half an answer is none.
    if (this.#isOver()) return;
    const { records, quarantine, partial, failure } = result;
    const lockless = this.#locklessStatistics();
    await domains.applyStatistics(
      { lockless, monitor: records, quarantine, partial, at: Date.now() },
      this.#abort.signal,
    );
    if (this.#isOver()) return;
    if (failure !== undefined) throw failure;
  }

  /** Of the last inventory that was had, as long as those of a lost host would be shown: `inventory` has failed since. */
  #locklessStatistics(): Inventory['statistics'] {
    const { intervalMs, staleAfterPolls } = this.#context.poll;
    const last = this.#inventory;
    return last !== undefined && performance.now() - last.takenAt <= intervalMs * staleAfterPolls
      ? last.statistics
      : new Map();
  }

  /** Which domains are persistent, start by themselves, have a saved image: filtered lists, no call a domain. */
  async #fetchFlags(): Promise<void> {
    const now = performance.now();
    if (now - this.#flagsReadAt < this.#context.poll.slowIntervalMs) return;
    // Before the question: an event that comes meanwhile asks for another one.
    this.#flagsReadAt = now;
    try {
      await this.#hung.run(
        'lists by flags',
        () => this.#control,
        () => this.#applyFlags(),
      );
    } catch (error) {
      this.#flagsReadAt = -Infinity;
      throw error;
    }
  }

  async #applyFlags(): Promise<void> {
    const having: Partial<Record<keyof DomainFlags, ReadonlySet<string>>> = {};
    for (const flag of ['persistent', 'autostart', 'managedSave'] as const) {
      const domains = await this.#domainsWith(flag);
      if (domains !== undefined) having[flag] = new Set(domains.map(({ uuid }) => uuid));
    }
    this.#context.domains.applyFlags(having);
  }

  /**
   * Undefined where the driver refuses the filter, with whatever error: nothing else may fail for that. ESX has no
   * autostart for who may not see it.
   */
  async #domainsWith(flag: keyof DomainFlags): Promise<readonly DomainRef[] | undefined> {
    try {
      return await this.#control.domains.list({ [flag]: true }, this.#options({ lane: 'urgent' }));
    } catch (error) {
      if (error instanceof RemoteError) return undefined;
      throw error;
    }
  }
}
