// SPDX-License-Identifier: Apache-2.0
// Says how fresh what is shown is: events as they happen, or asked for every few seconds.

import { t } from '@grafana/i18n';
import { Badge } from '@grafana/ui';
import React from 'react';
import { useLive } from '../api/live';

/** For the head of every page. */
export function LiveBadge() {
  const { mode } = useLive();
  switch (mode) {
    case 'live':
      return (
        <Badge
          color="green"
          icon="bolt"
          text={t('live.live', 'Live')}
          tooltip={t('live.live-hint', 'Changes are shown as they happen.')}
        />
      );
    case 'connecting':
      return <Badge color="blue" icon="sync" text={t('live.connecting', 'Connecting')} />;
    case 'polling':
      return (
        <Badge
          color="orange"
          icon="clock-nine"
          text={t('live.polling', 'Every 5 s')}
          tooltip={t(
            'live.polling-hint',
            'No event stream comes through Grafana, so Vireo is asked every 5 seconds. A proxy that buffers may be why.',
          )}
        />
      );
  }
}
