// SPDX-License-Identifier: Apache-2.0
// The fleet: every host, those in trouble first.

import { t } from '@grafana/i18n';
import { InteractiveTable, LinkButton, TextLink, type Column } from '@grafana/ui';
import type { HostBrief } from '@vireo/exporter/contract';
import React from 'react';
import { useHosts } from '../../api/queries';
import { StateBadge } from '../../components/StateBadge';
import { Empty, Loaded } from '../../components/States';
import { configurationUrl, domainsUrl, hostUrl } from '../../urls';
import { Page } from '../Page';

/** /fleet */
export function FleetPage() {
  const result = useHosts();
  return (
    <Page title={t('fleet.title', 'Fleet')}>
      <Loaded result={result} what={t('fleet.loading', 'Asking for the hosts …')}>
        {(hosts) => (hosts.length === 0 ? <NoHosts /> : <Hosts hosts={hosts} />)}
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

function Hosts({ hosts }: { readonly hosts: readonly HostBrief[] }) {
  const columns: Array<Column<HostBrief>> = [
    {
      id: 'host',
      header: t('fleet.host', 'Host'),
      cell: ({ row: { original } }) => <TextLink href={hostUrl(original.host)}>{original.host}</TextLink>,
    },
    {
      id: 'state',
      header: t('fleet.state', 'State'),
      cell: ({ row: { original } }) => (
        <StateBadge state={original.state} {...(original.error && { reason: original.error.message })} />
      ),
    },
    {
      id: 'domains',
      header: t('fleet.domains', 'Domains'),
      cell: ({ row: { original } }) =>
        original.domains ? (
          <TextLink href={domainsUrl({ host: [original.host] })}>{String(original.domains.total)}</TextLink>
        ) : null,
    },
    { id: 'driver', header: t('fleet.driver', 'Driver') },
  ];
  return <InteractiveTable columns={columns} data={troubleFirst(hosts)} getRowId={(host) => host.host} />;
}

/** Lost hosts, then those being connected, then the others; by name. */
export function troubleFirst(hosts: readonly HostBrief[]): HostBrief[] {
  const order = ['lost', 'connecting', 'up'];
  return [...hosts].sort(
    (a, b) => order.indexOf(a.state) - order.indexOf(b.state) || a.host.localeCompare(b.host, 'en', { numeric: true }),
  );
}
