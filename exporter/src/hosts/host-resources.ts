// SPDX-License-Identifier: Apache-2.0
// What a host has beside its domains and rarely changes: storage pools, networks, NUMA cells. Each is read once in an
// interval, or at the next poll when an event says that it changed.

import type { CallOptions, Connection } from '@vireo/libvirt';
import type { MetricGroup } from '../contract/groups.ts';
import type { DriverSupport } from './driver-support.ts';
import { isCutOff } from './host-error.ts';
import type { HungCalls } from './hung-calls.ts';
import { fetchNetworks } from './networks.ts';
import { fetchCells } from './numa.ts';
import { fetchPools } from './pools.ts';
import type { NetworkSnapshot, NumaCellSnapshot, PoolSnapshot } from './snapshot.ts';

/** What reading them needs from the session. */
export interface HostResourcesContext {
  /** Those that are on; of the others nothing is asked. */
  readonly groups: ReadonlySet<MetricGroup>;
  readonly slowIntervalMs: number;
  readonly support: DriverSupport;
  readonly hung: HungCalls;
  /** A connection for calls that may hang. */
  readonly acquire: () => Promise<Connection>;
  /** Closes the connections of `acquire`: new ones are opened for the next question. */
  readonly retire: () => void;
  readonly options: (options?: CallOptions) => CallOptions;
}

/** Reads what one host has. */
export class HostResources {
  readonly pools: SlowReading<readonly PoolSnapshot[]>;
  readonly networks: SlowReading<readonly NetworkSnapshot[]>;
  readonly cells: SlowReading<readonly NumaCellSnapshot[]>;

  constructor(context: HostResourcesContext) {
    const { groups, support, hung, acquire } = context;
    const source = { acquire, hung };
    const options = (): CallOptions => context.options({ lane: 'bulk' });
    this.pools = new SlowReading(context, ['pool', 'volume'], () =>
      support.try('CONNECT_LIST_ALL_STORAGE_POOLS', () => fetchPools(source, groups.has('volume'), options())),
    );
    this.networks = new SlowReading(context, ['network', 'lease'], () =>
      support.try('CONNECT_LIST_ALL_NETWORKS', () => fetchNetworks(source, groups.has('lease'), options())),
    );
    this.cells = new SlowReading(context, ['numa', 'hugepage'], () =>
      hung.run('NUMA cells', acquire, (connection) =>
        fetchCells(connection, support, groups.has('hugepage'), options()),
      ),
    );
  }
}

/** One thing that is read seldom, for the groups that show it. */
class SlowReading<T> {
  readonly #context: HostResourcesContext;
  readonly #isOn: boolean;
  readonly #read: () => Promise<T | undefined>;
  #value: T | undefined;
  #readAt = -Infinity;

  constructor(context: HostResourcesContext, groups: readonly MetricGroup[], read: () => Promise<T | undefined>) {
    this.#context = context;
    this.#isOn = groups.some((group) => context.groups.has(group));
    this.#read = read;
  }

  /** The newest; `undefined` when there is none, or the last reading failed: the old is not shown for new. */
  get value(): T | undefined {
    return this.#value;
  }

  /** It is read again at the next poll. */
  hurry(): void {
    this.#readAt = -Infinity;
  }

  /** Reads it when its time has come. */
  async refresh(): Promise<'not due' | undefined> {
    const now = performance.now();
    if (!this.#isOn || now - this.#readAt < this.#context.slowIntervalMs) return 'not due';
    // Before the question: an event that comes meanwhile asks for another one.
    this.#readAt = now;
    try {
      this.#value = await this.#read();
    } catch (error) {
      this.#value = undefined;
      if (isCutOff(error)) {
        // The same question may succeed at the next poll, over a new connection.
        this.#context.retire();
        this.hurry();
      }
      throw error;
    }
    return undefined;
  }
}
