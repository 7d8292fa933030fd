// SPDX-License-Identifier: Apache-2.0
// Asks before many domains are acted on: first what would become of each and why not, then for the decision, then how it
// goes, failures first. It stays open, and a long list says how long it is.

import { Trans, t } from '@grafana/i18n';
import { Alert, Button, Field, Input, Modal, Stack, Text } from '@grafana/ui';
import { type ActionId, ACTIONS, type BulkResult, type DomainBrief } from '@vireo/exporter/contract';
import React, { type SyntheticEvent, useId, useState } from 'react';
import { InDialog, ReasonField, RequestError } from '../../actions/RequestParts';
import { explainShortly, refusalText } from '../../api/code-texts';
import { Failed, Loading } from '../../components/States';
import { type BulkAction, bulkLabel, consequences, judgeDryRun, type TargetResult, typedProof } from './bulk';
import { BulkOutcomes } from './BulkOutcomes';
import { type BulkProgress, useBulkAction } from './useBulkAction';

/** Targets named one by one; the others are counted. */
const LISTED_MAX = 50;

/** What {@link BulkDialog} takes; give it a key of the action. */
export interface BulkDialogProps {
  readonly action: BulkAction;
  readonly targets: readonly DomainBrief[];
  readonly onDismiss: () => void;
  /** Asked for another action on some of them: force off after a shutdown they ignored. */
  readonly onEscalate: (action: ActionId, keys: ReadonlySet<string>) => void;
}

export function BulkDialog({ action, targets: current, onDismiss, onEscalate }: BulkDialogProps) {
  const [targets] = useState(current);
  const progress = useBulkAction(action, targets);
  const { dryRun, isSending, result, tasks, followError } = progress;
  return (
    <Modal
      isOpen
      title={t('bulk.title', '', {
        action: bulkLabel(action),
        count: result?.results.length ?? (dryRun.data ? judgeDryRun(dryRun.data, targets).acted : targets).length,
        defaultValue_one: '{{action}}: {{count}} domain',
        defaultValue_other: '{{action}}: {{count}} domains',
      })}
      onDismiss={isSending ? undefined : onDismiss}
      closeOnBackdropClick={false}
      closeOnEscape={!isSending}
    >
      {result !== undefined ? (
        <InDialog>
          <Stack direction="column" gap={2}>
            {followError && <Failed error={followError} />}
            <BulkOutcomes result={result} tasks={tasks} onEscalate={onEscalate} onDismiss={onDismiss} />
          </Stack>
        </InDialog>
      ) : dryRun.data !== undefined ? (
        <Question action={action} targets={targets} answer={dryRun.data} progress={progress} onDismiss={onDismiss} />
      ) : dryRun.error ? (
        <Failed error={dryRun.error} onRetry={() => void dryRun.refetch()} />
      ) : (
        <Loading what={t('bulk.asking', 'Asking what would become of each …')} />
      )}
    </Modal>
  );
}

interface QuestionProps {
  readonly action: BulkAction;
  readonly targets: readonly DomainBrief[];
  readonly answer: BulkResult;
  readonly progress: BulkProgress;
  readonly onDismiss: () => void;
}

function Question({ action, targets, answer, progress, onDismiss }: QuestionProps) {
  const { send, isSending, error } = progress;
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  const id = useId();
  const { acted, unchanged, refused } = judgeDryRun(answer, targets);
  const proof = typedProof(action, acted);
  const isReady = acted.length > 0 && !isSending && (proof === undefined || typed.trim() === proof);

  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (isReady) {
      send(acted, reason.trim());
    }
  };
  return (
    <form onSubmit={submit}>
      <Stack direction="column" gap={2}>
        <Refused results={refused} />
        {unchanged.length > 0 && (
          <Text color="secondary">
            {t('bulk.unchanged', 'Already as asked, left alone: {{names}}', {
              names: namesOf(unchanged.map(({ domain, uuid }) => domain ?? uuid)),
              interpolation: { escapeValue: false },
            })}
          </Text>
        )}
        <Acted action={action} acted={acted} />
        {proof !== undefined && (
          <Field
            label={
              acted.length === 1
                ? t('dialog.type-name', 'Type the name of the domain to confirm: {{name}}', {
                    name: proof,
                    interpolation: { escapeValue: false },
                  })
                : t('bulk.type-count', 'Type how many domains it is to confirm: {{proof}}', { proof })
            }
            noMargin
          >
            <Input
              id={`${id}-proof`}
              value={typed}
              disabled={isSending}
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => setTyped(event.currentTarget.value)}
            />
          </Field>
        )}
        <ReasonField id={id} value={reason} disabled={isSending || acted.length === 0} onChange={setReason} />
        <RequestError error={error} />
      </Stack>
      <Modal.ButtonRow>
        <Button type="button" variant="secondary" disabled={isSending} onClick={onDismiss}>
          <Trans i18nKey="dialog.cancel">Cancel</Trans>
        </Button>
        <Button
          type="submit"
          variant={ACTIONS[action.action].disruptive ? 'destructive' : 'primary'}
          icon={isSending ? 'spinner' : undefined}
          disabled={!isReady}
        >
          {t('bulk.send', '{{action}}: {{number}}', { action: bulkLabel(action), number: acted.length })}
        </Button>
      </Modal.ButtonRow>
    </form>
  );
}

function Refused({ results }: { readonly results: readonly TargetResult[] }) {
  const others = results.length - LISTED_MAX;
  return results.length === 0 ? null : (
    <Alert
      severity="warning"
      title={t('bulk.refused', 'Not possible now, left alone: {{number}}', { number: results.length })}
    >
      <ul>
        {results.slice(0, LISTED_MAX).map(({ host, uuid, domain, error }) => (
          <li key={`${host}/${uuid}`}>
            {t('bulk.refusal', '{{domain}} on {{host}}: {{why}}', {
              domain: domain ?? uuid,
              host,
              why: whyOf(domain, error),
              interpolation: { escapeValue: false },
            })}
          </li>
        ))}
        {others > 0 && <li>{t('lost.more', 'and {{others}} more', { others })}</li>}
      </ul>
    </Alert>
  );
}

/** Messages of the API begin with the name of the domain, which stands here already. */
function whyOf(domain: string | undefined, error: TargetResult['error']): string {
  if (error === undefined) {
    return '';
  }
  const prefix = `${domain ?? ''}: `;
  const message = error.message.startsWith(prefix) ? error.message.slice(prefix.length) : error.message;
  return error.reasonCode === undefined
    ? explainShortly({ ...error, message })
    : refusalText(error.reasonCode, message);
}

function Acted({ action, acted }: { readonly action: BulkAction; readonly acted: readonly DomainBrief[] }) {
  if (acted.length === 0) {
    return <Text>{t('bulk.nothing', 'Nothing is left to do.')}</Text>;
  }
  return (
    <>
      {consequences(action, acted).map(([text, number]) => (
        <Text key={text}>
          {t('bulk.consequence', 'Affects {{number}}: {{text}}', {
            number,
            text,
            interpolation: { escapeValue: false },
          })}
        </Text>
      ))}
      <Text color="secondary">{namesOf(acted.map(({ name, host }) => `${name} (${host})`))}</Text>
    </>
  );
}

function namesOf(names: readonly string[]): string {
  const others = names.length - LISTED_MAX;
  const listed = names.slice(0, LISTED_MAX).join(', ');
  return others > 0 ? `${listed}, ${t('lost.more', 'and {{others}} more', { others })}` : listed;
}
