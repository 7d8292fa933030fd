// SPDX-License-Identifier: Apache-2.0
// What is done or seen while a task is under way: a stable code for each kind of step, beside the English words that the
// API and the audit log have always had, so that a user interface can say it in another language. A published code is
// never reused.

/** What one kind of step is called. */
export interface TaskStepDoc {
  /** The same words for all steps like it, for scripts and the log. */
  readonly what: string;
  /** What this one means; where there are names, ids or an error besides, they follow. */
  readonly detail?: string;
}

/** Every kind of step. Those called `note` say what an action does besides, or instead, here. */
export const TASK_STEPS = {
  'restores-saved-state': { what: 'note', detail: 'restores the saved state' },
  'discards-saved-state': { what: 'note', detail: 'discards the saved state' },
  'through-initctl': { what: 'note', detail: 'through initctl, unless mode is signal' },
  'through-vmware-tools': { what: 'note', detail: 'through VMware Tools' },
  'through-integration-services': { what: 'note', detail: 'through the integration services' },
  'suspends-to-disk': { what: 'note', detail: 'to disk' },
  'not-forced': { what: 'note', detail: 'not forced: this driver asks the guest (vmrun stop soft)' },
  'workstation-only': { what: 'note', detail: 'Workstation only: Player cannot' },
  'hard-reset': { what: 'note', detail: 'as a hard reset: this driver does not ask the guest' },
  'asked-by-agent': { what: 'asked by the guest agent' },
  'asked-by-acpi': { what: 'asked by ACPI' },
  'force-off': { what: 'force off', detail: 'the guest did not shut down in time' },
  'reboot-taken-back': {
    what: 'the ignored reboot was taken back',
    detail:
      'by a shutdown request (ACPI), so that a later power-off from inside stays off; ' +
      'a guest that answers late shuts down now and stays off',
  },
  'reboot-stays-armed': { what: 'the ignored reboot could not be taken back' },
  'started-anew': { what: 'started anew', detail: 'it went off, and something started it again' },
  'done-by-others': { what: 'somebody else was faster' },
} as const satisfies Record<string, TaskStepDoc>;

/** One of {@link TASK_STEPS}. */
export type TaskStepCode = keyof typeof TASK_STEPS;

/** Every code. */
export const TASK_STEP_CODES = Object.keys(TASK_STEPS) as [TaskStepCode, ...TaskStepCode[]];

/** The words of a step, with names, ids or an error of this very one after what is said of all like it. */
export function wordsOfStep(code: TaskStepCode, names?: string): TaskStepDoc {
  const { what, detail }: TaskStepDoc = TASK_STEPS[code];
  const words = [detail, names].filter((part) => part !== undefined);
  return words.length === 0 ? { what } : { what, detail: words.join('; ') };
}

/** What the detail of a step says besides the words of its code; undefined when that is all. */
export function namesInStep(code: TaskStepCode, detail: string | undefined): string | undefined {
  const { detail: words }: TaskStepDoc = TASK_STEPS[code];
  if (words === undefined) return detail;
  return detail?.startsWith(`${words}; `) === true ? detail.slice(words.length + 2) : undefined;
}

/** A step in a line. */
export function stepLine({ what, detail }: TaskStepDoc): string {
  return detail === undefined ? what : `${what}: ${detail}`;
}
