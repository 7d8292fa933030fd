// SPDX-License-Identifier: Apache-2.0
// The read-write connections of one host: opened for the first action, closed when nothing has used them for a while.
// A call to a frozen QEMU may hang for ever and keeps its slot, so there can be several; and what must get through all
// the same (force off) has connections of its own, which nothing else can clog.

import type { Connection } from '@vireo/libvirt';

const IDLE_MS = 60_000;
/** With those of the polls that is the most a host's daemon sees of us. */
const LIMITS = { normal: 3, urgent: 2 } as const;

/** Which connections a piece of work may use: `urgent` ones are kept free of what may hang. */
export type ControlLane = keyof typeof LIMITS;

/** Every slot of every allowed connection is held by a call that does not return. Nothing was sent. */
export class ControlCloggedError extends Error {
  override readonly name = 'ControlCloggedError';
  readonly code = 'VIREO_BUSY';

  constructor(hungCalls: number) {
    super(`${String(hungCalls)} calls hang in libvirtd, so no more are made until one returns; look for frozen guests`);
  }
}

/** How to make {@link ActionConnections}. */
export interface ActionConnectionsOptions {
  readonly open: (signal: AbortSignal) => Promise<Connection>;
  /** Calls in flight one connection allows. */
  readonly slots: number;
  /** 60 s when left out. */
  readonly idleMs?: number;
}

/** Opens, lends and closes them. */
export class ActionConnections {
  readonly #lanes: Readonly<Record<ControlLane, Lane>>;
  readonly #stop = new AbortController();

  constructor({ open, slots, idleMs = IDLE_MS }: ActionConnectionsOptions) {
    const lane = (limit: number): Lane => new Lane({ open: () => open(this.#stop.signal), slots, idleMs, limit });
    this.#lanes = { normal: lane(LIMITS.normal), urgent: lane(LIMITS.urgent) };
  }

  /**
   * Runs `work` with a connection that has room for its calls.
   * Rejects with what `work` rejects with, the client's errors of connecting, or {@link ControlCloggedError}.
   */
  async with<T>(work: (connection: Connection) => Promise<T>, lane: ControlLane = 'normal'): Promise<T> {
    return await this.#lanes[lane].with(work);
  }

  /** Ends all of them, calls in flight included. */
  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(Object.values(this.#lanes).map((lane) => lane.close()));
  }
}

export interface LaneOptions {
  readonly open: () => Promise<Connection>;
  readonly slots: number;
  readonly idleMs: number;
  /** Connections at most. */
  readonly limit: number;
}

interface Lent {
  readonly connection: Connection;
  users: number;
}

/** Connections for one kind of work. */
export class Lane {
  readonly #options: LaneOptions;
  #lent: Lent[] = [];
  #opening: Promise<Lent> | undefined;
  #idle: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  async with<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const lent = await this.#acquire();
    lent.users += 1;
    try {
      return await work(lent.connection);
    } finally {
      lent.users -= 1;
      this.#closeWhenIdle();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idle);
    await Promise.all(this.#lent.splice(0).map(({ connection }) => connection.close()));
  }

  async #acquire(): Promise<Lent> {
    const { slots, limit } = this.#options;
    const best = this.#lent.toSorted((a, b) => occupied(a) - occupied(b))[0];
    // One slot stays free for the questions that tell how an action went.
    if (best !== undefined && occupied(best) < slots - 1) return best;
    if (this.#lent.length < limit) {
      this.#opening ??= this.#open().finally(() => {
        this.#opening = undefined;
      });
      return await this.#opening;
    }
    if (best === undefined || best.connection.load.abandoned >= slots) {
      throw new ControlCloggedError(this.#lent.reduce((sum, { connection }) => sum + connection.load.abandoned, 0));
    }
    return best;
  }

  async #open(): Promise<Lent> {
    const lent = { connection: await this.#options.open(), users: 0 };
    this.#lent.push(lent);
    if (this.#closed) await this.close();
    void lent.connection.closed.then(() => {
      this.#lent = this.#lent.filter((other) => other !== lent);
    });
    return lent;
  }

  #closeWhenIdle(): void {
    clearTimeout(this.#idle);
    if (this.#closed) return;
    this.#idle = setTimeout(() => {
      // A hung call goes on in the daemon whether or not we listen: forgetting it would only let us hang more.
      const idle = this.#lent.filter(({ users, connection }) => users === 0 && connection.load.abandoned === 0);
      this.#lent = this.#lent.filter((lent) => !idle.includes(lent));
      for (const { connection } of idle) void connection.close();
      if (this.#lent.length > 0) this.#closeWhenIdle();
    }, this.#options.idleMs);
    this.#idle.unref();
  }
}

function occupied({ connection }: Lent): number {
  const { inFlight, abandoned, queued } = connection.load;
  return inFlight + abandoned + queued;
}
