// SPDX-License-Identifier: Apache-2.0
// One connected stretch of a host's life: the control connection (inventory, events, keepalive, host facts) and the
// connections for what may hang. It ends when the control connection does; a new one starts from nothing.

import { RemoteError } from '@vireo/libvirt';
import type { CallOptions, Connection, DomainRef, DomainStats, StatsGroup } from '@vireo/libvirt';
import type { DomainTable } from './domain-table.ts';
import { DriverSupport } from './driver-support.ts';
import { DomainEvents } from './domain-events.ts';
import { DomainDetails } from './domain-details.ts';
import { hostError } from './host-error.ts';
import { fetchBulkInventory, fetchListedInventory, inventoryOf, LOCKLESS_GROUPS } from './inventory.ts';
import type { Inventory } from './inventory.ts';
import { fetchFacts, fetchNode } from './node.ts';
import { fetchDomainStatistics } from './per-domain-statistics.ts';
import { fetchPools } from './pools.ts';
import { StatisticsConnections } from './statistics-connections.ts';
import { StatisticsPoller } from './statistics.ts';
import type { HostChange } from './changes.ts';
import type { HostFacts, NodeSnapshot, PollGroup, PollOutcome, PoolSnapshot } from './snapshot.ts';

/** The groups that may have to ask a QEMU monitor, as far as they become metrics. */
const MONITOR_GROUPS: readonly StatsGroup[] = ['cpu', 'balloon', 'vcpu', 'block', 'iothread', 'dirtyrate'];

/** What a poll may cost. */
export interface PollOptions {
  readonly intervalMs: number;
  /** How long any one call of a poll may take. */
  readonly deadlineMs: number;
  readonly chunkDomains: number;
  readonly staleAfterPolls: number;
  /** How often what rarely changes (XML, pools, autostart) is read again without an event asking for it. */
  readonly slowIntervalMs: number;
  /** Calls in flight one connection allows; libvirtd stops reading a socket at its max_client_requests, 5. */
  readonly maxInFlight: number;
}

/** How a session opens a connection: read-only, and ready for use. */
export type OpenConnection = (signal: AbortSignal) => Promise<Connection>;

/** Everything a session needs from its host. */
export interface SessionContext {
  readonly open: OpenConnection;
  readonly poll: PollOptions;
  readonly domains: DomainTable;
  /** Kept by the host, so that the time of the last success outlives a session. */
  readonly outcomes: Map<PollGroup, PollOutcome>;
  readonly onChange: (change: HostChange) => void;
  /** The domain table changed outside a poll. */
  readonly onEvent: () => void;
}

/** A host while it is connected. */
export class HostSession {
  readonly facts: HostFacts;
  /** Settles when the control connection ends: with the reason, or null when {@link close} was called from outside. */
  readonly ended: Promise<unknown>;
  node: NodeSnapshot | undefined;
  pools: readonly PoolSnapshot[] = [];

  readonly #context: SessionContext;
  readonly #control: Connection;
  readonly #support = new DriverSupport();
  readonly #statisticsConnections: StatisticsConnections;
  readonly #statistics: StatisticsPoller;
  /** Tier A in chunks, for as long as something holds up the whole one. */
  readonly #inventoryByChunk: StatisticsPoller;
  readonly #details: DomainDetails;
  readonly #events: DomainEvents;
  readonly #abort = new AbortController();
  /** Why this session ended itself: the daemon no longer answered. */
  #silence: unknown;
  #poolsReadAt = -Infinity;
  #flagsReadAt = -Infinity;

  /** Connects, subscribes to events and reads what the host is. Rejects with the client's errors, leaving nothing open. */
  static async open(context: SessionContext, signal: AbortSignal): Promise<HostSession> {
    const control = await context.open(signal);
    try {
      const facts = await fetchFacts(control, { deadlineMs: 10_000, signal });
      const session = new HostSession(context, control, facts);
      // Subscribe first, then list: nothing that happens in between is lost.
      await session.#events.subscribe(control);
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
    this.ended = control.closed.then((reason) => this.#silence ?? reason);
    const { chunkDomains, deadlineMs, maxInFlight } = context.poll;
    const connections = new StatisticsConnections(() => context.open(this.#abort.signal), maxInFlight);
    this.#statisticsConnections = connections;
    const controlInfo = (domain: DomainRef) => control.domains.controlInfo(domain, this.#options({ lane: 'urgent' }));
    const poller = (groups: readonly StatsGroup[]): StatisticsPoller =>
      new StatisticsPoller(
        {
          get width() {
            return connections.width;
          },
          fetch: async (domains, fetchDeadlineMs) => {
            const connection = await connections.acquire();
            const options = this.#options({ deadlineMs: fetchDeadlineMs });
            return await connection.stats.getAll({ groups, domains, noWait: true }, options);
          },
          controlInfo,
        },
        { chunkDomains, deadlineMs },
      );
    this.#statistics = poller(MONITOR_GROUPS);
    this.#inventoryByChunk = poller(LOCKLESS_GROUPS);
    this.#details = new DomainDetails({
      domains: context.domains,
      support: this.#support,
      acquire: () => connections.acquire(),
      suspect: (domain) => this.#statistics.suspect(domain),
      isQuarantined: (uuid) => this.#statistics.quarantine.has(uuid),
      deadlineMs,
      slowIntervalMs: context.poll.slowIntervalMs,
      intervalMs: context.poll.intervalMs,
    });
    this.#events = new DomainEvents({
      domains: context.domains,
      deadlineMs,
      onChange: context.onChange,
      onTableChange: context.onEvent,
      onXmlStale: (uuid) => {
        this.#details.xmlIsStale(uuid);
      },
      onJob: (uuid) => {
        this.#details.jobMayRun(uuid);
      },
      onDefined: () => {
        this.#flagsReadAt = -Infinity;
      },
      onPools: () => {
        this.#poolsReadAt = -Infinity;
      },
      onBackendLost: () => {
        this.#silence = new Error('the daemon behind the proxy daemon is gone');
        void this.close();
      },
    });
  }

  /** One poll. Never rejects: each group's outcome is recorded, and a dead daemon ends the session. */
  async poll(onFresh: () => void): Promise<void> {
    let inventory: Inventory | undefined;
    await this.#group('inventory', async () => {
      inventory = await this.#inventory();
      return undefined;
    });
    const slow = Promise.all([
      this.#group('node', async () => {
        this.node = await fetchNode(this.#control, this.#support, this.#options());
        return undefined;
      }),
      this.#group('pools', () => this.#fetchPools()),
    ]);
    await this.#group('statistics', () => this.#fetchStatistics(inventory));
    onFresh();
    await this.#group('xml', () => this.#details.refreshXml());
    await this.#group('jobs', () => this.#details.refreshJobs());
    await slow;
    await this.#statisticsConnections.trim();
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await Promise.all([this.#control.close(), this.#statisticsConnections.close()]);
  }

  #options(options: CallOptions = {}): CallOptions {
    return { deadlineMs: this.#context.poll.deadlineMs, signal: this.#abort.signal, ...options };
  }

  /** Runs one part of the poll; `work` gives 'not due' when this poll is not its turn, and the last outcome stands. */
  async #group(group: PollGroup, work: () => Promise<'not due' | undefined>): Promise<void> {
    const { outcomes, onChange } = this.#context;
    const before = outcomes.get(group);
    const startedAt = performance.now();
    const outcome = (success: boolean): PollOutcome => {
      const lastSuccessAt = success ? Date.now() : before?.lastSuccessAt;
      const durationSeconds = (performance.now() - startedAt) / 1000;
      return { success, durationSeconds, ...(lastSuccessAt === undefined ? {} : { lastSuccessAt }) };
    };
    try {
      if ((await work()) === 'not due') return;
      outcomes.set(group, outcome(true));
      if (before?.success === false) onChange({ kind: 'poll.recovered', group });
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      outcomes.set(group, outcome(false));
      if (before?.success !== false) onChange({ kind: 'poll.failed', group, error: hostError(error) });
    }
  }

  /** Tier A, whole when nothing holds it up, and by chunks of known domains when something does. */
  async #inventory(): Promise<Inventory> {
    const askedAt = Date.now();
    if (this.#control.load.abandoned === 0) {
      try {
        const inventory = await this.#wholeInventory();
        this.#context.domains.applyInventory(inventory.states, askedAt);
        await this.#fetchFlags();
        return inventory;
      } catch (error) {
        await this.#requireAlive(error);
      }
    }
    return await this.#chunkedInventory();
  }

  async #wholeInventory(): Promise<Inventory> {
    const bulk = await this.#support.try('CONNECT_GET_ALL_DOMAIN_STATS', () =>
      fetchBulkInventory(this.#control, this.#options({ lane: 'urgent' })),
    );
    return bulk ?? (await fetchListedInventory(this.#control, this.#options({ lane: 'urgent' })));
  }

  /** Ends the session when the daemon does not answer the cheapest call either; rethrows what is not its silence. */
  async #requireAlive(error: unknown): Promise<void> {
    try {
      await this.#control.host.libvirtVersion(this.#options({ lane: 'urgent' }));
    } catch {
      this.#silence = error;
      await this.close();
      throw error;
    }
  }

  /** One domain whose object is locked (a huge guest that starts or is torn down) holds up every call over all of them. */
  async #chunkedInventory(): Promise<Inventory> {
    const { domains } = this.#context;
    const result = await this.#inventoryByChunk.poll(domains.all());
    const inventory = inventoryOf([...result.records.values()]);
    for (const record of inventory.states) domains.applyEvent(record);
    if (result.failure !== undefined) throw result.failure;
    return inventory;
  }

  async #fetchStatistics(inventory: Inventory | undefined): Promise<undefined> {
    const { domains } = this.#context;
    const lockless = inventory?.statistics ?? new Map<string, DomainStats>();
    if (this.#support.lacks('CONNECT_GET_ALL_DOMAIN_STATS')) {
      const records = new Map<string, DomainStats>();
      for (const domain of domains.active()) {
        const connection = await this.#statisticsConnections.acquire();
        const record = await fetchDomainStatistics(connection, this.#support, domain, domain.xml, this.#options());
        records.set(domain.uuid, record);
      }
      domains.applyStatistics(lockless, records, new Map(), Date.now());
      return;
    }
    const { records, quarantine, failure } = await this.#statistics.poll(domains.active());
    domains.applyStatistics(lockless, records, quarantine, Date.now());
    if (failure !== undefined) throw failure;
  }

  /** Which domains are persistent, start by themselves, have a saved image: filtered lists, no call a domain. */
  async #fetchFlags(): Promise<void> {
    if (Date.now() - this.#flagsReadAt < this.#context.poll.slowIntervalMs) return;
    const options = this.#options({ lane: 'urgent' });
    const persistent = await this.#control.domains.list({ persistent: true }, options);
    const autostart = await this.#control.domains.list({ autostart: true }, options);
    const saved = await this.#savedDomains(options);
    const uuids = (domains: readonly DomainRef[]): ReadonlySet<string> => new Set(domains.map(({ uuid }) => uuid));
    this.#context.domains.applyFlags(
      uuids(persistent),
      uuids(autostart),
      saved === undefined ? undefined : uuids(saved),
    );
    this.#flagsReadAt = Date.now();
  }

  /** Undefined where the driver refuses the filter, with whatever error: nothing else may fail for that. */
  async #savedDomains(options: CallOptions): Promise<readonly DomainRef[] | undefined> {
    try {
      return await this.#control.domains.list({ managedSave: true }, options);
    } catch (error) {
      if (error instanceof RemoteError) return undefined;
      throw error;
    }
  }

  async #fetchPools(): Promise<'not due' | undefined> {
    if (Date.now() - this.#poolsReadAt < this.#context.poll.slowIntervalMs) return 'not due';
    this.#poolsReadAt = Date.now();
    const connection = await this.#statisticsConnections.acquire();
    const pools = await this.#support.try('CONNECT_LIST_ALL_STORAGE_POOLS', () =>
      fetchPools(connection, this.#options({ lane: 'bulk' })),
    );
    this.pools = pools ?? [];
    return undefined;
  }
}
