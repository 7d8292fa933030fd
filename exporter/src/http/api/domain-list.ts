// SPDX-License-Identifier: Apache-2.0
// One page of the list of domains: filtered, sorted, and cut after a cursor.

import { readCursor, writeCursor } from './cursor.ts';
import { compareText } from './domain-index.ts';
import type { DomainEntry } from './domain-index.ts';
import type { DomainSort } from '../../contract/api.ts';

/** What is asked for. */
export interface DomainListQuery {
  /** Only these hosts. */
  readonly hosts?: ReadonlySet<string>;
  /** Only these states. */
  readonly states?: ReadonlySet<string>;
  /** Text to be found in name, UUID or title, whatever the case. */
  readonly search?: string;
  readonly sort: DomainSort;
  /** Most domains of the page. */
  readonly limit: number;
  readonly cursor?: string;
}

/** One page. */
export interface DomainPage {
  readonly entries: readonly DomainEntry[];
  /** Domains that fit, on all pages together. */
  readonly total: number;
  /** Of the next page; absent on the last. */
  readonly nextCursor?: string;
}

type Key = (entry: DomainEntry) => string;

const BY_NAME: readonly Key[] = [(e) => e.domain.name, (e) => e.host.host, (e) => e.domain.uuid];
const KEYS: Readonly<Record<'name' | 'host' | 'state', readonly Key[]>> = {
  name: BY_NAME,
  host: [(e) => e.host.host, ...BY_NAME],
  state: [(e) => e.domain.state, ...BY_NAME],
};

/**
 * Cuts one page out of all domains.
 *
 * @param entries in the order of the index, by name
 * @param visible whether whoever asks may see a domain
 * @throws HttpProblem VIREO_CURSOR
 */
export function listDomains(
  entries: readonly DomainEntry[],
  query: DomainListQuery,
  visible: (entry: DomainEntry) => boolean,
): DomainPage {
  const { hosts, states, sort, limit, cursor } = query;
  const search = query.search?.toLowerCase();
  const fitting = entries.filter(
    (entry) =>
      (hosts === undefined || hosts.has(entry.host.host)) &&
      (states === undefined || states.has(entry.domain.state)) &&
      (search === undefined || entry.searchText.includes(search)) &&
      visible(entry),
  );
  const descending = sort.startsWith('-');
  const keys = KEYS[fieldOf(sort)];
  if (sort !== 'name') {
    fitting.sort((a, b) => {
      const order = compareKeys(keys, a, b);
      return descending ? -order : order;
    });
  }
  const after = cursor === undefined ? undefined : readCursor(cursor, sort, keys.length);
  const start = after === undefined ? 0 : countUpTo(fitting, keys, after, descending);
  const page = fitting.slice(start, start + limit);
  const last = page.at(-1);
  const more = last !== undefined && start + page.length < fitting.length;
  return {
    entries: page,
    total: fitting.length,
    ...(more
      ? {
          nextCursor: writeCursor(
            sort,
            keys.map((key) => key(last)),
          ),
        }
      : {}),
  };
}

function fieldOf(sort: DomainSort): 'name' | 'host' | 'state' {
  switch (sort) {
    case 'name':
    case '-name':
      return 'name';
    case 'host':
    case '-host':
      return 'host';
    case 'state':
    case '-state':
      return 'state';
  }
}

function compareKeys(keys: readonly Key[], a: DomainEntry, b: DomainEntry): number {
  for (const key of keys) {
    const order = compareText(key(a), key(b));
    if (order !== 0) return order;
  }
  return 0;
}

/** How many entries of a sorted list stand at or before a key, by bisection. */
function countUpTo(
  entries: readonly DomainEntry[],
  keys: readonly Key[],
  after: readonly string[],
  descending: boolean,
): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = entries[middle];
    if (entry !== undefined && isPast(entry, keys, after, descending)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function isPast(entry: DomainEntry, keys: readonly Key[], after: readonly string[], descending: boolean): boolean {
  for (const [i, key] of keys.entries()) {
    const order = compareText(key(entry), after[i] ?? '');
    if (order !== 0) return descending ? order < 0 : order > 0;
  }
  return false;
}
