// SPDX-License-Identifier: Apache-2.0
// Snapshots and checkpoints: how many a domain has, how old. Two filtered lists say which domains have any, so the others
// cost nothing; of those only the first and the last of each line are read, as nothing in between is older or newer. No
// call here takes a job or asks a monitor. libvirt has no event for them.

import { RemoteError } from '@vireo/libvirt';
import type { CallOptions, CheckpointRef, Connection, DomainFilter, SnapshotRef } from '@vireo/libvirt';
import { parseCreationTime } from '../xml/creation-time.ts';
import { askable, forget, observeEach } from './domain-calls.ts';
import type { DomainCallsContext } from './domain-calls.ts';
import { DomainRounds } from './domain-rounds.ts';
import { isUnsupported } from './driver-support.ts';
import type { PointsInTime } from './observations.ts';
import type { DomainSnapshot } from './snapshot.ts';

/** Documents read of one domain in one round; what is left comes with the next. */
const DOCUMENTS_MAX = 32;

type Kind = 'snapshots' | 'checkpoints';

const PROCEDURES: Readonly<Record<Kind, string>> = {
  snapshots: 'DOMAIN_LIST_ALL_SNAPSHOTS',
  checkpoints: 'DOMAIN_LIST_ALL_CHECKPOINTS',
};

const FILTERS: Readonly<Record<Kind, DomainFilter>> = {
  snapshots: { hasSnapshot: true },
  checkpoints: { hasCheckpoint: true },
};

/** How one kind is asked for. */
interface Source<P extends { readonly name: string }> {
  readonly list: (filter?: { readonly roots: true } | { readonly leaves: true }) => Promise<readonly P[]>;
  readonly xml: (point: P) => Promise<string>;
}

/** Reads snapshots or checkpoints of one host's domains. */
export class DomainPoints {
  readonly #kind: Kind;
  readonly #context: DomainCallsContext;
  readonly #rounds: DomainRounds;
  /** By the domain's UUID: when each of its points was made, by name. */
  readonly #madeAt = new Map<string, ReadonlyMap<string, number>>();
  #listedAt = -Infinity;
  /** The domains that have any; undefined where the driver does not tell. */
  #having: ReadonlySet<string> | undefined;
  #driverHasThem = false;

  constructor(kind: Kind, context: DomainCallsContext) {
    this.#kind = kind;
    this.#context = context;
    this.#rounds = new DomainRounds(context);
  }

  /** Rejects with the first failure; of a domain that did not answer nothing is shown. */
  async refresh(): Promise<'not due' | undefined> {
    const { domains } = this.#context;
    forget(this.#madeAt, domains);
    const listed = await this.#list();
    const having = this.#having;
    if (having === undefined) return 'not due';
    const all = domains.all();
    // Of a domain that came after the list nothing is known yet.
    for (const domain of listed ? all : []) {
      if (having.has(domain.uuid)) continue;
      this.#show(domain, { count: 0 });
      this.#madeAt.delete(domain.uuid);
    }
    const due = this.#rounds.due(all.filter(({ uuid }) => having.has(uuid)));
    const procedure = PROCEDURES[this.#kind];
    const asked = await observeEach(this.#context, due, procedure, this.#kind, async (connection, domain, options) => {
      this.#rounds.asked(domain.uuid);
      return await this.#read(connection, domain, options);
    });
    return listed || asked === undefined ? undefined : 'not due';
  }

  /** Which domains have any. Gives whether it was time to ask. */
  async #list(): Promise<boolean> {
    const { hung, acquire, deadlineMs, signal, slowIntervalMs } = this.#context;
    const now = performance.now();
    if (now - this.#listedAt < slowIntervalMs) return false;
    this.#listedAt = now;
    try {
      const list = await hung.run(`list of domains with ${this.#kind}`, acquire, (connection) =>
        connection.domains.list(FILTERS[this.#kind], { deadlineMs, signal, lane: 'bulk' }),
      );
      this.#driverHasThem ||= list.length > 0 || (await this.#askDriver());
      this.#having = this.#driverHasThem ? new Set(list.map(({ uuid }) => uuid)) : undefined;
    } catch (error) {
      this.#having = undefined;
      for (const domain of this.#context.domains.all()) this.#show(domain, undefined);
      // A daemon older than the filter refuses it, each driver with another error.
      if (error instanceof RemoteError) return true;
      this.#listedAt = -Infinity;
      throw error;
    }
    return true;
  }

  /** A driver that has no such thing at all filters its list all the same, as LXC does: ask it about some domain. */
  async #askDriver(): Promise<boolean> {
    const { support, hung, acquire, domains, deadlineMs, signal } = this.#context;
    const [some] = askable(this.#context, domains.all());
    if (some === undefined) {
      this.#listedAt = -Infinity;
      return false;
    }
    const answer = await support.try(PROCEDURES[this.#kind], () =>
      hung.run(`${this.#kind} of ${some.uuid}`, acquire, ({ snapshots }) => {
        const options = { deadlineMs, signal, lane: 'bulk' } as const;
        return this.#kind === 'snapshots'
          ? snapshots.list(some, undefined, options)
          : snapshots.checkpoints(some, undefined, options);
      }),
    );
    return answer !== undefined;
  }

  async #read(connection: Connection, domain: DomainSnapshot, options: CallOptions): Promise<PointsInTime> {
    const { snapshots } = connection;
    if (this.#kind === 'checkpoints') {
      return await this.#readTimes<CheckpointRef>(domain.uuid, undefined, {
        list: (filter) => snapshots.checkpoints(domain, filter, options),
        xml: (point) => snapshots.checkpointXml(point, options),
      });
    }
    const current = await optional(snapshots.current(domain, options));
    return await this.#readTimes<SnapshotRef>(domain.uuid, current?.name, {
      list: (filter) => snapshots.list(domain, filter, options),
      xml: (point) => snapshots.xml(point, options),
    });
  }

  async #readTimes<P extends { readonly name: string }>(
    uuid: string,
    current: string | undefined,
    source: Source<P>,
  ): Promise<PointsInTime> {
    const all = await source.list();
    const ends =
      all.length < 2 ? all : [...(await source.list({ roots: true })), ...(await source.list({ leaves: true }))];
    const known = this.#madeAt.get(uuid);
    const madeAt = new Map<string, number>();
    let documents = 0;
    for (const point of ends) {
      if (madeAt.has(point.name)) continue;
      // One that was deleted and made anew under its old name is mostly the one the domain is at now.
      const before = point.name === current ? undefined : known?.get(point.name);
      if (before === undefined && documents++ >= DOCUMENTS_MAX) continue;
      const at = before ?? parseCreationTime(await source.xml(point));
      if (at !== undefined) madeAt.set(point.name, at);
    }
    this.#madeAt.set(uuid, madeAt);
    const isWhole = ends.every(({ name }) => madeAt.has(name)) && madeAt.size > 0;
    return {
      count: all.length,
      ...(isWhole ? { newestAt: Math.max(...madeAt.values()), oldestAt: Math.min(...madeAt.values()) } : {}),
      ...(current === undefined ? {} : { current }),
    };
  }

  #show(domain: DomainSnapshot, points: PointsInTime | undefined): void {
    this.#context.domains.observe(domain, { [this.#kind]: points });
  }
}

/** Undefined where the driver does not tell. */
async function optional<T>(call: Promise<T | null>): Promise<T | undefined> {
  try {
    return (await call) ?? undefined;
  } catch (error) {
    if (isUnsupported(error)) return undefined;
    throw error;
  }
}
