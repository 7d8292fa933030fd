// SPDX-License-Identifier: Apache-2.0
// The state of a domain or host as text, icon and colour, never colour alone.

import { t } from '@grafana/i18n';
import { Badge, type BadgeColor, type IconName } from '@grafana/ui';
import React from 'react';

const LOOKS: Readonly<Record<string, { readonly color: BadgeColor; readonly icon: IconName }>> = {
  running: { color: 'green', icon: 'play' },
  blocked: { color: 'orange', icon: 'exclamation-triangle' },
  paused: { color: 'orange', icon: 'pause' },
  shutdown: { color: 'blue', icon: 'sync' },
  shutoff: { color: 'darkgrey', icon: 'square-shape' },
  crashed: { color: 'red', icon: 'exclamation-circle' },
  pmsuspended: { color: 'blue', icon: 'pause' },
  up: { color: 'green', icon: 'check' },
  connecting: { color: 'blue', icon: 'sync' },
  lost: { color: 'red', icon: 'exclamation-circle' },
};

export function StateBadge({ state, reason }: { readonly state: string; readonly reason?: string }) {
  const { color, icon } = LOOKS[state] ?? { color: 'purple', icon: 'question-circle' };
  return <Badge color={color} icon={icon} text={stateText(state)} {...(reason && { tooltip: reason })} />;
}

/** Of a host Vireo's words are said in the reader's language; of a domain libvirt's own stand, as in its tools and in metrics. */
export function stateText(state: string): string {
  switch (state) {
    case 'up':
      return t('host-state.up', 'up');
    case 'connecting':
      return t('host-state.connecting', 'connecting');
    case 'lost':
      return t('host-state.lost', 'lost');
    default:
      return state;
  }
}
