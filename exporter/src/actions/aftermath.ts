// SPDX-License-Identifier: Apache-2.0
// Looks at a domain after its task ended without an answer: when the daemon is back, and what a guest did that answered
// too late. It only writes down what it sees, and does nothing.

import { ACTIONS } from '../contract/actions.ts';
import type { ActionHost } from './action-host.ts';
import type { DriverSpec } from '../contract/drivers.ts';
import { isGoalReached } from './operations.ts';
import { OutcomeWatch } from './outcome.ts';
import { readDomain } from './read-domain.ts';
import type { Reading } from './read-domain.ts';
import type { TaskRecord } from './task-record.ts';

const READ_MS = 5000;
const LOOK_AGAIN_MS = 5000;
/** A host that is away longer than that has a history of its own by then. */
const UNKNOWN_MS = 3_600_000;
const LATE_MS = 600_000;

/** A task to look after. */
export interface AftermathContext {
  readonly host: ActionHost;
  readonly record: TaskRecord;
  readonly driver: DriverSpec;
  readonly before: Reading;
}

/** Looks until there is something to write down, the time is over, or the signal. Never rejects. */
export async function lookAfter(context: AftermathContext, signal: AbortSignal): Promise<void> {
  const { host, record } = context;
  const { task } = record;
  const isUnknown = task.state === 'unknown';
  const watch = new OutcomeWatch(host, task.uuid);
  const wake = (): void => {
    watch.poke();
  };
  signal.addEventListener('abort', wake);
  const endsAt = performance.now() + (isUnknown ? UNKNOWN_MS : LATE_MS);
  try {
    // What a task saw last was no goal, so a late guest is worth a look only when something has happened.
    if (!isUnknown) await watch.next(endsAt - performance.now());
    while (!signal.aborted && performance.now() < endsAt) {
      const now = await look(context);
      const reached = now === undefined ? undefined : goalOf(context, now, watch.lastRebootAt !== undefined);
      if (now !== undefined && (isUnknown || reached === true)) {
        record.observe(now, reached);
        return;
      }
      await watch.next(LOOK_AGAIN_MS);
    }
  } finally {
    signal.removeEventListener('abort', wake);
    watch.end();
  }
}

/** Whether the goal is seen; undefined where a state does not tell. */
function goalOf(
  { record, driver, before }: AftermathContext,
  now: Reading | null,
  rebooted: boolean,
): boolean | undefined {
  const { action, options } = record.task;
  const { goal } = ACTIONS[action];
  const reached = isGoalReached(action, options, driver, now, { before, rebooted });
  return !reached && (goal === 'rebooted' || goal === 'sent') ? undefined : reached;
}

async function look({ host, record }: AftermathContext): Promise<Reading | null | undefined> {
  const { uuid, action } = record.task;
  try {
    return await host.withControl((connection) => readDomain(connection, uuid, action, { deadlineMs: READ_MS }));
  } catch (error) {
    // The daemon is still away, or too busy to say.
    if (!(error instanceof Error)) throw error;
    return undefined;
  }
}
