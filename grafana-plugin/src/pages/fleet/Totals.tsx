// SPDX-License-Identifier: Apache-2.0
// How many hosts and domains there are, by state, each a link to them.

import { t } from '@grafana/i18n';
import { Stack } from '@grafana/ui';
import type { HostBrief } from '@vireo/exporter/contract';
import React from 'react';
import { StateCounts } from '../../components/StateCounts';
import { domainsUrl, fleetUrl } from '../../urls';
import { countsOf } from './view';

export function Totals({ hosts }: { readonly hosts: readonly HostBrief[] }) {
  const byState = new Map<string, number>();
  for (const { domains } of hosts) {
    Object.entries(domains?.byState ?? {}).forEach(([state, count]) => {
      byState.set(state, (byState.get(state) ?? 0) + count);
    });
  }
  const domainCounts = [...byState].sort(([, a], [, b]) => b - a);
  const isPartial = hosts.some(({ state, domains }) => state === 'lost' || domains === undefined);
  return (
    <Stack direction="row" gap={4} wrap="wrap">
      <StateCounts
        title={t('fleet.hosts', 'Hosts')}
        counts={countsOf(hosts.map(({ state }) => state))}
        urlOf={(state) => fleetUrl({ state: [state] })}
      />
      <StateCounts
        title={t('fleet.domains', 'Domains')}
        counts={domainCounts}
        urlOf={(state) => domainsUrl({ state: [state] })}
        {...(isPartial && { note: t('fleet.partial', 'those of lost hosts as last seen, where they were seen') })}
      />
    </Stack>
  );
}
