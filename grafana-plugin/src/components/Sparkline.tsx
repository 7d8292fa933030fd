// SPDX-License-Identifier: Apache-2.0
// A line as small as a word: what a value did lately. Plain SVG, because a table draws dozens of them while it scrolls.

import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React from 'react';

const WIDTH = 100;
const HEIGHT = 24;

/** What {@link Sparkline} takes. */
export interface SparklineProps {
  /** In order of time, evenly spaced; NaN where nothing is known. */
  readonly values: readonly number[];
  /** The top is at least here, so that next to nothing does not look like much. */
  readonly topMin: number;
  /** What it says, in words. */
  readonly label: string;
}

export function Sparkline({ values, topMin, label }: SparklineProps) {
  const styles = useStyles2(getStyles);
  return (
    <svg
      className={styles.line}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <path d={pathOf(values, topMin)} vectorEffect="non-scaling-stroke" />
    </svg>
  );
}

/** The line as a path in a box of 100 by 24; a gap where nothing is known. */
export function pathOf(values: readonly number[], topMin: number): string {
  const top = Math.max(topMin, ...values.filter(Number.isFinite));
  let isDrawing = false;
  return values
    .map((value, at) => {
      if (!Number.isFinite(value)) {
        isDrawing = false;
        return '';
      }
      const x = values.length < 2 ? 0 : (at / (values.length - 1)) * WIDTH;
      const y = HEIGHT - 1 - (value / top) * (HEIGHT - 2);
      const place = `${x.toFixed(1)} ${y.toFixed(1)}`;
      const command = isDrawing ? `L${place}` : `M${place}h0`;
      isDrawing = true;
      return command;
    })
    .join('');
}

const getStyles = (theme: GrafanaTheme2) => ({
  line: css({
    width: theme.spacing(12),
    height: theme.spacing(3),
    fill: 'none',
    stroke: theme.colors.primary.text,
    strokeWidth: 1.5,
    // A single value is a dot.
    strokeLinecap: 'round',
    verticalAlign: 'middle',
  }),
});
