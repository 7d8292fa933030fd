// SPDX-License-Identifier: Apache-2.0
// Values to filter by, each a button that is pressed or not.

import { FilterPill, Stack } from '@grafana/ui';
import React from 'react';

/** What {@link FilterPills} takes. */
export interface FilterPillsProps {
  /** What is chosen here. */
  readonly label: string;
  readonly options: ReadonlyArray<{ readonly value: string; readonly text: string }>;
  readonly chosen: readonly string[];
  readonly onChange: (chosen: string[]) => void;
}

export function FilterPills({ label, options, chosen, onChange }: FilterPillsProps) {
  return (
    <div role="group" aria-label={label}>
      <Stack direction="row" gap={0.5} wrap="wrap">
        {options.map(({ value, text }) => {
          const isChosen = chosen.includes(value);
          return (
            <FilterPill
              key={value}
              label={text}
              selected={isChosen}
              onClick={() => onChange(isChosen ? chosen.filter((one) => one !== value) : [...chosen, value])}
            />
          );
        })}
      </Stack>
    </div>
  );
}
