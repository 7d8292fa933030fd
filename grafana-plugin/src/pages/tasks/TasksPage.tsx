// SPDX-License-Identifier: Apache-2.0
// Actions that are under way, and those that are over.

import { t } from '@grafana/i18n';
import { type Column, InteractiveTable, Stack, TextLink } from '@grafana/ui';
import type { Task } from '@vireo/exporter/contract';
import React from 'react';
import { useSearchParams } from 'react-router-dom';
import { useTasks } from '../../api/queries';
import { Empty, Failed, Loading, LoadMore } from '../../components/States';
import { actionLabel } from '../../actions/texts';
import { domainUrl } from '../../urls';
import { Page } from '../Page';

/** /tasks */
export function TasksPage() {
  const [parameters] = useSearchParams();
  const uuid = parameters.get('uuid');
  const list = useTasks({
    host: parameters.getAll('host'),
    state: parameters.getAll('state'),
    ...(uuid !== null && { uuid }),
  });
  return (
    <Page title={t('tasks.title', 'Tasks')}>
      <Stack direction="column" gap={1}>
        {list.error && <Failed error={list.error} onRetry={list.retry} />}
        {list.isPending && !list.error && <Loading />}
        {list.total === 0 && <Empty message={t('tasks.empty', 'Nobody has asked for an action since Vireo started')} />}
        {list.items.length > 0 && <Tasks tasks={list.items} />}
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

function Tasks({ tasks }: { readonly tasks: readonly Task[] }) {
  const columns: Array<Column<Task>> = [
    { id: 'acceptedAt', header: t('tasks.when', 'When') },
    {
      id: 'domain',
      header: t('tasks.domain', 'Domain'),
      cell: ({ row: { original } }) => (
        <TextLink href={domainUrl(original.host, original.uuid)}>{original.domain}</TextLink>
      ),
    },
    {
      id: 'action',
      header: t('tasks.action', 'Action'),
      cell: ({ row: { original } }) => actionLabel(original.action),
    },
    { id: 'state', header: t('tasks.state', 'Outcome') },
    {
      id: 'actor',
      header: t('tasks.who', 'Who'),
      cell: ({ row: { original } }) => original.actor.user ?? original.actor.token,
    },
  ];
  return <InteractiveTable columns={columns} data={[...tasks]} getRowId={(task) => task.id} pageSize={100} />;
}
