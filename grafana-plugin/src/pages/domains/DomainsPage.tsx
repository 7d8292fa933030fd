// SPDX-License-Identifier: Apache-2.0
// Every domain of every host in one table. What is searched for, filtered and sorted by stands in the address; which rows
// are selected does not, for a link must not decide what is acted on.

import { t } from '@grafana/i18n';
import { hasPermission } from '@grafana/runtime';
import { Alert, Button, FilterInput, Stack, Text } from '@grafana/ui';
import type { ActionId, DomainBrief } from '@vireo/exporter/contract';
import React, { useCallback, useDeferredValue, useMemo, useState } from 'react';
import { useAllDomains, useHosts } from '../../api/queries';
import { FilterPills } from '../../components/FilterPills';
import { HostFilter } from '../../components/HostFilter';
import { Empty, Failed, Loading } from '../../components/States';
import { PERMISSIONS } from '../../constants';
import type { DomainsView } from '../../urls';
import { type ParameterChanges, useParameters } from '../../useParameters';
import { Page } from '../Page';
import { BulkBar } from './BulkBar';
import { type BulkAction } from './bulk';
import { BulkDialog } from './BulkDialog';
import { DomainsTable } from './DomainsTable';
import { LostHosts } from './LostHosts';
import { RowAction } from './RowAction';
import { useSelection } from './useSelection';
import { countsOf, fitting, keyOf, sorted, viewOf } from './view';

/** A question about many domains that is open. */
interface BulkQuestion {
  readonly action: BulkAction;
  readonly targets: readonly DomainBrief[];
}

/** /domains */
export function DomainsPage() {
  const [parameters, change] = useParameters();
  const view = viewOf(parameters);
  const mayOperate = hasPermission(PERMISSIONS.operate);
  const list = useAllDomains(view.host === undefined ? {} : { host: view.host });
  const hosts = useHosts();
  const [asked, setAsked] = useState<{ domain: DomainBrief; action: ActionId }>();
  const [bulk, setBulk] = useState<BulkQuestion>();

  const { items } = list;
  const ordered = useMemo(() => sorted(items, view.sort), [items, view.sort]);
  // Typing goes on while thousands of rows are looked through.
  const shape = useDeferredValue(JSON.stringify(view));
  const rows = useMemo(() => fitting(ordered, JSON.parse(shape) as DomainsView), [ordered, shape]);
  const selection = useSelection(items, rows);
  const lost = useMemo(
    () => new Map(hosts.data?.filter(({ state }) => state === 'lost').map((host) => [host.host, host])),
    [hosts.data],
  );
  const onAction = useCallback((domain: DomainBrief, action: ActionId) => setAsked({ domain, action }), []);
  const isFiltered =
    view.q !== undefined || view.host !== undefined || view.state !== undefined || view.driver !== undefined;

  return (
    <Page title={t('domains.title', 'Domains')}>
      <Stack direction="column" gap={1}>
        <Filters view={view} rows={items} onChange={change} />
        {lost.size > 0 && <LostHosts hosts={[...lost.values()]} />}
        {hosts.error && items.length > 0 && (
          <Alert severity="warning" title={t('domains.hosts-unknown', 'Vireo does not tell which hosts are lost')}>
            {hosts.error.message}
          </Alert>
        )}
        {list.error && <Failed error={list.error} onRetry={list.retry} />}
        {list.isPending && !list.error && <Loading />}
        {list.total === 0 && !isFiltered && (
          <Empty message={t('domains.none', 'There is no domain that you may see')} />
        )}
        {list.total !== undefined && rows.length === 0 && isFiltered && (
          <Empty message={t('domains.empty', 'No domain fits')}>
            <Button variant="secondary" onClick={() => change({ q: '', host: [], state: [], driver: [] })}>
              {t('domains.clear', 'Clear the filters')}
            </Button>
          </Empty>
        )}
        {items.length > 0 && (
          <Stack direction="row" gap={2} alignItems="center" justifyContent="space-between" wrap="wrap">
            <Count shown={rows.length} read={items.length} total={list.total ?? items.length} />
            {mayOperate && (
              <BulkBar
                selected={selection.rows}
                hidden={selection.hidden}
                onAction={(action) => setBulk({ action, targets: selection.rows })}
                onClear={selection.clear}
              />
            )}
          </Stack>
        )}
        {rows.length > 0 && (
          <DomainsTable
            rows={rows}
            sort={view.sort ?? 'name'}
            onSort={(sort) => change({ sort })}
            topOf={shape}
            lost={lost}
            {...(mayOperate && { selection, onAction })}
          />
        )}
      </Stack>
      {asked && (
        <RowAction
          key={`${asked.action} ${keyOf(asked.domain)}`}
          {...asked}
          onDismiss={() => setAsked(undefined)}
          onEscalate={(action) => setAsked({ ...asked, action })}
        />
      )}
      {bulk && (
        <BulkDialog
          key={JSON.stringify(bulk.action)}
          {...bulk}
          onDismiss={() => setBulk(undefined)}
          onEscalate={(action, keys) =>
            setBulk({ action: { action }, targets: items.filter((row) => keys.has(keyOf(row))) })
          }
        />
      )}
    </Page>
  );
}

/** How much of what there is. Said by screen readers when it changes. */
function Count({ shown, read, total }: { readonly shown: number; readonly read: number; readonly total: number }) {
  const counts = { shown: shown.toLocaleString(), total: total.toLocaleString() };
  return (
    <div role="status">
      <Text variant="bodySmall" color="secondary">
        {read < total
          ? t('domains.reading', '{{shown}} shown, {{read}} of {{total}} read', {
              ...counts,
              read: read.toLocaleString(),
            })
          : t('domains.count', '{{shown}} of {{total}} domains', counts)}
      </Text>
    </div>
  );
}

interface FiltersProps {
  readonly view: DomainsView;
  readonly rows: readonly DomainBrief[];
  readonly onChange: (changes: ParameterChanges) => void;
}

function Filters({ view, rows, onChange }: FiltersProps) {
  const states = useMemo(() => countsOf(rows, 'state'), [rows]);
  const drivers = useMemo(() => countsOf(rows, 'driver'), [rows]);
  return (
    <>
      <Stack direction="row" gap={1} wrap="wrap">
        <FilterInput
          aria-label={t('domains.search', 'Search by name, UUID or title')}
          placeholder={t('domains.search', 'Search by name, UUID or title')}
          value={view.q ?? ''}
          width={48}
          escapeRegex={false}
          onChange={(q) => onChange({ q })}
        />
        <HostFilter chosen={view.host ?? []} onChange={(host) => onChange({ host })} />
      </Stack>
      <Stack direction="row" gap={2} wrap="wrap">
        <Pills
          label={t('domains.state', 'State')}
          counts={states}
          chosen={view.state}
          onChange={(state) => onChange({ state })}
        />
        {(drivers.length > 1 || view.driver !== undefined) && (
          <Pills
            label={t('domains.driver', 'Hypervisor')}
            counts={drivers}
            chosen={view.driver}
            onChange={(driver) => onChange({ driver })}
          />
        )}
      </Stack>
    </>
  );
}

function Pills({ label, counts, chosen = [], onChange }: PillsProps) {
  // One that was chosen and no longer occurs must still be there to be undone.
  const missing = chosen.filter((value) => !counts.some(([known]) => known === value));
  const options = [...counts, ...missing.map((value) => [value, 0] as const)];
  return (
    <FilterPills
      label={label}
      chosen={chosen}
      onChange={onChange}
      options={options.map(([value, count]) => ({ value, text: `${value} ${count.toLocaleString()}` }))}
    />
  );
}
interface PillsProps {
  readonly label: string;
  readonly counts: ReadonlyArray<readonly [string, number]>;
  readonly chosen: readonly string[] | undefined;
  readonly onChange: (chosen: string[]) => void;
}
