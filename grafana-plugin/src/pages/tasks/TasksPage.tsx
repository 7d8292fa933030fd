// SPDX-License-Identifier: Apache-2.0
// Actions that are under way, and those that are over: who asked for what, why, and what truly came of it. What is
// filtered by stands in the address.

import { t } from '@grafana/i18n';
import { Button, MultiCombobox, Stack } from '@grafana/ui';
import { ACTION_IDS, TASK_STATES, type Task, type TaskState } from '@vireo/exporter/contract';
import React, { useId } from 'react';
import { actionLabel } from '../../actions/texts';
import { useTasks } from '../../api/queries';
import { FilterPills } from '../../components/FilterPills';
import { HostFilter } from '../../components/HostFilter';
import { Empty, Failed, Loading, LoadMore } from '../../components/States';
import { kindText } from '../../components/TaskState';
import type { TasksView } from '../../urls';
import { type ParameterChanges, useParameters } from '../../useParameters';
import { Page } from '../Page';
import { TasksTable } from './TasksTable';
import { viewOf } from './view';

/** Without any filter. */
const ALL: ParameterChanges = { host: [], state: [], action: [], uuid: '', bulkId: '' };

/** /tasks */
export function TasksPage() {
  const [parameters, change] = useParameters();
  const view = viewOf(parameters);
  const list = useTasks(view);
  const isFiltered = Object.keys(view).length > 0;
  return (
    <Page title={t('tasks.title', 'Tasks')}>
      <Stack direction="column" gap={1}>
        <Filters view={view} tasks={list.items} onChange={change} />
        {list.error && <Failed error={list.error} onRetry={list.retry} />}
        {list.isPending && !list.error && <Loading />}
        {list.total === 0 && !isFiltered && (
          <Empty message={t('tasks.empty', 'Nobody has asked for an action since Vireo started')} />
        )}
        {list.total === 0 && isFiltered && (
          <Empty message={t('tasks.none', 'No task fits')}>
            <Button variant="secondary" onClick={() => change(ALL)}>
              {t('domains.clear', 'Clear the filters')}
            </Button>
          </Empty>
        )}
        {list.items.length > 0 && <TasksTable tasks={list.items} />}
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

interface FiltersProps {
  readonly view: TasksView;
  readonly tasks: readonly Task[];
  readonly onChange: (changes: ParameterChanges) => void;
}

function Filters({ view, tasks, onChange }: FiltersProps) {
  const id = useId();
  const { uuid, bulkId } = view;
  const name = tasks.find((task) => task.uuid === uuid)?.domain ?? uuid;
  return (
    <>
      <Stack direction="row" gap={1} wrap="wrap">
        <HostFilter chosen={view.host ?? []} onChange={(host) => onChange({ host })} />
        <span id={id} hidden>
          {t('tasks.actions', 'Actions')}
        </span>
        <MultiCombobox
          aria-labelledby={id}
          placeholder={t('tasks.all-actions', 'All actions')}
          options={ACTION_IDS.map((value) => ({ value: value as string, label: actionLabel(value) }))}
          value={[...(view.action ?? [])]}
          isClearable
          width="auto"
          minWidth={24}
          maxWidth={60}
          onChange={(options) => onChange({ action: options.map(({ value }) => value) })}
        />
      </Stack>
      <FilterPills
        label={t('tasks.state', 'Outcome')}
        options={TASK_STATES.map((value) => ({ value, text: stateText(value) }))}
        chosen={view.state ?? []}
        onChange={(state) => onChange({ state })}
      />
      {uuid !== undefined && (
        <Only
          text={t('tasks.only-domain', 'Only domain {{name}}', { name, interpolation: { escapeValue: false } })}
          onAll={() => onChange({ uuid: '' })}
        />
      )}
      {bulkId !== undefined && (
        <Only text={t('tasks.only-bulk', 'Only what was asked for together')} onAll={() => onChange({ bulkId: '' })} />
      )}
    </>
  );
}

/** A filter that only links set; it can be taken away here. */
function Only({ text, onAll }: { readonly text: string; readonly onAll: () => void }) {
  return (
    <Stack direction="row">
      <Button size="sm" variant="secondary" icon="times" tooltip={t('tasks.all', 'Show all again')} onClick={onAll}>
        {text}
      </Button>
    </Stack>
  );
}

/** A state of tasks as a filter: before it is judged what it means. */
function stateText(state: TaskState): string {
  switch (state) {
    case 'accepted':
      return kindText('waiting');
    case 'running':
      return kindText('running');
    case 'succeeded':
      return kindText('done');
    case 'timed_out':
      return t('kind.timed-out', 'Timed out');
    case 'failed':
      return kindText('failed');
    case 'cancelled':
      return kindText('cancelled');
    case 'unknown':
      return kindText('unknown');
  }
}
