// SPDX-License-Identifier: Apache-2.0
// Hosts to filter by; there may be hundreds.

import { t } from '@grafana/i18n';
import { MultiCombobox } from '@grafana/ui';
import React, { useId } from 'react';
import { useHosts } from '../api/queries';

/** What {@link HostFilter} takes. */
export interface HostFilterProps {
  readonly chosen: readonly string[];
  readonly onChange: (chosen: string[]) => void;
}

export function HostFilter({ chosen, onChange }: HostFilterProps) {
  const { data } = useHosts();
  const id = useId();
  const names = [...new Set([...(data ?? []).map(({ host }) => host), ...chosen])];
  return (
    <>
      <span id={id} hidden>
        {t('filter.hosts', 'Hosts')}
      </span>
      <MultiCombobox
        aria-labelledby={id}
        placeholder={t('filter.all-hosts', 'All hosts')}
        options={names.map((value) => ({ value, label: value }))}
        value={[...chosen]}
        isClearable
        width="auto"
        minWidth={24}
        maxWidth={60}
        onChange={(options) => onChange(options.map(({ value }) => value))}
      />
    </>
  );
}
