// SPDX-License-Identifier: Apache-2.0
// What every question about an action has, of one domain or of many: why, and what became of the request.

import { t } from '@grafana/i18n';
import { Alert, Field, Input } from '@grafana/ui';
import React, { type ReactNode } from 'react';
import { toApiError } from '../api/problem';
import { ProblemText } from '../components/States';

/** Longest reason the API takes. */
const REASON_LENGTH_MAX = 500;

/** The reason that goes into the task and the audit log. */
export function ReasonField({ id, value, disabled, onChange }: ReasonFieldProps) {
  return (
    <Field
      label={t('dialog.reason', 'Reason')}
      description={t('dialog.reason-hint', 'Optional. It stands in the task and in the audit log.')}
      noMargin
    >
      <Input
        id={`${id}-reason`}
        value={value}
        maxLength={REASON_LENGTH_MAX}
        disabled={disabled}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </Field>
  );
}
interface ReasonFieldProps {
  /** Of the form; the field's begins with it. */
  readonly id: string;
  readonly value: string;
  readonly disabled: boolean;
  readonly onChange: (reason: string) => void;
}

/** Why the request was not accepted; nothing while it may be. */
export function RequestError({ error }: { readonly error: Error | null }) {
  const problem = error === null ? undefined : toApiError(error);
  return problem === undefined ? null : (
    <InDialog>
      <Alert severity="error" title={t('dialog.not-accepted', 'Vireo did not accept it')}>
        <ProblemText problem={problem} />
      </Alert>
    </InDialog>
  );
}

/**
 * What a dialog comes to show after a button was pressed that is disabled since, or gone: then nothing has the focus, and
 * the dialog takes it.
 */
export function InDialog({ children }: { readonly children: ReactNode }) {
  return <div ref={takeFocus}>{children}</div>;
}

function takeFocus(element: HTMLElement | null): void {
  const dialog = element?.closest<HTMLElement>('[role="dialog"]');
  if (dialog?.contains(document.activeElement) === false) {
    dialog.focus();
  }
}
