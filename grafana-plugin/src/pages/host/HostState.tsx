// SPDX-License-Identifier: Apache-2.0
// Whether a host is there; of a lost one since when, why, what to do, and when Vireo tries again.

import { dateTime } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Alert, Stack, Text } from '@grafana/ui';
import type { HostFull } from '@vireo/exporter/contract';
import React from 'react';
import { explain } from '../../api/code-texts';
import { Hypervisor } from '../../components/Hypervisor';
import { StateBadge } from '../../components/StateBadge';
import { Details } from '../../components/States';

export function HostState({ host }: { readonly host: HostFull }) {
  const { state, since, driver, simulated, error } = host;
  const problem = error && explain(error);
  return (
    <Stack direction="column" gap={1}>
      <Stack direction="row" gap={1} alignItems="center" wrap="wrap">
        <StateBadge state={state} />
        <span title={since}>
          <Text variant="bodySmall" color="secondary">
            {t('host.since', 'since {{when}}', { when: dateTime(since).format('YYYY-MM-DD HH:mm:ss') })}
          </Text>
        </span>
        <Hypervisor {...(driver !== undefined && { driver })} simulated={simulated} />
      </Stack>
      {error && problem && (
        <Alert severity="error" title={t('host.lost', 'This host is lost: what is shown is what was last seen of it')}>
          <Stack direction="column" gap={0.5}>
            <span>{problem.text}</span>
            <Details text={problem.details} />
            <span>{problem.advice}</span>
            <Text variant="bodySmall" color="secondary">
              {t('host.next-attempt', 'Next attempt {{when}}', { when: dateTime(error.nextAttemptAt).fromNow() })}
              {` · ${error.code}`}
            </Text>
          </Stack>
        </Alert>
      )}
    </Stack>
  );
}
