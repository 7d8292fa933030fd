// SPDX-License-Identifier: Apache-2.0
// How many there are of each state, each a link to them.

import { Stack, Text, TextLink } from '@grafana/ui';
import React from 'react';
import { StateBadge, stateText } from './StateBadge';

export function StateCounts({ title, counts, urlOf, note }: StateCountsProps) {
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  const labelOf = (state: string, count: number) => `${title}, ${stateText(state)}: ${String(count)}`;
  return (
    <Stack direction="row" gap={1.5} alignItems="center" wrap="wrap">
      <Text weight="medium">{`${title} ${total.toLocaleString()}`}</Text>
      {counts.map(([state, count]) => (
        <Stack key={state} direction="row" gap={0.5} alignItems="center">
          <StateBadge state={state} />
          <TextLink href={urlOf(state)} inline aria-label={labelOf(state, count)}>
            {count.toLocaleString()}
          </TextLink>
        </Stack>
      ))}
      {note !== undefined && (
        <Text variant="bodySmall" color="secondary">
          {note}
        </Text>
      )}
    </Stack>
  );
}
/** What {@link StateCounts} takes. */
export interface StateCountsProps {
  readonly title: string;
  readonly counts: ReadonlyArray<readonly [string, number]>;
  readonly urlOf: (state: string) => string;
  readonly note?: string;
}
