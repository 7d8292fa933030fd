// SPDX-License-Identifier: Apache-2.0
// How much of a host is used or promised, with a sign where that is too much: never by colour alone.

import { t } from '@grafana/i18n';
import { Icon, Stack, Text } from '@grafana/ui';
import React from 'react';

/** From there on something runs short, as the alerts see it. */
const USED_HIGH = 0.95;
/** From there on more is promised than the alerts think wise. */
const OVERCOMMIT_MAX = { vcpus: 4, memory: 1 };

/** A part as per cent, with a decimal where it is small. */
export function percentOf(part: number): string {
  return Number.isFinite(part) ? `${(part * 100).toFixed(part < 0.01 ? 1 : 0)} %` : '–';
}

/** A part of what there is; nothing where it is not known. */
export function Load({ part }: { readonly part: number | undefined }) {
  return part === undefined || !Number.isFinite(part) ? null : (
    <Marked text={percentOf(part)} {...(part > USED_HIGH && { warning: t('fleet.used-high', 'nearly all is used') })} />
  );
}

/** vCPUs for each CPU, or memory promised as a part of what there is. */
export function Overcommit({ of, value }: { readonly of: 'vcpus' | 'memory'; readonly value: number | undefined }) {
  if (value === undefined || !Number.isFinite(value)) {
    return null;
  }
  return (
    <Marked
      text={of === 'vcpus' ? value.toFixed(2) : percentOf(value)}
      {...(value > OVERCOMMIT_MAX[of] && { warning: t('fleet.overcommitted', 'overcommitted') })}
    />
  );
}

function Marked({ text, warning }: { readonly text: string; readonly warning?: string }) {
  return (
    <Stack direction="row" gap={0.5} alignItems="center">
      <Text {...(warning === undefined ? {} : { color: 'warning' })}>{text}</Text>
      {warning !== undefined && <Warning text={warning} />}
    </Stack>
  );
}

/** A sign that says what it warns of to those who hear and to those who point at it. */
export function Warning({ text }: { readonly text: string }) {
  return (
    <span role="img" aria-label={text} title={text}>
      <Icon name="exclamation-triangle" size="sm" />
    </span>
  );
}
