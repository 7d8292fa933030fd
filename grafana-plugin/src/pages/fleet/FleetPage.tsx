// SPDX-License-Identifier: Apache-2.0
// The fleet: what needs attention, how much there is, and every host with its load. What is searched for, filtered and
// sorted by stands in the address.

import { t } from '@grafana/i18n';
import { Alert, Button, FilterInput, LinkButton, Stack, Text } from '@grafana/ui';
import type { HostBrief } from '@vireo/exporter/contract';
import React, { useMemo } from 'react';
import { useHosts } from '../../api/queries';
import { FilterPills } from '../../components/FilterPills';
import { stateText } from '../../components/StateBadge';
import { Empty, Loaded } from '../../components/States';
import { type Series, useMetrics } from '../../metrics/prometheus';
import { configurationUrl, type FleetView } from '../../urls';
import { type ParameterChanges, useParameters } from '../../useParameters';
import { Page } from '../Page';
import { HostTable } from './HostTable';
import { NeedsAttention } from './NeedsAttention';
import { loadQueries } from './queries';
import { Totals } from './Totals';
import { useAttention } from './useAttention';
import { countsOf, HOST_STATES, type HostRow, shown, viewOf } from './view';

const LOAD = loadQueries();
const HISTORY = { cpu: LOAD.cpu };
const HISTORY_MINUTES = 60;

/** /fleet */
export function FleetPage() {
  const result = useHosts();
  return (
    <Page title={t('fleet.title', 'Fleet')}>
      <Loaded result={result} what={t('fleet.loading', 'Asking for the hosts …')}>
        {(hosts) => (hosts.length === 0 ? <NoHosts /> : <Fleet hosts={hosts} />)}
      </Loaded>
    </Page>
  );
}

function NoHosts() {
  return (
    <Empty message={t('fleet.empty', 'Vireo watches no host that you may see')}>
      <LinkButton href={configurationUrl()} variant="secondary">
        {t('fleet.empty-action', 'See which token is used')}
      </LinkButton>
    </Empty>
  );
}

function Fleet({ hosts }: { readonly hosts: readonly HostBrief[] }) {
  const [parameters, change] = useParameters();
  const view = viewOf(parameters);
  const attention = useAttention(hosts);
  const load = useMetrics(LOAD);
  const history = useMetrics(HISTORY, HISTORY_MINUTES);
  const all = useMemo(() => rowsOf(hosts, load.data, history.data?.cpu), [hosts, load.data, history.data]);
  const shape = JSON.stringify(view);
  const rows = useMemo(() => shown(all, JSON.parse(shape) as FleetView), [all, shape]);
  return (
    <Stack direction="column" gap={2}>
      <NeedsAttention {...attention} />
      <Totals hosts={hosts} />
      {load.error && (
        <Alert severity="warning" title={t('fleet.load-unknown', 'The load of hosts is not known')}>
          {load.error.message}
        </Alert>
      )}
      <Filters view={view} hosts={hosts} onChange={change} />
      {rows.length === 0 ? (
        <Empty message={t('fleet.none-fits', 'No host fits')}>
          <Button variant="secondary" onClick={() => change({ q: '', state: [], driver: [] })}>
            {t('fleet.clear', 'Clear the filters')}
          </Button>
        </Empty>
      ) : (
        <>
          <div role="status">
            <Text variant="bodySmall" color="secondary">
              {t('fleet.count', '{{shown}} of {{total}} hosts', {
                shown: rows.length.toLocaleString(),
                total: hosts.length.toLocaleString(),
              })}
            </Text>
          </div>
          <HostTable
            rows={rows}
            hasMetrics={load.hasSource}
            sort={view.sort ?? 'state'}
            onSort={(sort) => change({ sort })}
            topOf={shape}
          />
        </>
      )}
    </Stack>
  );
}

interface FiltersProps {
  readonly view: FleetView;
  readonly hosts: readonly HostBrief[];
  readonly onChange: (changes: ParameterChanges) => void;
}

function Filters({ view, hosts, onChange }: FiltersProps) {
  const states = countsOf(hosts.map(({ state }) => state));
  const drivers = countsOf(hosts.map(({ driver }) => driver));
  const label = t('fleet.search', 'Search by name or URI');
  return (
    <Stack direction="row" gap={2} wrap="wrap" alignItems="center">
      <FilterInput
        aria-label={label}
        placeholder={label}
        value={view.q ?? ''}
        width={32}
        escapeRegex={false}
        onChange={(q) => onChange({ q })}
      />
      <FilterPills
        label={t('fleet.state', 'State')}
        options={pills(states, view.state ?? [], HOST_STATES)}
        chosen={view.state ?? []}
        onChange={(state) => onChange({ state })}
      />
      {(drivers.length > 1 || view.driver !== undefined) && (
        <FilterPills
          label={t('fleet.driver', 'Hypervisor')}
          options={pills(drivers, view.driver ?? [])}
          chosen={view.driver ?? []}
          onChange={(driver) => onChange({ driver })}
        />
      )}
    </Stack>
  );
}

/** One that was chosen and no longer occurs must still be there to be undone. */
function pills(counts: ReadonlyArray<readonly [string, number]>, chosen: readonly string[], order?: readonly string[]) {
  const missing = chosen.filter((value) => !counts.some(([known]) => known === value));
  const options = [...counts, ...missing.map((value) => [value, 0] as const)].map(([value, count]) => ({
    value,
    text: `${stateText(value)} ${count.toLocaleString()}`,
  }));
  return order ? options.sort((a, b) => order.indexOf(a.value) - order.indexOf(b.value)) : options;
}

/** Hosts with what metrics know of them. */
function rowsOf(
  hosts: readonly HostBrief[],
  load: Readonly<Record<keyof typeof LOAD, readonly Series[]>> | undefined,
  history: readonly Series[] | undefined,
): HostRow[] {
  const byHost = (series: readonly Series[] = []) => new Map(series.map((one) => [one.labels['host'], one.values]));
  const [cpu, memory, vcpus, promised, lately] = [load?.cpu, load?.memory, load?.vcpus, load?.promised, history].map(
    byHost,
  );
  const last = (values: readonly number[] | undefined) => values?.filter(Number.isFinite).at(-1);
  return hosts.map((host) => {
    return {
      ...host,
      cpu: last(cpu?.get(host.host)),
      memory: last(memory?.get(host.host)),
      vcpus: last(vcpus?.get(host.host)),
      promised: last(promised?.get(host.host)),
      cpuHistory: lately?.get(host.host),
    };
  });
}
