// SPDX-License-Identifier: Apache-2.0
// Several domains, a row of buttons for each, in the order of the panel's data.

import { t } from '@grafana/i18n';
import { type CellProps, type Column, InteractiveTable, TextLink } from '@grafana/ui';
import type { DomainBrief } from '@vireo/exporter/contract';
import React, { type ReactNode, useMemo } from 'react';
import { StateBadge } from '../../components/StateBadge';
import { domainUrl } from '../../urls';

/** What {@link DomainRows} takes. */
export interface DomainRowsProps {
  readonly domains: readonly DomainBrief[];
  readonly actions: (domain: DomainBrief) => ReactNode;
}

export function DomainRows({ domains, actions }: DomainRowsProps) {
  const columns: Array<Column<DomainBrief>> = [
    {
      id: 'name',
      header: t('domains.name', 'Domain'),
      cell: ({ row: { original } }: CellProps<DomainBrief>) => (
        <TextLink href={domainUrl(original.host, original.uuid)} inline={false}>
          {original.name}
        </TextLink>
      ),
    },
    { id: 'host', header: t('domains.host', 'Host') },
    {
      id: 'state',
      header: t('domains.state', 'State'),
      cell: ({ row: { original } }: CellProps<DomainBrief>) => (
        <StateBadge state={original.state} reason={original.reason} />
      ),
    },
    {
      id: 'actions',
      header: t('panel.actions', 'Actions'),
      cell: ({ row: { original } }: CellProps<DomainBrief>) => actions(original),
    },
  ];
  const data = useMemo(() => [...domains], [domains]);
  return <InteractiveTable columns={columns} data={data} getRowId={({ host, uuid }) => JSON.stringify([host, uuid])} />;
}
