// SPDX-License-Identifier: Apache-2.0
// How an action went, or goes, in a word: text, icon and colour.

import { t } from '@grafana/i18n';
import { Badge, type BadgeColor, type IconName } from '@grafana/ui';
import React from 'react';
import type { Outcome } from '../actions/outcome';

/** As outcome.ts judges; `refused`: it never became a task. */
export type TaskKind = Outcome['kind'] | 'refused';

const LOOKS: Readonly<Record<TaskKind, { readonly color: BadgeColor; readonly icon: IconName }>> = {
  waiting: { color: 'blue', icon: 'clock-nine' },
  running: { color: 'blue', icon: 'sync' },
  done: { color: 'green', icon: 'check' },
  unchanged: { color: 'darkgrey', icon: 'check' },
  late: { color: 'green', icon: 'clock-nine' },
  'no-reaction': { color: 'orange', icon: 'exclamation-triangle' },
  failed: { color: 'red', icon: 'exclamation-circle' },
  refused: { color: 'red', icon: 'times' },
  cancelled: { color: 'orange', icon: 'times' },
  unknown: { color: 'purple', icon: 'question-circle' },
};

export function TaskState({ kind }: { readonly kind: TaskKind }) {
  const { color, icon } = LOOKS[kind];
  return <Badge color={color} icon={icon} text={kindText(kind)} />;
}

/** One or two words. */
export function kindText(kind: TaskKind): string {
  switch (kind) {
    case 'waiting':
      return t('kind.waiting', 'Waiting');
    case 'running':
      return t('kind.running', 'Under way');
    case 'done':
      return t('kind.done', 'Done');
    case 'unchanged':
      return t('kind.unchanged', 'Nothing to do');
    case 'late':
      return t('kind.late', 'Done late');
    case 'no-reaction':
      return t('kind.no-reaction', 'No reaction');
    case 'failed':
      return t('kind.failed', 'Failed');
    case 'refused':
      return t('kind.refused', 'Refused');
    case 'cancelled':
      return t('kind.cancelled', 'Cancelled');
    case 'unknown':
      return t('kind.unknown', 'Unknown');
  }
}
