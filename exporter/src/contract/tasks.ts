// SPDX-License-Identifier: Apache-2.0
// A task: one action on one domain from its acceptance to its end, as the API shows it.

import { z } from 'zod';
import { ACTION_IDS } from './actions.ts';
import { hostName, instant, uuid } from './api-fields.ts';
import { REFUSAL_CODES } from './refusals.ts';
import { TASK_STEP_CODES } from './task-steps.ts';

/**
 * `accepted` waits for its turn, `running` is under way; the others are final. `timed_out`: the deadline passed and the
 * goal was not seen. `unknown`: the daemon or Vireo went away in mid-action, so nobody can tell; nothing is repeated.
 */
export const TASK_STATES = ['accepted', 'running', 'succeeded', 'timed_out', 'failed', 'cancelled', 'unknown'] as const;
/** One of {@link TASK_STATES}. */
export type TaskState = (typeof TASK_STATES)[number];

/** Whether a task in this state is over. */
export function isFinal(state: TaskState): boolean {
  return state !== 'accepted' && state !== 'running';
}

/** Why a task ended as it did, where no problem of contract/problems.ts says it. */
export const TASK_CODES = {
  VIREO_TASK_TIMED_OUT: {
    meaning: 'The deadline passed, and what the action is for was not seen; the message says what was.',
    advice: 'Look at the domain; a guest may ignore a request, or need longer: see timeoutSeconds.',
  },
  VIREO_TASK_OVERTAKEN: {
    meaning: 'Somebody forced the domain off while this action waited for its turn, or for the guest to go down.',
    advice: 'See the task of the force off; ask again for what is wanted after it.',
  },
  VIREO_TASK_STOPPED: {
    meaning: 'Vireo was stopped: before the task began (cancelled), or in mid-action (unknown).',
    advice: 'Look at the domain, and ask again if it is still to be done: Vireo repeats nothing by itself.',
  },
  VIREO_TASK_DAEMON_LOST: {
    meaning: 'The daemon of the host went away in mid-action, so nobody can tell what it did.',
    advice: 'See `observed` of the task: what the domain was seen to be when the daemon was back.',
  },
  VIREO_TASK_UNSEEN: {
    meaning: 'The request was sent, and this driver tells nothing of what became of it.',
    advice: 'Look at the console of the domain.',
  },
} as const satisfies Record<string, { readonly meaning: string; readonly advice: string }>;
/** One of {@link TASK_CODES}. */
export type TaskCode = keyof typeof TASK_CODES;

/** What a domain was seen to be; `gone` for a transient one that stopped. */
const seenState = z.strictObject({
  state: z.string().meta({ description: 'libvirt’s state, or `gone` for a domain that no longer exists.' }),
  reason: z.string(),
});

/** Who asked. */
export const actor = z.strictObject({
  token: z.string().meta({ description: 'The name of the token.' }),
  user: z.string().optional().meta({ description: 'The user, when Grafana vouched for one.' }),
  address: z.string(),
});
/** See {@link actor}. */
export type Actor = z.infer<typeof actor>;

/** Why it is refused, where what an action needs was not there; docs/errors.md has every code. */
const reasonCode = z.enum(REFUSAL_CODES).optional().meta({
  description: 'Which of the reasons of refusedActions it is, where it is one.',
});

const actionError = z.strictObject({ code: z.string(), message: z.string(), reasonCode });

/** One thing that was done or seen on the way. */
export const taskStep = z.strictObject({
  at: instant,
  code: z.enum(TASK_STEP_CODES).meta({ description: 'What kind of step; docs/errors.md has every code.' }),
  what: z.string(),
  detail: z.string().optional(),
});
/** See {@link taskStep}. */
export type TaskStep = z.infer<typeof taskStep>;

/** One task. */
export const task = z
  .strictObject({
    id: z.uuid(),
    host: hostName,
    uuid,
    domain: z.string().meta({ description: 'The name of the domain.' }),
    action: z.enum(ACTION_IDS),
    options: z.record(z.string(), z.unknown()),
    state: z.enum(TASK_STATES).meta({
      description:
        'accepted, running; final: succeeded, timed_out, failed, cancelled, unknown (the daemon or Vireo went away in mid-action).',
    }),
    changed: z.boolean().optional().meta({ description: 'false: the domain already was as asked, nothing was done.' }),
    acceptedAt: instant,
    startedAt: instant.optional(),
    endedAt: instant.optional(),
    deadline: instant.meta({ description: 'When it times out; moves while it waits for its turn.' }),
    actor,
    reason: z.string().optional().meta({ description: 'As the request gave it.' }),
    steps: z.array(taskStep),
    error: actionError.optional(),
    result: seenState.optional().meta({ description: 'What the domain was seen to be when the task ended.' }),
    observed: seenState
      .extend({
        at: instant,
        goalReached: z.boolean().optional().meta({
          description:
            'Whether that is what the action was for; absent where a state does not tell, as after a reboot.',
        }),
      })
      .optional()
      .meta({ description: 'What the domain was seen to be after a task had ended `unknown` or `timed_out`.' }),
    bulkId: z.uuid().optional(),
  })
  .meta({ id: 'Task', description: 'One action on one domain, and what became of it.' });
/** See {@link task}. */
export type Task = z.infer<typeof task>;

/** A page of tasks, newest first. */
export const taskList = z
  .strictObject({
    items: z.array(task),
    total: z.int().meta({ description: 'Tasks that fit, on all pages together.' }),
    nextCursor: z.string().optional().meta({ description: 'Of the next page; absent on the last.' }),
  })
  .meta({ id: 'TaskList' });
/** See {@link taskList}. */
export type TaskList = z.infer<typeof taskList>;

/** What one target of a bulk request got: a task, or a refusal; of a dry run the verdict alone. */
export const bulkResult = z
  .strictObject({
    bulkId: z.uuid(),
    dryRun: z.boolean(),
    results: z.array(
      z.strictObject({
        host: hostName,
        uuid,
        domain: z.string().optional(),
        accepted: z.boolean().meta({ description: 'Of a dry run: whether it would be.' }),
        changes: z.boolean().optional().meta({ description: 'Of a dry run: false if the domain already is as asked.' }),
        task: task.optional(),
        error: actionError.optional(),
      }),
    ),
  })
  .meta({ id: 'BulkResult', description: 'In the order of the targets.' });
/** See {@link bulkResult}. */
export type BulkResult = z.infer<typeof bulkResult>;
