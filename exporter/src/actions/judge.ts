// SPDX-License-Identifier: Apache-2.0
// What a look at a domain means for the action under way: that it is done, that it can no longer be, that nobody can
// tell any more, or that it is still open.

import { RemoteError, TimeoutError, TransportError } from '@vireo/libvirt';
import { ACTIONS } from '../contract/actions.ts';
import { ActionError, actionErrorOf } from './action-error.ts';
import type { DriverSpec } from '../contract/drivers.ts';
import { isGoalReached, startedAnew, whyLost } from './operations.ts';
import type { Progress } from './operations.ts';
import type { OutcomeWatch } from './outcome.ts';
import type { CallProgress } from './pending-call.ts';
import type { Reading } from './read-domain.ts';
import type { TaskEnd, TaskRecord } from './task-record.ts';

/** What is looked at, and all that is known besides the domain. */
export interface Case {
  readonly record: TaskRecord;
  readonly hostName: string;
  readonly driver: DriverSpec;
  readonly watch: OutcomeWatch;
  /** The domain as it was before. */
  readonly before: Reading;
  /** As it was when the look began. */
  readonly call: CallProgress;
}

/** How it ends; undefined while it is open. `now` is undefined when the daemon did not say, null when the domain is gone. */
export function judge(now: Reading | null | undefined, open: Case): TaskEnd | undefined {
  const { record, driver, call } = open;
  const { action, options, domain } = record.task;
  const progress = progressOf(open);
  const anew = now !== undefined && startedAnew(now, open.before);
  const offAndOn = anew && ACTIONS[action].goal === 'off';
  if (now !== undefined && (offAndOn || isGoalReached(action, options, driver, now, progress))) {
    if (offAndOn) record.step('started-anew', ids(now, open));
    const changed = !(call.error instanceof RemoteError);
    if (!changed) record.step('done-by-others', actionErrorOf(call.error).message);
    return { state: 'succeeded', changed, seen: now };
  }
  const lost = lostMessage(open, now !== undefined);
  if (lost !== undefined) return { state: 'unknown', error: new ActionError('VIREO_TASK_DAEMON_LOST', lost) };
  if (call.error !== undefined) return failed(call.error, now, open);
  if (now === undefined) return undefined;
  const why = whyLost(action, driver, now, progress);
  if (why !== undefined) {
    const code = now === null ? 'VIREO_DOMAIN_UNKNOWN' : 'VIREO_STATE';
    const detail = anew ? ` (${ids(now, open)})` : '';
    return { state: 'failed', error: new ActionError(code, `${domain}: ${why}${detail}`), seen: now };
  }
  if (action === 'reboot' && driver.rebootSignal === 'none' && progress.returnedMs !== undefined) {
    const message = 'the request was sent; this driver does not tell whether a guest rebooted';
    return { state: 'unknown', error: new ActionError('VIREO_TASK_UNSEEN', message), seen: now };
  }
  return undefined;
}

function progressOf({ before, watch, call: { returnedMs } }: Case): Progress {
  return {
    before,
    rebooted: watch.lastRebootAt !== undefined,
    ...(returnedMs === undefined ? {} : { returnedMs }),
  };
}

function ids(now: Reading, { before }: Case): string {
  return `its id is ${String(now.id)}, was ${String(before.id)}`;
}

function failed(error: unknown, now: Reading | null | undefined, { record, driver }: Case): TaskEnd {
  const seen = now === undefined ? {} : { seen: now };
  if (error instanceof TimeoutError && error.call.sentAt !== null) {
    return { state: 'timed_out', error: new ActionError('VIREO_TASK_TIMED_OUT', error.message), ...seen };
  }
  const known = actionErrorOf(error);
  const { action } = record.task;
  const isUnaddressed =
    known.code === 'VIREO_STATE' && (action === 'shutdown' || action === 'reboot') && (now?.id ?? -1) !== -1;
  if (!isUnaddressed || driver.unaddressed === undefined) return { state: 'failed', error: known, ...seen };
  const message = `${known.message}: ${driver.unaddressed}`;
  return { state: 'failed', error: new ActionError(known.code, message, { cause: error }), ...seen };
}

/**
 * Why nobody can tell any more, if so. A call that never reached the daemon is no mystery; and a daemon that was lost
 * and is back can be asked for the state, though not for the reboots that were missed.
 */
function lostMessage({ record, hostName, watch, call }: Case, daemonAnswers: boolean): string | undefined {
  const { error, returnedMs } = call;
  if (error instanceof TransportError && (error.code === 'LV_CONN_CLOSED' || error.code === 'LV_CONN_KEEPALIVE')) {
    return `the connection to host ${hostName} ended in mid-action: ${error.message}`;
  }
  const { hostLost } = watch;
  const { action } = record.task;
  const isTold = daemonAnswers && returnedMs !== undefined && ACTIONS[action].goal !== 'rebooted';
  if (hostLost === undefined || isTold) return undefined;
  const armed = action === 'reboot' ? '; if the guest ignored the reboot, its next power-off is one' : '';
  return `host ${hostName} was lost in mid-action: ${hostLost}${armed}`;
}
