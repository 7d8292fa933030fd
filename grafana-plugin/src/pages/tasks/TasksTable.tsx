// SPDX-License-Identifier: Apache-2.0
// Tasks as rows; each unfolds to its whole story.

import { dateTime, dateTimeFormat } from '@grafana/data';
import { t } from '@grafana/i18n';
import { type Column, InteractiveTable, LoadingBar, Stack, Text, TextLink } from '@grafana/ui';
import { isFinal, type Task } from '@vireo/exporter/contract';
import React, { useMemo } from 'react';
import { outcomeOf } from '../../actions/outcome';
import { TaskProgress } from '../../actions/TaskProgress';
import { taskLabel } from '../../actions/texts';
import { TaskState } from '../../components/TaskState';
import { domainUrl, hostUrl, tasksUrl } from '../../urls';

/** In the order they come. */
export function TasksTable({ tasks }: { readonly tasks: readonly Task[] }) {
  const columns = useMemo(() => columnsOf(), []);
  return (
    <InteractiveTable
      columns={columns}
      data={[...tasks]}
      getRowId={(task) => task.id}
      renderExpandedRow={(task) => <TaskStory task={task} />}
    />
  );
}

function columnsOf(): Array<Column<Task>> {
  return [
    {
      id: 'acceptedAt',
      header: t('tasks.when', 'When'),
      cell: ({ row: { original } }) => (
        <time dateTime={original.acceptedAt} title={dateTime(original.acceptedAt).fromNow()}>
          {dateTimeFormat(original.acceptedAt)}
        </time>
      ),
    },
    {
      id: 'domain',
      header: t('tasks.domain', 'Domain'),
      cell: ({ row: { original } }) => (
        <TextLink href={domainUrl(original.host, original.uuid)} inline>
          {original.domain}
        </TextLink>
      ),
    },
    {
      id: 'host',
      header: t('tasks.host', 'Host'),
      cell: ({ row: { original } }) => (
        <TextLink href={hostUrl(original.host)} inline>
          {original.host}
        </TextLink>
      ),
    },
    {
      id: 'action',
      header: t('tasks.action', 'Action'),
      cell: ({ row: { original } }) => taskLabel(original),
    },
    {
      id: 'state',
      header: t('tasks.state', 'Outcome'),
      cell: ({ row: { original } }) => <Outcome task={original} />,
    },
    {
      id: 'actor',
      header: t('tasks.who', 'Who'),
      cell: ({ row: { original } }) => original.actor.user ?? original.actor.token,
    },
    {
      id: 'reason',
      header: t('tasks.reason', 'Reason'),
      cell: ({ row: { original } }) => original.reason ?? '',
    },
  ];
}

function Outcome({ task }: { readonly task: Task }) {
  return (
    <Stack direction="column" gap={0.5} alignItems="flex-start">
      <TaskState kind={outcomeOf(task).kind} />
      {!isFinal(task.state) && (
        <>
          <LoadingBar width={100} ariaLabel={t('task.progress', 'Under way')} />
          <Text variant="bodySmall" color="secondary">
            {t('tasks.deadline', 'until {{time}} at most', {
              time: dateTimeFormat(task.deadline, { format: 'HH:mm:ss' }),
            })}
          </Text>
        </>
      )}
      {task.error && (
        <Text variant="bodySmall" color="secondary">
          {task.error.code}
        </Text>
      )}
    </Stack>
  );
}

/** Steps, error and circumstances. */
function TaskStory({ task }: { readonly task: Task }) {
  const { actor, bulkId, endedAt, acceptedAt, observed } = task;
  const tookSeconds = endedAt === undefined ? undefined : (Date.parse(endedAt) - Date.parse(acceptedAt)) / 1000;
  const facts = [
    [t('tasks.id', 'Task'), task.id],
    [t('tasks.token', 'Token'), actor.token],
    [t('tasks.address', 'From'), actor.address],
    ...(Object.keys(task.options).length > 0 ? [[t('tasks.options', 'Options'), JSON.stringify(task.options)]] : []),
    ...(tookSeconds === undefined
      ? []
      : [[t('tasks.took', 'Took'), `${tookSeconds.toFixed(tookSeconds < 1 ? 3 : 1)} s`]]),
    ...(observed ? [[t('tasks.observed', 'Seen afterwards'), `${observed.state}, ${observed.reason}`]] : []),
  ] as const;
  return (
    <Stack direction="column" gap={1}>
      <TaskProgress task={task} />
      <dl>
        {facts.map(([name, value]) => (
          <Stack key={name} direction="row" gap={1}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </Stack>
        ))}
      </dl>
      <Stack direction="row" gap={2}>
        <TextLink href={tasksUrl({ uuid: task.uuid, host: [task.host] })}>
          {t('tasks.of-domain', 'All tasks of this domain')}
        </TextLink>
        {bulkId !== undefined && (
          <TextLink href={tasksUrl({ bulkId })}>{t('tasks.of-bulk', 'What was asked for together with it')}</TextLink>
        )}
      </Stack>
    </Stack>
  );
}
