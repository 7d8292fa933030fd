// SPDX-License-Identifier: Apache-2.0
// A task, as it goes on and as it ended: what was done, what was seen, and what it means.

import { dateTimeFormat } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Alert, Button, LoadingBar, Stack, Text } from '@grafana/ui';
import type { ActionId, Task, TaskStep } from '@vireo/exporter/contract';
import React from 'react';
import { explain, stepText } from '../api/code-texts';
import { Details } from '../components/States';
import { type Outcome, outcomeOf } from './outcome';
import { actionLabel, taskLabel } from './texts';

/** The whole story of a task. */
export function TaskProgress({ task }: { readonly task: Task }) {
  const outcome = outcomeOf(task);
  const problem = task.error && explain(task.error);
  const isOver = outcome.kind !== 'waiting' && outcome.kind !== 'running';
  return (
    <Stack direction="column" gap={1}>
      {/* Said by screen readers when it changes. */}
      <div role="status">
        <Alert severity={outcome.severity} title={outcomeText(outcome, task)}>
          {task.error && problem && (
            <Stack direction="column" gap={0.5}>
              <span>{problem.text}</span>
              <Details text={problem.details} />
              <Text variant="bodySmall" color="secondary">
                {task.error.code}
              </Text>
            </Stack>
          )}
          {!isOver && <LoadingBar width={200} ariaLabel={t('task.progress', 'Under way')} />}
        </Alert>
      </div>
      <ol>
        {task.steps.map((step, index) => (
          <Step key={`${step.at} ${String(index)}`} step={step} />
        ))}
      </ol>
    </Stack>
  );
}

function Step({ step }: { readonly step: TaskStep }) {
  const { text, names } = stepText(step);
  return (
    <li>
      <Text variant="bodySmall" color="secondary">
        {dateTimeFormat(step.at, { format: 'HH:mm:ss' })} {text}
      </Text>{' '}
      <Details text={names} />
    </li>
  );
}

/** What to do by force when a guest did not react; it opens that question, and does nothing. */
export function Escalation({
  task,
  onEscalate,
}: {
  readonly task: Task;
  readonly onEscalate: (action: ActionId) => void;
}) {
  const { escalation } = outcomeOf(task);
  return escalation === undefined ? null : (
    <Button variant="destructive" onClick={() => onEscalate(escalation)}>
      {t('task.escalate', '{{action}} …', { action: actionLabel(escalation) })}
    </Button>
  );
}

/** One sentence about how it went. */
export function outcomeText({ kind, escalation }: Outcome, task: Pick<Task, 'action' | 'options' | 'result'>): string {
  const action = taskLabel(task);
  switch (kind) {
    case 'waiting':
      return t('outcome.waiting', 'Accepted: {{action}} waits for its turn', { action });
    case 'running':
      return t('outcome.running', 'Under way: {{action}}', { action });
    case 'done':
      return task.result === undefined
        ? t('outcome.done', 'Done: {{action}}', { action })
        : t('outcome.done-state', 'Done: {{action}}. The domain is {{state}}', { action, state: task.result.state });
    case 'unchanged':
      return t('outcome.unchanged', 'The domain already was as asked: nothing was done');
    case 'late':
      return t('outcome.late', 'Done, although later than expected: {{action}}', { action });
    case 'no-reaction':
      return escalation === undefined
        ? t('outcome.timed-out', 'Not seen to be done in time: {{action}}', { action })
        : t('outcome.no-reaction', 'The guest did not react. {{force}}?', { force: actionLabel(escalation) });
    case 'failed':
      return t('outcome.failed', 'Failed: {{action}}', { action });
    case 'cancelled':
      return t('outcome.cancelled', 'Cancelled: {{action}}', { action });
    case 'unknown':
      return t('outcome.unknown', 'Nobody can tell whether it was done: {{action}}. Look at the domain', { action });
  }
}
