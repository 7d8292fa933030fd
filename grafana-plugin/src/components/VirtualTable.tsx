// SPDX-License-Identifier: Apache-2.0
// A table of any length: only the rows in view are in the document, and it says how many there are. Rows are of one
// height, columns of fixed widths, so that nothing moves while it is scrolled.

import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Icon, useStyles2, useTheme2 } from '@grafana/ui';
import React, { memo, type ReactNode, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { flushSync } from 'react-dom';

/** A column; `cell` must show one line. */
export interface VirtualColumn<T> {
  readonly id: string;
  readonly header: ReactNode;
  /** As CSS; the column that has none takes what is left. */
  readonly width?: string;
  readonly isSortable?: boolean;
  readonly cell: (item: T) => ReactNode;
}

/** What {@link VirtualTable} takes. Keep `columns` the same while they are: rows are drawn anew otherwise. */
export interface VirtualTableProps<T> {
  /** What is in it, for those who hear it. */
  readonly label: string;
  readonly columns: ReadonlyArray<VirtualColumn<T>>;
  readonly items: readonly T[];
  readonly keyOf: (item: T) => string;
  /** The id of the column it is sorted by; `-` before it: downwards. */
  readonly sort: string;
  readonly onSort: (sort: string) => void;
  /** Told which items are in view, a little after they are. */
  readonly onVisible?: (items: readonly T[]) => void;
  readonly isSelected?: (item: T) => boolean;
  /** Goes back to the first row whenever it changes. */
  readonly topOf?: string;
}

/** In units of the theme's grid. */
const ROW_UNITS = 4.5;
/** Rows above and below what is in view: a turn of the wheel shows no gap, and Tab finds the next row. */
const OVERSCAN = 8;
/** Taken where the height is not known yet. */
const ROWS_FIRST = 20;
const SETTLED_MS = 200;

export function VirtualTable<T>(props: VirtualTableProps<T>) {
  const { label, columns, items, keyOf, sort, onSort, onVisible, isSelected, topOf } = props;
  const styles = useStyles2(getStyles);
  const rowPx = useTheme2().spacing.gridSize * ROW_UNITS;
  const frame = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ first: 0, count: ROWS_FIRST });

  const measure = () => {
    const { scrollTop = 0, clientHeight = 0 } = frame.current ?? {};
    const first = Math.floor(scrollTop / rowPx);
    const count = clientHeight === 0 ? ROWS_FIRST : Math.ceil(clientHeight / rowPx);
    setView((before) => (before.first === first && before.count === count ? before : { first, count }));
  };
  useLayoutEffect(measure, [rowPx]);
  useEffect(() => {
    const observer = new ResizeObserver(measure);
    if (frame.current) {
      observer.observe(frame.current);
    }
    return () => observer.disconnect();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- what it reads is read when it is called
  }, [rowPx]);
  useLayoutEffect(() => {
    if (frame.current) {
      frame.current.scrollTop = 0;
    }
  }, [topOf]);

  // A list that got shorter ends before the place it was scrolled to.
  const first = Math.max(0, Math.min(view.first, items.length - view.count));
  const from = Math.max(0, first - OVERSCAN);
  const to = Math.min(items.length, first + view.count + OVERSCAN);
  const shown = useMemo(() => items.slice(from, to), [items, from, to]);

  useEffect(() => {
    const timer = setTimeout(() => onVisible?.(shown), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [shown, onVisible]);

  // Drawn within the picture that is scrolled: left to React, a fast scroll shows gaps until it ends.
  const onScroll = () => flushSync(measure);

  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <div ref={frame} className={styles.frame} onScroll={onScroll} role="region" aria-label={label} tabIndex={0}>
      <table className={styles.table} aria-rowcount={items.length + 1} aria-label={label}>
        <colgroup>
          {columns.map(({ id, width }) => (
            <col key={id} style={width === undefined ? undefined : { width }} />
          ))}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <Head key={column.id} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          <Gap rows={from} rowPx={rowPx} columns={columns.length} />
          {shown.map((item, at) => (
            <Row
              key={keyOf(item)}
              item={item}
              columns={columns as ReadonlyArray<VirtualColumn<unknown>>}
              index={from + at + 2}
              isSelected={isSelected?.(item)}
            />
          ))}
          <Gap rows={items.length - to} rowPx={rowPx} columns={columns.length} />
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  readonly item: unknown;
  readonly columns: ReadonlyArray<VirtualColumn<unknown>>;
  readonly index: number;
  readonly isSelected: boolean | undefined;
}

const Row = memo(function Row({ item, columns, index, isSelected }: RowProps) {
  const styles = useStyles2(getStyles);
  return (
    <tr
      aria-rowindex={index}
      className={cx(styles.row, isSelected && styles.selected)}
      {...(isSelected !== undefined && { 'aria-selected': isSelected })}
    >
      {columns.map(({ id, cell }) => (
        <td key={id} className={styles.cell}>
          {cell(item)}
        </td>
      ))}
    </tr>
  );
});

function Head<T>({ column, sort, onSort }: HeadProps<T>) {
  const { id, header, isSortable } = column;
  const styles = useStyles2(getStyles);
  const isUp = sort === id;
  const isDown = sort === `-${id}`;
  return (
    <th scope="col" className={styles.head} aria-sort={isUp ? 'ascending' : isDown ? 'descending' : undefined}>
      {isSortable ? (
        <button type="button" className={styles.sort} onClick={() => onSort(isUp ? `-${id}` : id)}>
          {header}
          {(isUp || isDown) && <Icon name={isUp ? 'arrow-up' : 'arrow-down'} size="sm" />}
        </button>
      ) : (
        header
      )}
    </th>
  );
}
interface HeadProps<T> {
  readonly column: VirtualColumn<T>;
  readonly sort: string;
  readonly onSort: (sort: string) => void;
}

/** The place of rows that are not in the document, with their lines: the browser may show it before the rows are drawn. */
function Gap({ rows, rowPx, columns }: { readonly rows: number; readonly rowPx: number; readonly columns: number }) {
  const styles = useStyles2(getStyles);
  return rows <= 0 ? null : (
    <tr aria-hidden="true">
      <td colSpan={columns} className={styles.gap} style={{ height: rows * rowPx }} />
    </tr>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  frame: css({
    overflow: 'auto',
    maxHeight: `max(${theme.spacing(50)}, calc(100vh - ${theme.spacing(42)}))`,
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
    // The browser must not move what is scrolled when the gap above it grows.
    overflowAnchor: 'none',
  }),
  table: css({ tableLayout: 'fixed', width: '100%', minWidth: theme.spacing(110), borderCollapse: 'separate' }),
  head: css({
    position: 'sticky',
    top: 0,
    zIndex: 1,
    height: theme.spacing(ROW_UNITS),
    padding: theme.spacing(0, 1),
    background: theme.colors.background.secondary,
    borderBottom: `1px solid ${theme.colors.border.medium}`,
    fontWeight: theme.typography.fontWeightMedium,
    textAlign: 'left',
    whiteSpace: 'nowrap',
  }),
  sort: css({
    display: 'inline-flex',
    alignItems: 'center',
    gap: theme.spacing(0.5),
    padding: 0,
    border: 'none',
    background: 'none',
    fontWeight: 'inherit',
  }),
  row: css({
    height: theme.spacing(ROW_UNITS),
    '&:hover': { background: theme.colors.emphasize(theme.colors.background.primary, 0.03) },
  }),
  gap: css({
    padding: 0,
    background: `repeating-linear-gradient(transparent 0, transparent calc(${theme.spacing(ROW_UNITS)} - 1px), ${theme.colors.border.weak} calc(${theme.spacing(ROW_UNITS)} - 1px), ${theme.colors.border.weak} ${theme.spacing(ROW_UNITS)})`,
  }),
  selected: css({ background: theme.colors.action.selected }),
  cell: css({
    height: theme.spacing(ROW_UNITS),
    padding: theme.spacing(0, 1),
    borderBottom: `1px solid ${theme.colors.border.weak}`,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
  }),
});
