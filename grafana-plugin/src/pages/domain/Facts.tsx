// SPDX-License-Identifier: Apache-2.0
// Facts as pairs, and lists of things as tables; what is unknown has no row and no column.

import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Text, useStyles2 } from '@grafana/ui';
import React, { type ReactNode } from 'react';

/** A name and a value; left out when there is none. */
export type Fact = readonly [name: string, value: ReactNode];

/** Pairs beside each other. */
export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  const styles = useStyles2(getStyles);
  return (
    <dl className={styles.facts}>
      {facts
        .filter(([, value]) => isKnown(value))
        .map(([name, value]) => (
          <div key={name}>
            <dt>
              <Text variant="bodySmall" color="secondary">
                {name}
              </Text>
            </dt>
            <dd className={styles.value}>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

/** A column: its head, and the value of a row. */
export type FactColumn<T> = readonly [head: string, value: (row: T) => ReactNode];

/** Rows with those columns of which any row knows something. */
export function FactTable<T>({ title, rows, columns, empty }: FactTableProps<T>) {
  const styles = useStyles2(getStyles);
  const known = columns.filter(([, value]) => rows.some((row) => isKnown(value(row))));
  return (
    <section>
      <h4>{title}</h4>
      {rows.length === 0 ? (
        <Text color="secondary">{empty}</Text>
      ) : (
        <div className={styles.scroll}>
          <table className={styles.table}>
            <thead>
              <tr>
                {known.map(([head]) => (
                  <th key={head} scope="col">
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row, index) => (
                <tr key={index}>
                  {known.map(([head, value]) => (
                    <td key={head}>{value(row)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
interface FactTableProps<T> {
  readonly title: string;
  readonly rows: readonly T[];
  readonly columns: ReadonlyArray<FactColumn<T>>;
  /** What is said when there is no row. */
  readonly empty: string;
}

function isKnown(value: ReactNode): boolean {
  return value !== undefined && value !== null && value !== '' && value !== false;
}

const getStyles = (theme: GrafanaTheme2) => ({
  facts: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(1.5, 4), margin: 0 }),
  value: css({ margin: 0, overflowWrap: 'anywhere' }),
  scroll: css({ overflowX: 'auto' }),
  table: css({
    'th, td': {
      padding: theme.spacing(0.5, 2, 0.5, 0),
      textAlign: 'left',
      verticalAlign: 'top',
      borderBottom: `1px solid ${theme.colors.border.weak}`,
    },
    th: { color: theme.colors.text.secondary, fontWeight: theme.typography.fontWeightMedium },
  }),
});
