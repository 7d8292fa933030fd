// SPDX-License-Identifier: Apache-2.0
// Beside what a panel shows of a domain: its host is lost, and how old that is. Nothing while the host is there.

import { dateTime } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Icon, Text } from '@grafana/ui';
import React from 'react';
import { useHost } from '../api/queries';

export function HostLost({ host }: { readonly host: string }) {
  const { data } = useHost(host);
  return data?.state === 'lost' ? (
    <Text variant="bodySmall" color="warning">
      <Icon name="exclamation-triangle" size="sm" />{' '}
      {t('panel.host-lost', 'host lost, seen {{when}}', { when: dateTime(data.since).fromNow() })}
    </Text>
  ) : null;
}
