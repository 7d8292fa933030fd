// SPDX-License-Identifier: Apache-2.0
// How a shutdown or reboot is asked for: which way, how long the guest may take, and what follows if it doesn't react.

import { t } from '@grafana/i18n';
import { Checkbox, Combobox, Field, Input, Stack } from '@grafana/ui';
import { ACTIONS, type ShutdownMode } from '@vireo/exporter/contract';
import React, { useId } from 'react';
import { type ActionTarget, refusalOf } from './availability';
import { type Choice, isTimeoutValid, modesOf, TIMEOUT_SECONDS } from './options';

/** What {@link OptionFields} takes. */
export interface OptionFieldsProps {
  readonly action: 'shutdown' | 'reboot';
  readonly domain: ActionTarget;
  readonly choice: Choice;
  readonly onChange: (choice: Choice) => void;
  readonly disabled: boolean;
}

export function OptionFields({ action, domain, choice, onChange, disabled }: OptionFieldsProps) {
  const id = useId();
  const usual = ACTIONS[action].deadlineSeconds;
  const forceRefusal = refusalOf('destroy', domain, { mayOperate: true });
  return (
    <Stack direction="column" gap={2} alignItems="flex-start">
      <Stack direction="row" gap={2} wrap="wrap">
        <Field label={t('options.mode', 'Which way')} noMargin>
          <Combobox<ShutdownMode>
            id={`${id}-mode`}
            width={32}
            disabled={disabled}
            value={choice.mode}
            options={modesOf(action, domain).map((mode) => ({ value: mode, label: modeLabel(mode) }))}
            onChange={({ value }) => onChange({ ...choice, mode: value })}
          />
        </Field>
        <Field
          label={t('options.timeout', 'Seconds the guest may take')}
          noMargin
          invalid={!isTimeoutValid(choice)}
          error={
            choice.timeoutSeconds === ''
              ? t('options.timeout-needed', 'Force needs a time.')
              : t('options.timeout-range', 'A whole number from {{min}} to {{max}}.', TIMEOUT_SECONDS)
          }
        >
          <Input
            id={`${id}-timeout`}
            width={32}
            type="number"
            min={TIMEOUT_SECONDS.min}
            max={TIMEOUT_SECONDS.max}
            placeholder={String(usual)}
            value={choice.timeoutSeconds}
            disabled={disabled}
            onChange={(event) => onChange({ ...choice, timeoutSeconds: event.currentTarget.value })}
          />
        </Field>
      </Stack>
      {action === 'shutdown' && (
        <Checkbox
          label={t('options.then-force', 'Force it off when the time is over')}
          description={
            forceRefusal ??
            t(
              'options.then-force-hint',
              'What the guest has not written to disk by then is lost. Its name must be typed.',
            )
          }
          value={choice.thenForce}
          disabled={disabled || forceRefusal !== undefined}
          onChange={(event) =>
            onChange({
              ...choice,
              thenForce: event.currentTarget.checked,
              timeoutSeconds: choice.timeoutSeconds || String(usual),
            })
          }
        />
      )}
    </Stack>
  );
}

function modeLabel(mode: ShutdownMode): string {
  switch (mode) {
    case 'auto':
      return t('options.mode-auto', 'As it fits best');
    case 'acpi':
      return t('options.mode-acpi', 'Power button (ACPI)');
    case 'agent':
      return t('options.mode-agent', 'Guest agent');
    case 'paravirt':
      return t('options.mode-paravirt', 'Paravirtual');
    case 'initctl':
      return t('options.mode-initctl', 'initctl');
    case 'signal':
      return t('options.mode-signal', 'Signal to the first process');
  }
}
