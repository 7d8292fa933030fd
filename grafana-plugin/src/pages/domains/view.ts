// SPDX-License-Identifier: Apache-2.0
// What the table of domains shows: from its address and back (urls.ts, domainsUrl), and which rows that are. Ten thousand
// rows are sorted once and filtered with every key that is pressed.

import { DOMAIN_STATES, type DomainBrief } from '@vireo/exporter/contract';
import type { DomainsView } from '../../urls';

/** Columns that can be sorted by. */
export const SORTS = ['name', 'state', 'host', 'driver'] as const;
const SEARCH_LENGTH_MAX = 200;
const compare = new Intl.Collator('en', { numeric: true }).compare;

/** What an address asks for. What makes no sense is left out: a link that was cut still shows something. */
export function viewOf(parameters: URLSearchParams): DomainsView {
  const host = parameters.getAll('host').filter((name) => name !== '');
  const state = parameters.getAll('state').filter((name) => DOMAIN_STATES.some((known) => known === name));
  const driver = parameters.getAll('driver').filter((name) => name !== '');
  const q = parameters.get('q')?.slice(0, SEARCH_LENGTH_MAX);
  const sort = parameters.get('sort');
  return {
    ...(host.length > 0 && { host }),
    ...(state.length > 0 && { state }),
    ...(driver.length > 0 && { driver }),
    ...(q && { q }),
    ...(sort !== null && SORTS.some((known) => sort === known || sort === `-${known}`) && { sort }),
  };
}

/** A domain among all: its key in the table. */
export function keyOf({ host, uuid }: Pick<DomainBrief, 'host' | 'uuid'>): string {
  return `${host}/${uuid}`;
}

/** All rows in the order that is asked for; those that are equal in it by name and host. */
export function sorted(rows: readonly DomainBrief[], sort = 'name'): readonly DomainBrief[] {
  const isDown = sort.startsWith('-');
  const column = SORTS.find((known) => sort.endsWith(known)) ?? 'name';
  const by = (row: DomainBrief) => row[column] ?? '';
  return [...rows].sort((a, b) => {
    const order = compare(by(a), by(b));
    return (isDown ? -order : order) || compare(a.name, b.name) || compare(a.host, b.host);
  });
}

/** The rows that fit what is searched and filtered for, in the order they are in. */
export function fitting(rows: readonly DomainBrief[], view: DomainsView): readonly DomainBrief[] {
  const { host, state, driver } = view;
  const text = view.q?.trim().toLowerCase() ?? '';
  return rows.filter(
    (row) =>
      (host?.includes(row.host) ?? true) &&
      (state?.includes(row.state) ?? true) &&
      (driver?.includes(row.driver ?? '') ?? true) &&
      (text === '' ||
        row.name.toLowerCase().includes(text) ||
        row.uuid.includes(text) ||
        (row.title?.toLowerCase().includes(text) ?? false)),
  );
}

/** How many rows there are of each value, the most frequent first. */
export function countsOf(rows: readonly DomainBrief[], column: 'state' | 'driver'): ReadonlyArray<[string, number]> {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const value = row[column];
    if (value !== undefined) {
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
  }
  return [...counts].sort(([, a], [, b]) => b - a);
}
