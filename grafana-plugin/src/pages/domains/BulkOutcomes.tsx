// SPDX-License-Identifier: Apache-2.0
// How an action on many domains goes, followed to the last of them; failures first.

import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Trans, t } from '@grafana/i18n';
import { Alert, Button, LinkButton, LoadingBar, Modal, Stack, Text, TextLink, useStyles2 } from '@grafana/ui';
import type { ActionId, BulkResult, Task } from '@vireo/exporter/contract';
import React from 'react';
import { actionLabel } from '../../actions/texts';
import { explainShortly } from '../../api/code-texts';
import { kindText, TaskState } from '../../components/TaskState';
import { domainUrl, tasksUrl } from '../../urls';
import { kindsOf, outcomesOf, type TargetOutcome } from './bulk';
import { keyOf } from './view';

/** Targets named one by one; the page of tasks has all. */
const LISTED_MAX = 50;

/** What {@link BulkOutcomes} takes. */
export interface BulkOutcomesProps {
  readonly result: BulkResult;
  readonly tasks: readonly Task[];
  readonly onEscalate: (action: ActionId, keys: ReadonlySet<string>) => void;
  readonly onDismiss: () => void;
}

export function BulkOutcomes({ result, tasks, onEscalate, onDismiss }: BulkOutcomesProps) {
  const styles = useStyles2(getStyles);
  const outcomes = outcomesOf(result, tasks);
  const isUnderWay = outcomes.some(({ kind }) => kind === 'waiting' || kind === 'running');
  const isBad = outcomes.some(({ kind }) => !['waiting', 'running', 'done', 'unchanged', 'late'].includes(kind));
  const others = outcomes.length - LISTED_MAX;
  return (
    <>
      <div role="status">
        <Alert
          severity={isBad ? 'warning' : isUnderWay ? 'info' : 'success'}
          title={isUnderWay ? t('bulk.under-way', 'Under way') : t('bulk.over', 'All of it is over')}
        >
          {kindsOf(outcomes)
            .map(([kind, number]) => `${kindText(kind)}: ${String(number)}`)
            .join(' · ')}
          {isUnderWay && <LoadingBar width={200} ariaLabel={t('task.progress', 'Under way')} />}
        </Alert>
      </div>
      <ul className={styles.list}>
        {outcomes.slice(0, LISTED_MAX).map((outcome) => (
          <li key={keyOf(outcome.result)}>
            <Target {...outcome} />
          </li>
        ))}
        {others > 0 && <li>{t('lost.more', 'and {{others}} more', { others })}</li>}
      </ul>
      <Modal.ButtonRow>
        <Escalations outcomes={outcomes} onEscalate={onEscalate} />
        <LinkButton variant="secondary" fill="text" href={tasksUrl({ bulkId: result.bulkId })}>
          {t('bulk.tasks', 'See it among the tasks')}
        </LinkButton>
        <Button variant="secondary" onClick={onDismiss}>
          <Trans i18nKey="dialog.close">Close</Trans>
        </Button>
      </Modal.ButtonRow>
    </>
  );
}

function Target({ result, task, kind }: TargetOutcome) {
  const error = task?.error ?? result.error;
  return (
    <Stack direction="row" gap={1} alignItems="center" wrap="wrap">
      <TaskState kind={kind} />
      <TextLink href={domainUrl(result.host, result.uuid)} inline>
        {result.domain ?? result.uuid}
      </TextLink>
      <Text variant="bodySmall" color="secondary">
        {result.host}
      </Text>
      {error && <Text variant="bodySmall">{`${explainShortly(error)} (${error.code})`}</Text>}
    </Stack>
  );
}

/** What to do by force with those that did not react; it opens that question. */
function Escalations({ outcomes, onEscalate }: Pick<BulkOutcomesProps, 'onEscalate'> & { outcomes: TargetOutcome[] }) {
  const byAction = new Map<ActionId, Set<string>>();
  for (const { escalation, result } of outcomes) {
    if (escalation !== undefined) {
      byAction.set(escalation, (byAction.get(escalation) ?? new Set()).add(keyOf(result)));
    }
  }
  return [...byAction].map(([action, keys]) => (
    <Button key={action} variant="destructive" onClick={() => onEscalate(action, keys)}>
      {t('bulk.escalate', '{{action}}: {{number}} …', { action: actionLabel(action), number: keys.size })}
    </Button>
  ));
}

const getStyles = (theme: GrafanaTheme2) => ({
  list: css({ listStyle: 'none', '& > li': { marginBottom: theme.spacing(0.5) } }),
});
