// SPDX-License-Identifier: Apache-2.0
// What a task says of how it went, judged for a person: accepted is not done, and a guest may not have reacted.

import type { ActionId, Task } from '@vireo/exporter/contract';

/** How it went, or goes. */
export interface Outcome {
  readonly kind:
    | 'waiting'
    | 'running'
    | 'done'
    | 'unchanged'
    /** The deadline passed first, and the goal was seen afterwards. */
    | 'late'
    /** The deadline passed and the guest did not do it. */
    | 'no-reaction'
    | 'failed'
    | 'cancelled'
    /** Nobody can tell. */
    | 'unknown';
  readonly severity: 'info' | 'success' | 'warning' | 'error';
  /** What could be done instead, by force. */
  readonly escalation?: ActionId;
}

/** By what means a guest that ignored a request is made to. */
const ESCALATIONS: Partial<Record<ActionId, ActionId>> = { shutdown: 'destroy', reboot: 'reset' };

/** The judgement on a task. */
export function outcomeOf(task: Pick<Task, 'action' | 'state' | 'changed' | 'observed'>): Outcome {
  switch (task.state) {
    case 'accepted':
      return { kind: 'waiting', severity: 'info' };
    case 'running':
      return { kind: 'running', severity: 'info' };
    case 'succeeded':
      return { kind: task.changed === false ? 'unchanged' : 'done', severity: 'success' };
    case 'timed_out': {
      if (task.observed?.goalReached === true) {
        return { kind: 'late', severity: 'success' };
      }
      const escalation = ESCALATIONS[task.action];
      return { kind: 'no-reaction', severity: 'warning', ...(escalation && { escalation }) };
    }
    case 'failed':
      return { kind: 'failed', severity: 'error' };
    case 'cancelled':
      return { kind: 'cancelled', severity: 'warning' };
    case 'unknown':
      return task.observed?.goalReached === true
        ? { kind: 'late', severity: 'success' }
        : { kind: 'unknown', severity: 'warning' };
  }
}
