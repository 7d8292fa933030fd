// SPDX-License-Identifier: Apache-2.0
// What the table of hosts shows: from its address and back (urls.ts, fleetUrl), and which hosts those are, in which order.

import type { HostBrief } from '@vireo/exporter/contract';
import type { FleetView } from '../../urls';

/** States of a host, those in trouble first. */
export const HOST_STATES = ['lost', 'connecting', 'up'] as const;
/** Columns that can be sorted by. */
const SORTS = ['host', 'state', 'driver', 'domains', 'cpu', 'memory', 'vcpus', 'promised'] as const;
type Sort = (typeof SORTS)[number];
const SEARCH_LENGTH_MAX = 200;
const compare = new Intl.Collator('en', { numeric: true }).compare;

/** A host with what metrics know of it, as parts of one; what is not known is left out. */
export interface HostRow extends HostBrief {
  readonly cpu?: number;
  readonly memory?: number;
  readonly vcpus?: number;
  readonly promised?: number;
  /** What `cpu` was lately. */
  readonly cpuHistory?: readonly number[];
}

/** What an address asks for. What makes no sense is left out: a link that was cut still shows something. */
export function viewOf(parameters: URLSearchParams): FleetView {
  const state = parameters.getAll('state').filter((name) => HOST_STATES.some((known) => known === name));
  const driver = parameters.getAll('driver').filter((name) => name !== '');
  const q = parameters.get('q')?.slice(0, SEARCH_LENGTH_MAX);
  const sort = parameters.get('sort');
  return {
    ...(state.length > 0 && { state }),
    ...(driver.length > 0 && { driver }),
    ...(q && { q }),
    ...(sort !== null && SORTS.some((known) => sort === known || sort === `-${known}`) && { sort }),
  };
}

/** The hosts that fit, in the order that is asked for: trouble first, unless something else is. What is unknown is last. */
export function shown(rows: readonly HostRow[], { state, driver, q = '', sort = 'state' }: FleetView): HostRow[] {
  const text = q.trim().toLowerCase();
  const isDown = sort.startsWith('-');
  const column = SORTS.find((known) => sort.endsWith(known)) ?? 'state';
  return rows
    .filter(
      (row) =>
        (state?.includes(row.state) ?? true) &&
        (driver?.includes(row.driver ?? '') ?? true) &&
        (text === '' || row.host.toLowerCase().includes(text) || row.uri.toLowerCase().includes(text)),
    )
    .sort((a, b) => order(a, b, column, isDown) || compare(a.host, b.host));
}

function order(a: HostRow, b: HostRow, column: Sort, isDown: boolean): number {
  const [left, right] = [valueOf(a, column), valueOf(b, column)];
  if (left === undefined || right === undefined) {
    return Number(left === undefined) - Number(right === undefined);
  }
  const by =
    typeof left === 'number' && typeof right === 'number' ? left - right : compare(String(left), String(right));
  return isDown ? -by : by;
}

function valueOf(row: HostRow, column: Sort): string | number | undefined {
  switch (column) {
    case 'state':
      return HOST_STATES.indexOf(row.state);
    case 'domains':
      return row.domains?.total;
    default:
      return row[column];
  }
}

/** How many there are of each value, the most frequent first. */
export function countsOf(values: ReadonlyArray<string | undefined>): ReadonlyArray<[string, number]> {
  const counts = new Map<string, number>();
  for (const value of values) {
    if (value !== undefined) {
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
  }
  return [...counts].sort(([, a], [, b]) => b - a);
}
