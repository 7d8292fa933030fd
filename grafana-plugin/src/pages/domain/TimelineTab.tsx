// SPDX-License-Identifier: Apache-2.0
// What happened to a domain and who asked for it: from Vireo's log in Loki, or without one the tasks Vireo remembers.

import { dateTimeFormat } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Alert, RadioButtonGroup, Stack, Text, TextLink } from '@grafana/ui';
import type { DomainFull, Task } from '@vireo/exporter/contract';
import React from 'react';
import { outcomeOf } from '../../actions/outcome';
import { outcomeText } from '../../actions/TaskProgress';
import { useDataSourceUid } from '../../api/data-sources';
import { useTasks } from '../../api/queries';
import { Empty, Failed, Loaded, Loading } from '../../components/States';
import { configurationUrl } from '../../urls';
import { useParameters } from '../../useParameters';
import { FactTable } from './Facts';
import { askersReason, logText } from './log-text';
import { LINES_MAX, useLog } from './useLog';

const HOURS = [1, 24, 168] as const;
const TASKS_MAX = 100;

export function TimelineTab({ domain }: { readonly domain: DomainFull }) {
  const uid = useDataSourceUid('loki');
  return uid === undefined ? <FromTasks domain={domain} /> : <FromLog uid={uid} domain={domain} />;
}

function FromLog({ uid, domain }: { readonly uid: string; readonly domain: DomainFull }) {
  const [parameters, change] = useParameters();
  const asked = Number(parameters.get('hours'));
  const hours = HOURS.find((one) => one === asked) ?? 24;
  const result = useLog(uid, domain, hours);
  return (
    <Stack direction="column" gap={2}>
      <Stack direction="row" gap={2} alignItems="center" wrap="wrap">
        <RadioButtonGroup
          size="sm"
          aria-label={t('timeline.range', 'How far back')}
          value={hours}
          options={HOURS.map((one) => ({ value: one, label: hoursLabel(one) }))}
          onChange={(one) => change({ hours: String(one) })}
        />
        <Text color="secondary" variant="bodySmall">
          {t('timeline.from-loki', 'From the log of Vireo, in Loki')}
        </Text>
      </Stack>
      <Loaded result={result} what={t('timeline.loading', 'Asking Loki …')}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty message={t('timeline.empty', 'Nothing happened in this time')} />
          ) : (
            <>
              <FactTable
                title={t('domain.timeline', 'Timeline')}
                empty=""
                rows={rows}
                columns={[
                  [t('timeline.when', 'When'), ({ atMs }) => dateTimeFormat(atMs)],
                  [t('timeline.event', 'Event'), ({ event }) => event],
                  [t('timeline.what', 'What'), logText],
                  [t('timeline.reason', 'Reason'), askersReason],
                  [t('timeline.who', 'Who'), ({ who }) => who],
                ]}
              />
              {rows.length === LINES_MAX && (
                <Text color="secondary">
                  {t('timeline.limit', 'Only the newest {{lines}} lines are shown', { lines: LINES_MAX })}
                </Text>
              )}
            </>
          )
        }
      </Loaded>
    </Stack>
  );
}

function FromTasks({ domain }: { readonly domain: DomainFull }) {
  const { items, isPending, error, retry } = useTasks({ uuid: domain.uuid, host: [domain.host] }, TASKS_MAX);
  return (
    <Stack direction="column" gap={2}>
      <Alert
        severity="info"
        title={t('timeline.no-loki', 'Only the actions Vireo remembers: Grafana has no Loki with its log')}
      >
        <TextLink href={configurationUrl()}>
          {t('timeline.choose-loki', 'Add a data source of that type, and choose it in the configuration')}
        </TextLink>
      </Alert>
      {error && <Failed error={error} onRetry={retry} />}
      {isPending && error === null && <Loading what={t('timeline.tasks-loading', 'Asking for the actions …')} />}
      {!isPending && items.length === 0 && error === null && (
        <Empty message={t('timeline.no-tasks', 'Nobody has acted on it since Vireo started')} />
      )}
      {items.length > 0 && (
        <FactTable<Task>
          title={t('domain.timeline', 'Timeline')}
          empty=""
          rows={items}
          columns={[
            [t('timeline.when', 'When'), ({ acceptedAt }) => dateTimeFormat(acceptedAt)],
            [t('timeline.what', 'What'), (task) => outcomeText(outcomeOf(task), task)],
            [t('timeline.who', 'Who'), ({ actor }) => actor.user ?? actor.token],
            [t('timeline.reason', 'Reason'), ({ reason }) => reason],
          ]}
        />
      )}
    </Stack>
  );
}

function hoursLabel(hours: (typeof HOURS)[number]): string {
  switch (hours) {
    case 1:
      return t('timeline.hour', 'Last hour');
    case 24:
      return t('timeline.day', 'Last day');
    case 168:
      return t('timeline.week', 'Last week');
  }
}
