// SPDX-License-Identifier: Apache-2.0
// The rows of the fleet: hosts with their load and what is promised of them. Columns of metrics only where there are some.

import { dateTime } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Icon, Stack, Text, TextLink } from '@grafana/ui';
import React, { useMemo } from 'react';
import { causeAndAdvice } from '../../api/code-texts';
import { Hypervisor } from '../../components/Hypervisor';
import { Sparkline } from '../../components/Sparkline';
import { StateBadge } from '../../components/StateBadge';
import { type VirtualColumn, VirtualTable } from '../../components/VirtualTable';
import { domainsUrl, hostUrl } from '../../urls';
import { Load, Overcommit, percentOf } from './Load';
import type { HostRow } from './view';

type HostColumn = VirtualColumn<HostRow>;

/** What {@link HostTable} takes. */
export interface HostTableProps {
  readonly rows: readonly HostRow[];
  readonly hasMetrics: boolean;
  readonly sort: string;
  readonly onSort: (sort: string) => void;
  /** Goes back to the first row whenever it changes. */
  readonly topOf: string;
}

export function HostTable({ rows, hasMetrics, sort, onSort, topOf }: HostTableProps) {
  const columns = useMemo(() => [...factColumns(), ...(hasMetrics ? loadColumns() : [])], [hasMetrics]);
  return (
    <VirtualTable
      label={t('fleet.hosts', 'Hosts')}
      columns={columns}
      items={rows}
      keyOf={keyOf}
      sort={sort}
      onSort={onSort}
      topOf={topOf}
    />
  );
}

function keyOf({ host }: HostRow): string {
  return host;
}

function factColumns(): HostColumn[] {
  return [
    {
      id: 'host',
      header: t('fleet.host', 'Host'),
      isSortable: true,
      cell: ({ host }) => (
        <TextLink href={hostUrl(host)} inline>
          {host}
        </TextLink>
      ),
    },
    {
      id: 'state',
      header: t('fleet.state', 'State'),
      width: '13rem',
      isSortable: true,
      cell: ({ state, since, error }) => (
        <>
          <StateBadge state={state} {...(error && { reason: causeAndAdvice(error) })} />{' '}
          {state !== 'up' && (
            <Text variant="bodySmall" color="secondary">
              {dateTime(since).fromNow()}
            </Text>
          )}
        </>
      ),
    },
    {
      id: 'driver',
      header: t('fleet.driver', 'Hypervisor'),
      width: '9rem',
      isSortable: true,
      cell: ({ driver, simulated }) => <Hypervisor {...(driver !== undefined && { driver })} simulated={simulated} />,
    },
    {
      id: 'domains',
      header: t('fleet.domains', 'Domains'),
      width: '16rem',
      isSortable: true,
      cell: (row) => <Domains row={row} />,
    },
  ];
}

function Domains({ row: { host, domains } }: { readonly row: HostRow }) {
  if (domains === undefined) {
    return null;
  }
  const states = Object.entries(domains.byState).map(([state, count]) => `${String(count)} ${state}`);
  return (
    <>
      <TextLink
        href={domainsUrl({ host: [host] })}
        inline
        aria-label={t('fleet.domains-of', 'Domains of {{host}}', { host })}
      >
        {String(domains.total)}
      </TextLink>{' '}
      <Text variant="bodySmall" color="secondary">
        {states.join(', ')}
      </Text>
    </>
  );
}

function loadColumns(): HostColumn[] {
  return [
    {
      id: 'cpu',
      header: t('fleet.cpu', 'CPU, 1 h'),
      width: '12rem',
      isSortable: true,
      cell: ({ cpu, cpuHistory }) =>
        cpu === undefined ? null : (
          <Stack direction="row" gap={1} alignItems="center">
            {cpuHistory && (
              <Sparkline
                values={cpuHistory}
                topMin={1}
                label={t('fleet.cpu-most', 'At most {{percent}} of the CPUs in one hour', {
                  percent: percentOf(Math.max(...cpuHistory.filter(Number.isFinite))),
                })}
              />
            )}
            <Load part={cpu} />
          </Stack>
        ),
    },
    {
      id: 'memory',
      header: t('fleet.memory', 'Memory'),
      width: '6.5rem',
      isSortable: true,
      cell: ({ memory }) => <Load part={memory} />,
    },
    {
      id: 'vcpus',
      header: (
        <span title={t('fleet.vcpus-hint', 'vCPUs of active domains for each CPU of the host')}>
          {t('fleet.vcpus', 'vCPUs per CPU')}
        </span>
      ),
      width: '9rem',
      isSortable: true,
      cell: ({ vcpus }) => <Overcommit of="vcpus" value={vcpus} />,
    },
    {
      id: 'promised',
      header: (
        <span title={t('fleet.promised-hint', 'Memory that active domains may have, as a part of what the host has')}>
          {t('fleet.promised', 'Memory promised')} <Icon name="info-circle" size="sm" />
        </span>
      ),
      width: '11rem',
      isSortable: true,
      cell: ({ promised }) => <Overcommit of="memory" value={promised} />,
    },
  ];
}
