// SPDX-License-Identifier: Apache-2.0
// Why an action can't be asked for now: a stable code for each reason, beside the English text that the API has always
// given, so that a user interface can say it in another language. A published code is never reused.

/** Every reason, with its text; where a text has names in it (the driver, the job), what it means in general. */
export const REFUSALS = {
  'read-only': 'read-only mode',
  'host-lost': 'the host is not connected',
  privilege: 'the token lacks the privilege',
  'driver-lacks-action': 'the driver of this host does not have this action',
  'driver-lacks-mode': 'the driver of this host cannot do it that way',
  'unknown-state': 'this state is newer than Vireo',
  'held-by-job': 'paused by a job: wait until it ends',
  off: 'shut off: start it first',
  paused: 'paused: resume first',
  'going-down': 'going down: wait, or force it off',
  asleep: 'pmsuspended: the guest sleeps; wake it from inside, or force it off',
  crashed: 'crashed: reset it or force it off',
  'running-not-paused': 'running: suspend instead',
  'paused-not-off': 'paused: resume instead',
  'transient-save': 'transient: cannot save',
  'nothing-to-save': 'shut off: nothing to save',
  'transient-autostart': 'transient: cannot start with its host',
} as const satisfies Record<string, string>;

/** One of {@link REFUSALS}. */
export type RefusalCode = keyof typeof REFUSALS;

/** Every code. */
export const REFUSAL_CODES = Object.keys(REFUSALS) as [RefusalCode, ...RefusalCode[]];
