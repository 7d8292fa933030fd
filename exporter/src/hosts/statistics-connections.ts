// SPDX-License-Identifier: Apache-2.0
// The connections for calls that may hang on a guest. A hung call keeps its slot for good, and libvirtd stops reading a
// socket whose slots are all taken; so when the slots of one connection are lost to hung calls, another is opened, up to
// a limit that leaves the daemon's workers (20 by default, shared with everybody) mostly alone.

import type { Connection } from '@vireo/libvirt';

/** At most so many connections; with three slots each for such calls, at most nine of the daemon's workers hang for us. */
const MAX_CONNECTIONS = 3;

/** All slots of all allowed connections are held by calls that do not return. */
export class StatisticsCloggedError extends Error {
  override readonly name = 'StatisticsCloggedError';
  readonly code = 'VIREO_STATISTICS_CLOGGED';

  constructor(hungCalls: number) {
    super(`${String(hungCalls)} calls hang in libvirtd: no more are made until one returns; look for frozen guests`);
  }
}

/** Opens, picks and closes the statistics connections of one host. All that may hang goes in the lane `bulk`. */
export class StatisticsConnections {
  readonly #open: () => Promise<Connection>;
  readonly #slots: number;
  readonly #limit: number;
  #connections: Connection[] = [];
  readonly #retired = new WeakSet<Connection>();
  #opening: Promise<Connection> | undefined;
  #closed = false;

  /**
   * @param maxInFlight calls in flight one connection allows; the lane `bulk` may have all but one of them
   * @param limit connections at most
   */
  constructor(open: () => Promise<Connection>, maxInFlight: number, limit = MAX_CONNECTIONS) {
    this.#open = open;
    this.#limit = limit;
    this.#slots = Math.max(1, maxInFlight - 1);
  }

  /** Calls that can be made now without waiting for a hung one; at least 1, so that a run makes its try. */
  get width(): number {
    const best = this.#leastHung();
    return best === undefined ? this.#slots : Math.max(1, this.#free(best));
  }

  /**
   * The connection with most free slots; opens one when there is none, or when hung calls took half of the last one.
   * Rejects with the client's errors, or {@link StatisticsCloggedError}.
   */
  async acquire(): Promise<Connection> {
    const best = this.#leastHung();
    if (best !== undefined && this.#free(best) > this.#slots / 2) return best;
    if (!this.#closed && this.#connections.length < this.#limit) {
      try {
        return await this.#openAnother();
      } catch (error) {
        if (best === undefined || this.#free(best) <= 0) throw error;
        return best;
      }
    }
    if (best === undefined || this.#free(best) <= 0) throw new StatisticsCloggedError(this.#hungCalls());
    return best;
  }

  /** What is asked from now on goes over new connections; those of today end when their last call has returned. */
  retire(): void {
    for (const connection of this.#connections) this.#retired.add(connection);
  }

  /** Closes what hung calls made necessary once they have returned, and what is retired. */
  async trim(): Promise<void> {
    const idle = this.#connections.filter(({ load }) => load.abandoned + load.inFlight + load.queued === 0);
    const inUse = idle.filter((connection) => !this.#retired.has(connection)).slice(0, 1);
    const spare = idle.filter((connection) => !inUse.includes(connection));
    this.#connections = this.#connections.filter((connection) => !spare.includes(connection));
    await Promise.all(spare.map((connection) => connection.close()));
  }

  /** Closes all; nothing can be acquired afterwards. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#connections.splice(0).map((connection) => connection.close()));
  }

  #leastHung(): Connection | undefined {
    const current = this.#connections.filter((connection) => !this.#retired.has(connection));
    // Retired ones with hung calls count, so that no more of the daemon's workers hang: they must serve then.
    const usable = this.#connections.length < this.#limit ? current : this.#connections;
    return usable.toSorted((a, b) => this.#free(b) - this.#free(a))[0];
  }

  #free(connection: Connection): number {
    return this.#slots - connection.load.abandoned;
  }

  #hungCalls(): number {
    return this.#connections.reduce((sum, { load }) => sum + load.abandoned, 0);
  }

  /** One attempt at a time, shared by everybody who waits for it. */
  async #openAnother(): Promise<Connection> {
    this.#opening ??= this.#connect().finally(() => {
      this.#opening = undefined;
    });
    return await this.#opening;
  }

  async #connect(): Promise<Connection> {
    const connection = await this.#open();
    this.#connections.push(connection);
    void connection.closed.then(() => {
      this.#connections = this.#connections.filter((other) => other !== connection);
    });
    if (this.#closed) await this.close();
    return connection;
  }
}
