// SPDX-License-Identifier: Apache-2.0
// Asks before anything is done, says what it leads to, stays open, and shows what truly came of it.

import { css } from '@emotion/css';
import { dateTime, type GrafanaTheme2 } from '@grafana/data';
import { Trans, t } from '@grafana/i18n';
import { hasPermission } from '@grafana/runtime';
import { Alert, Button, Field, Input, Modal, Stack, Text, useStyles2 } from '@grafana/ui';
import { type ActionId, ACTIONS } from '@vireo/exporter/contract';
import React, { type SyntheticEvent, useId, useState } from 'react';
import { useTasks } from '../api/queries';
import { Failed } from '../components/States';
import { PERMISSIONS } from '../constants';
import { type ActionTarget, needsTypedName, refusalOf } from './availability';
import { OptionFields } from './OptionFields';
import { type ActionOptions, hasChoice, isTimeoutValid, NO_CHOICE, optionsOf } from './options';
import { InDialog, ReasonField, RequestError } from './RequestParts';
import { Escalation, TaskProgress } from './TaskProgress';
import { actionLabel, consequenceOf } from './texts';
import { useAction } from './useAction';

/** What {@link ActionDialog} takes. */
export interface ActionDialogProps {
  readonly action: ActionId;
  readonly domain: ActionTarget;
  /** When the domain began to run, in ms since 1970, where that is known. */
  readonly startedAtMs?: number | undefined;
  /** How many consoles of it are open, where that is known. */
  readonly viewers?: number | undefined;
  readonly canExecute?: boolean | undefined;
  readonly onDismiss: () => void;
  /** Asked for another action instead: force off after a shutdown nobody reacted to. */
  readonly onEscalate: (action: ActionId) => void;
}

/** Give it a key of action and domain: each question is asked anew. */
export function ActionDialog({
  action,
  domain: current,
  canExecute,
  onDismiss,
  onEscalate,
  ...known
}: ActionDialogProps) {
  // What the person saw who decides; the API refuses (ifDomainId, ifDomainName) another run or domain.
  const [domain] = useState(current);
  const { send, isSending, task, error, followError } = useAction(action, domain);
  const label = actionLabel(action, domain);

  return (
    <Modal
      isOpen
      title={t('dialog.title', '{{action}}: {{domain}} on {{host}}', {
        action: label,
        domain: domain.name,
        host: domain.host,
        interpolation: { escapeValue: false },
      })}
      // While nobody knows whether it was accepted, the answer must not be missed.
      onDismiss={isSending ? undefined : onDismiss}
      closeOnBackdropClick={false}
      closeOnEscape={!isSending}
    >
      {task === undefined ? (
        <Question
          action={action}
          domain={domain}
          refusal={refusalOf(action, current, {
            mayOperate: hasPermission(PERMISSIONS.operate),
            ...(canExecute !== undefined && { canExecute }),
          })}
          isSending={isSending}
          error={error}
          onSend={send}
          onDismiss={onDismiss}
          {...known}
        />
      ) : (
        <InDialog>
          <Stack direction="column" gap={2}>
            <TaskProgress task={task} />
            {followError && <Failed error={followError} />}
            <Modal.ButtonRow>
              <Escalation task={task} onEscalate={onEscalate} />
              <Button variant="secondary" onClick={onDismiss}>
                <Trans i18nKey="dialog.close">Close</Trans>
              </Button>
            </Modal.ButtonRow>
          </Stack>
        </InDialog>
      )}
    </Modal>
  );
}

interface QuestionProps {
  readonly action: ActionId;
  readonly domain: ActionTarget;
  readonly startedAtMs?: number | undefined;
  readonly viewers?: number | undefined;
  /** Why it can't be asked for now. */
  readonly refusal: string | undefined;
  readonly isSending: boolean;
  readonly error: Error | null;
  readonly onSend: (reason: string, options: ActionOptions | undefined) => void;
  readonly onDismiss: () => void;
}

function Question({ action, domain, refusal, isSending, error, onSend, onDismiss, ...known }: QuestionProps) {
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  const [choice, setChoice] = useState(NO_CHOICE);
  const id = useId();
  const options = optionsOf(action, domain, choice);
  const mustType = needsTypedName(action, domain, options);
  const isReady = refusal === undefined && !isSending && isTimeoutValid(choice) && (!mustType || typed === domain.name);

  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (isReady) {
      onSend(reason.trim(), options);
    }
  };
  return (
    <form onSubmit={submit}>
      <Stack direction="column" gap={2}>
        <Text>{consequenceOf(action, domain)}</Text>
        <Circumstances domain={domain} {...known} />
        {refusal !== undefined && (
          <Alert severity="warning" title={t('dialog.refused', 'Not possible now')}>
            {refusal}
          </Alert>
        )}
        {hasChoice(action) && (
          <OptionFields
            action={action}
            domain={domain}
            choice={choice}
            onChange={setChoice}
            disabled={isSending || refusal !== undefined}
          />
        )}
        {mustType && (
          <Field
            label={t('dialog.type-name', 'Type the name of the domain to confirm: {{name}}', {
              name: domain.name,
              interpolation: { escapeValue: false },
            })}
            noMargin
          >
            <Input
              id={`${id}-name`}
              value={typed}
              disabled={isSending || refusal !== undefined}
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => setTyped(event.currentTarget.value)}
            />
          </Field>
        )}
        <ReasonField id={id} value={reason} disabled={isSending || refusal !== undefined} onChange={setReason} />
        <RequestError error={error} />
      </Stack>
      <Modal.ButtonRow>
        <Button type="button" variant="secondary" disabled={isSending} onClick={onDismiss}>
          <Trans i18nKey="dialog.cancel">Cancel</Trans>
        </Button>
        <Button
          type="submit"
          variant={ACTIONS[action].disruptive ? 'destructive' : 'primary'}
          icon={isSending ? 'spinner' : undefined}
          disabled={!isReady}
        >
          {actionLabel(action, domain)}
        </Button>
      </Modal.ButtonRow>
    </form>
  );
}

/** What speaks for or against it: how long it runs, who looks, what else is under way. Unknown is left out. */
function Circumstances({ domain, startedAtMs, viewers }: Pick<QuestionProps, 'domain' | 'startedAtMs' | 'viewers'>) {
  const styles = useStyles2(getStyles);
  const { items } = useTasks({ uuid: domain.uuid, host: [domain.host], state: ['accepted', 'running'] }, 10);
  const lines = [
    t('dialog.state', 'State: {{state}}', { state: domain.state }),
    ...(startedAtMs === undefined
      ? []
      : [t('dialog.uptime', 'Started {{when}}', { when: dateTime(startedAtMs).fromNow() })]),
    ...(viewers === undefined
      ? []
      : [
          t('dialog.viewers', '', {
            count: viewers,
            defaultValue_one: '{{count}} console of it is open',
            defaultValue_other: '{{count}} consoles of it are open',
          }),
        ]),
    ...items.map((task) =>
      t('dialog.under-way', 'Under way: {{action}}, by {{who}}', {
        action: actionLabel(task.action),
        who: task.actor.user ?? task.actor.token,
        interpolation: { escapeValue: false },
      }),
    ),
  ];
  return (
    <ul className={styles.circumstances}>
      {lines.map((line) => (
        <li key={line}>
          <Text color="secondary">{line}</Text>
        </li>
      ))}
    </ul>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  circumstances: css({ paddingLeft: theme.spacing(2.5) }),
});
