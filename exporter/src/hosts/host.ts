// SPDX-License-Identifier: Apache-2.0
// One configured host for as long as Vireo runs: connect, poll, lose, wait, connect again. Whatever happens here stays
// here: hosts share nothing but the process.

import { backOffMs } from './back-off.ts';
import type { HostChange } from './changes.ts';
import { DomainTable } from './domain-table.ts';
import { hostError } from './host-error.ts';
import { HostSession } from './session.ts';
import type { OpenConnection, PollOptions, SessionContext } from './session.ts';
import type {
  HostFacts,
  HostSnapshot,
  HostState,
  PollGroup,
  PollOutcome,
  PoolSnapshot,
  NodeSnapshot,
} from './snapshot.ts';

/** Events come in bursts; one snapshot serves all of a burst. */
const EVENT_SETTLE_MS = 100;

/** What makes a host. */
export interface HostOptions {
  /** The configured name. */
  readonly name: string;
  /** The URI as pages may show it. */
  readonly uri: string;
  readonly simulated: boolean;
  readonly poll: PollOptions;
  readonly open: OpenConnection;
  readonly onSnapshot: (snapshot: HostSnapshot) => void;
  readonly onChange: (change: HostChange) => void;
}

/** Watches one host. */
export class Host {
  readonly name: string;
  readonly #options: HostOptions;
  readonly #domains: DomainTable;
  readonly #outcomes = new Map<PollGroup, PollOutcome>();
  readonly #stop = new AbortController();
  #state: HostState = { kind: 'connecting', since: Date.now() };
  #facts: HostFacts | undefined;
  #node: NodeSnapshot | undefined;
  #pools: readonly PoolSnapshot[] = [];
  #domainsKnown = false;
  #generation = 0;
  #snapshot: HostSnapshot;
  #settling: NodeJS.Timeout | undefined;
  #goingStale: NodeJS.Timeout | undefined;
  #wake: (() => void) | undefined;
  #running: Promise<void> | undefined;

  constructor(options: HostOptions) {
    this.name = options.name;
    this.#options = options;
    this.#domains = new DomainTable(options.onChange);
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

  /** Stops polling and closes the connections. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake?.();
    await this.#running;
    clearTimeout(this.#settling);
    clearTimeout(this.#goingStale);
  }

  async #run(delayMs: number): Promise<void> {
    let failures = 0;
    await this.#sleep(delayMs);
    while (!this.#isStopped()) {
      const error = await this.#live(() => {
        failures = 0;
      });
      if (this.#isStopped()) return;
      failures += 1;
      await this.#lose(error, backOffMs(failures));
    }
  }

  /** Connects and polls until the connection ends; the value is why it did. */
  async #live(onUp: () => void): Promise<unknown> {
    let session: HostSession;
    try {
      session = await HostSession.open(this.#sessionContext(), this.#stop.signal);
    } catch (error) {
      return error;
    }
    onUp();
    clearTimeout(this.#goingStale);
    const { driver, libvirtVersion } = session.facts;
    this.#facts = session.facts;
    this.#state = { kind: 'up', since: Date.now() };
    this.#options.onChange({ kind: 'host.up', driver, libvirtVersion });
    const closeOnStop = (): void => {
      void session.close();
    };
    this.#stop.signal.addEventListener('abort', closeOnStop);
    const polling = this.#pollWhile(session);
    const reason = await session.ended;
    this.#stop.signal.removeEventListener('abort', closeOnStop);
    await session.close();
    await polling;
    return reason;
  }

  /** Polls at a steady beat; a poll that outlasts its interval makes the next one wait for the next beat. */
  async #pollWhile(session: HostSession): Promise<void> {
    const { intervalMs } = this.#options.poll;
    let ended = false;
    void session.ended.then(() => {
      ended = true;
      this.#wake?.();
    });
    // Read through a function: the compiler would take `ended` for false after each check.
    const over = (): boolean => ended || this.#isStopped();
    const firstAt = performance.now();
    while (!over()) {
      await session.poll(() => {
        if (!over()) this.#takeOver(session);
      });
      if (over()) return;
      this.#takeOver(session);
      await this.#sleep(intervalMs - ((performance.now() - firstAt) % intervalMs));
    }
  }

  #takeOver(session: HostSession): void {
    this.#node = session.node;
    this.#pools = session.pools;
    if (this.#outcomes.get('inventory')?.success === true) this.#domainsKnown = true;
    this.#publish();
  }

  async #lose(error: unknown, retryInMs: number): Promise<void> {
    const known = hostError(error);
    const { intervalMs, staleAfterPolls } = this.#options.poll;
    if (this.#state.kind !== 'lost') {
      this.#goingStale = setTimeout(() => {
        this.#forget();
      }, intervalMs * staleAfterPolls);
    }
    const since = this.#state.kind === 'lost' ? this.#state.since : Date.now();
    this.#state = { kind: 'lost', since, error: known, nextAttemptAt: Date.now() + retryInMs };
    this.#node = undefined;
    this.#options.onChange({ kind: 'host.lost', error: known, retryInMs });
    this.#publish();
    await this.#sleep(retryInMs);
  }

  /** Old numbers are not shown for ever: Prometheus must see the series of a lost host end. */
  #forget(): void {
    this.#domains.clear();
    this.#pools = [];
    this.#facts = undefined;
    this.#domainsKnown = false;
    this.#publish();
  }

  #sessionContext(): SessionContext {
    const { open, poll, onChange } = this.#options;
    return {
      open,
      poll,
      domains: this.#domains,
      outcomes: this.#outcomes,
      onChange,
      onEvent: () => {
        this.#settling ??= setTimeout(() => {
          this.#settling = undefined;
          this.#publish();
        }, EVENT_SETTLE_MS);
      },
    };
  }

  #publish(): void {
    this.#generation += 1;
    this.#snapshot = this.#build();
    this.#options.onSnapshot(this.#snapshot);
  }

  #build(): HostSnapshot {
    const { name, uri, simulated } = this.#options;
    return {
      host: name,
      uri,
      simulated,
      state: this.#state,
      generation: this.#generation,
      ...(this.#facts === undefined ? {} : { facts: this.#facts }),
      ...(this.#node === undefined ? {} : { node: this.#node }),
      domains: this.#domains.snapshot(),
      domainsKnown: this.#domainsKnown,
      pools: this.#pools,
      polls: new Map(this.#outcomes),
    };
  }

  #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Sleeps until `ms` have passed or `#wake` is called. */
  async #sleep(ms: number): Promise<void> {
    if (ms <= 0 || this.#isStopped()) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }
}
