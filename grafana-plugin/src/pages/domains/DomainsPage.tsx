// SPDX-License-Identifier: Apache-2.0
// Domains of all hosts. What is searched for stands in the address.

import { t } from '@grafana/i18n';
import { type Column, FilterInput, InteractiveTable, Stack, TextLink } from '@grafana/ui';
import type { DomainBrief } from '@vireo/exporter/contract';
import React from 'react';
import { useSearchParams } from 'react-router-dom';
import { useDomains } from '../../api/queries';
import { StateBadge } from '../../components/StateBadge';
import { Empty, Failed, Loading, LoadMore } from '../../components/States';
import { domainUrl, hostUrl } from '../../urls';
import { Page } from '../Page';
import { filterOf } from './filter';

/** /domains */
export function DomainsPage() {
  const [parameters, setParameters] = useSearchParams();
  const filter = filterOf(parameters);
  const list = useDomains(filter);
  return (
    <Page title={t('domains.title', 'Domains')}>
      <Stack direction="column" gap={1}>
        <FilterInput
          aria-label={t('domains.search', 'Search by name, UUID or title')}
          placeholder={t('domains.search', 'Search by name, UUID or title')}
          value={filter.q ?? ''}
          onChange={(q) =>
            setParameters(
              (before) => {
                before.delete('q');
                if (q !== '') {
                  before.set('q', q);
                }
                return before;
              },
              { replace: true },
            )
          }
        />
        {list.error && <Failed error={list.error} onRetry={list.retry} />}
        {list.isPending && !list.error && <Loading />}
        {list.total === 0 && <Empty message={t('domains.empty', 'No domain fits')} />}
        {list.items.length > 0 && <Domains domains={list.items} />}
        {list.total !== undefined && list.total > 0 && (
          <LoadMore
            shown={list.items.length}
            total={list.total}
            hasMore={list.hasMore}
            isFetching={list.isFetching}
            onMore={list.loadMore}
          />
        )}
      </Stack>
    </Page>
  );
}

function Domains({ domains }: { readonly domains: readonly DomainBrief[] }) {
  const columns: Array<Column<DomainBrief>> = [
    {
      id: 'name',
      header: t('domains.name', 'Domain'),
      cell: ({ row: { original } }) => (
        <TextLink href={domainUrl(original.host, original.uuid)}>{original.name}</TextLink>
      ),
    },
    {
      id: 'state',
      header: t('domains.state', 'State'),
      cell: ({ row: { original } }) => <StateBadge state={original.state} reason={original.reason} />,
    },
    {
      id: 'host',
      header: t('domains.host', 'Host'),
      cell: ({ row: { original } }) => <TextLink href={hostUrl(original.host)}>{original.host}</TextLink>,
    },
  ];
  return (
    <InteractiveTable
      columns={columns}
      data={[...domains]}
      getRowId={(domain) => `${domain.host}/${domain.uuid}`}
      pageSize={100}
    />
  );
}
