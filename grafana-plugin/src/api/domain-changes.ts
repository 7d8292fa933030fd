// SPDX-License-Identifier: Apache-2.0
// What events tell of domains, put into the lists that are shown: a state shows at once, however long the whole list
// takes to read. A list that was asked for before an event is corrected when it comes.

import type { InfiniteData, Query, QueryClient } from '@tanstack/react-query';
import type { ChangeEvent, DomainBrief, DomainList, TaskEvent } from '@vireo/exporter/contract';
import type { DomainFilter } from '../urls';
import { getDomain } from './api';
import { KEYS } from './queries';

type StateEvent = Extract<ChangeEvent, { type: 'domain.state' }>;
type Pages = InfiniteData<DomainList>;

/** Longer than any list takes to come. */
const KEPT_MS = 60_000;
const KEPT_MAX = 1000;
/** Lists up to that long are read anew at once; of longer ones the row alone, for the actions it allows now. */
const SHORT_LIST = 500;
/** Rows asked for at the same time; more than that come with the whole list. */
const ROWS_MAX = 8;

const ofClient = new WeakMap<QueryClient, DomainChanges>();

/** The changes of one store. */
export function changesOf(client: QueryClient): DomainChanges {
  const known = ofClient.get(client) ?? new DomainChanges(client);
  ofClient.set(client, known);
  return known;
}

/**
 * Whether a list may be another one after an event: it has that domain, or could have it. A panel with one domain must not
 * ask again whenever any of ten thousand changes.
 */
export function concerns(event: ChangeEvent | TaskEvent, { queryKey, state }: Query): boolean {
  const { host, q } = queryKey[1] as DomainFilter;
  if (host !== undefined && host.length > 0 && !host.includes(event.host)) {
    return false;
  }
  const isNew = event.type === 'domain.added' || !('domain' in event);
  if (isNew || q === undefined || q === '') {
    return true;
  }
  const { uuid, name } = event.domain;
  const wanted = q.toLowerCase();
  return (
    name.toLowerCase().includes(wanted) ||
    uuid.includes(wanted) ||
    (state.data as Pages | undefined)?.pages.some(({ items }) => items.some((row) => row.uuid === uuid)) === true
  );
}

/** See the head of this file. */
export class DomainChanges {
  readonly #client: QueryClient;
  /** By host and UUID, the oldest first. */
  readonly #changes = new Map<string, { readonly atMs: number; readonly change: Partial<DomainBrief> }>();
  #rowsAsked = 0;

  constructor(client: QueryClient) {
    this.#client = client;
  }

  /** An event told a state. */
  stateSeen({ host, domain: { uuid }, to, reason }: StateEvent): void {
    this.#change(host, uuid, { state: to, reason });
    if (this.longestList() > SHORT_LIST && this.#rowsAsked < ROWS_MAX) {
      void this.#askRow(host, uuid);
    }
  }

  /** Domains of the longest list that is kept. */
  longestList(): number {
    const lists = this.#client.getQueriesData<Pages>({ queryKey: KEYS.domainLists });
    return Math.max(0, ...lists.map(([, data]) => data?.pages.at(-1)?.total ?? 0));
  }

  /** Rows that were asked for at `askedAtMs`, with what was told since. */
  applyTo(rows: DomainBrief[], askedAtMs: number): DomainBrief[] {
    this.#forget();
    if (this.#changes.size === 0) {
      return rows;
    }
    return rows.map((row) => {
      const known = this.#changes.get(keyOf(row.host, row.uuid));
      return known !== undefined && known.atMs >= askedAtMs ? { ...row, ...known.change } : row;
    });
  }

  async #askRow(host: string, uuid: string): Promise<void> {
    this.#rowsAsked += 1;
    try {
      const { id, state, reason, allowedActions, refusedActions, refusalCodes } = await getDomain({ host, uuid });
      this.#change(host, uuid, { id, state, reason, allowedActions, refusedActions, refusalCodes });
    } catch {
      // The whole list tells, later, and what is wrong with it is shown there.
    } finally {
      this.#rowsAsked -= 1;
    }
  }

  #change(host: string, uuid: string, change: Partial<DomainBrief>): void {
    const key = keyOf(host, uuid);
    this.#changes.delete(key);
    this.#changes.set(key, { atMs: Date.now(), change });
    this.#forget();
    this.#client.setQueriesData<Pages>({ queryKey: KEYS.domainLists }, (data) => data && changed(data, key, change));
  }

  #forget(): void {
    const now = Date.now();
    for (const [key, { atMs }] of this.#changes) {
      if (now - atMs < KEPT_MS && this.#changes.size <= KEPT_MAX) {
        return;
      }
      this.#changes.delete(key);
    }
  }
}

/** The same lists where nothing fits, so that nothing is drawn anew. */
function changed(data: Pages, key: string, change: Partial<DomainBrief>): Pages {
  const fits = (row: DomainBrief) => keyOf(row.host, row.uuid) === key;
  if (!data.pages.some((page) => page.items.some(fits))) {
    return data;
  }
  const pages = data.pages.map((page) => ({
    ...page,
    items: page.items.map((row) => (fits(row) ? { ...row, ...change } : row)),
  }));
  return { ...data, pages };
}

function keyOf(host: string, uuid: string): string {
  return `${host}/${uuid}`;
}
