// SPDX-License-Identifier: Apache-2.0
// Which rows are selected. What no longer exists falls out by itself; what a filter hides stays, and is counted.

import type { DomainBrief } from '@vireo/exporter/contract';
import { useMemo, useRef, useState } from 'react';
import { keyOf } from './view';

/** See the head of this file. */
export interface Selection {
  readonly rows: readonly DomainBrief[];
  /** Selected rows that are not among those shown. */
  readonly hidden: number;
  /** Whether all, none or some of the rows shown are. */
  readonly ofShown: 'all' | 'some' | 'none';
  readonly has: (row: DomainBrief) => boolean;
  /** With `through`, all between it and the one before get the same. */
  readonly toggle: (row: DomainBrief, through: boolean) => void;
  readonly toggleShown: () => void;
  readonly clear: () => void;
}

/** A selection among `all`, of which `shown` are in the table. */
export function useSelection(all: readonly DomainBrief[], shown: readonly DomainBrief[]): Selection {
  const [keys, setKeys] = useState<ReadonlySet<string>>(new Set());
  const last = useRef<string | undefined>(undefined);

  return useMemo(() => {
    const rows = keys.size === 0 ? [] : all.filter((row) => keys.has(keyOf(row)));
    const seen = keys.size === 0 ? 0 : shown.filter((row) => keys.has(keyOf(row))).length;
    const set = (changed: readonly DomainBrief[], isSelected: boolean) => {
      const next = new Set(rows.map(keyOf));
      changed.forEach((row) => (isSelected ? next.add(keyOf(row)) : next.delete(keyOf(row))));
      setKeys(next);
    };
    return {
      rows,
      hidden: rows.length - seen,
      ofShown: seen === 0 ? 'none' : seen === shown.length ? 'all' : 'some',
      has: (row) => keys.has(keyOf(row)),
      toggle: (row, through) => {
        const at = shown.findIndex((one) => keyOf(one) === keyOf(row));
        const before = through ? shown.findIndex((one) => keyOf(one) === last.current) : -1;
        const range = before === -1 ? [row] : shown.slice(Math.min(at, before), Math.max(at, before) + 1);
        set(range, !keys.has(keyOf(row)));
        last.current = keyOf(row);
      },
      toggleShown: () => set(shown, seen !== shown.length),
      clear: () => setKeys(new Set()),
    };
  }, [all, shown, keys]);
}
