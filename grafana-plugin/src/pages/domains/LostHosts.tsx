// SPDX-License-Identifier: Apache-2.0
// Which hosts are lost, and how old what is shown of them is.

import { dateTime } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Alert, Stack, TextLink } from '@grafana/ui';
import type { HostBrief } from '@vireo/exporter/contract';
import React from 'react';
import { hostUrl } from '../../urls';

/** More hosts than that are only counted. */
const NAMED_MAX = 5;

/** For the head of a list of domains. */
export function LostHosts({ hosts }: { readonly hosts: readonly HostBrief[] }) {
  const others = hosts.length - NAMED_MAX;
  return (
    <Alert
      severity="warning"
      title={t('lost.title', '', {
        count: hosts.length,
        defaultValue_one: '{{count}} host is lost: its domains are shown as they were last seen',
        defaultValue_other: '{{count}} hosts are lost: their domains are shown as they were last seen',
      })}
    >
      <Stack direction="column" gap={0.5}>
        {hosts.slice(0, NAMED_MAX).map((host) => (
          <span key={host.host}>
            <TextLink href={hostUrl(host.host)} inline>
              {host.host}
            </TextLink>{' '}
            {whatIsKnown(host)}
          </span>
        ))}
        {others > 0 && <span>{t('lost.more', 'and {{others}} more', { others })}</span>}
      </Stack>
    </Alert>
  );
}

function whatIsKnown({ since, domains }: HostBrief): string {
  const when = dateTime(since).fromNow();
  return domains === undefined
    ? t('lost.none', 'lost {{when}}; nothing is known of its domains', { when })
    : t('lost.domains', 'lost {{when}}; domains last seen then: {{total}}', { when, total: domains.total });
}
