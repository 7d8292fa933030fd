// SPDX-License-Identifier: Apache-2.0
// Every action on a domain: what it is called, what it needs, which options it takes, and what must be seen before it
// counts as done. How it is carried out is the actions room's; the API, the plugin and the docs read this table.

import { z } from 'zod';
import type { Privilege } from './privileges.ts';

const SECONDS_PER_GIB = 10;
const TIMEOUT_SECONDS_MAX = 3600;

/** Ways to ask a guest to go down. `auto` leaves it to Vireo and libvirt: the guest agent where it answers, else ACPI. */
export const SHUTDOWN_MODES = ['auto', 'acpi', 'agent', 'paravirt', 'initctl', 'signal'] as const;
/** One of {@link SHUTDOWN_MODES}. */
export type ShutdownMode = (typeof SHUTDOWN_MODES)[number];

const mode = z.enum(SHUTDOWN_MODES).optional().meta({
  description: 'Which way the guest is asked; `auto` by default. The driver must have it.',
});
const timeoutSeconds = z.int().min(1).max(TIMEOUT_SECONDS_MAX).optional().meta({
  description: 'How long the guest may take; the default deadline of the action when left out.',
});

const startOptions = z.strictObject({
  paused: z.boolean().optional().meta({ description: 'Start it with its CPUs stopped.' }),
  forceBoot: z
    .boolean()
    .optional()
    .meta({ description: 'Boot, and throw a saved image away instead of restoring it.' }),
});
const shutdownOptions = z
  .strictObject({
    mode,
    timeoutSeconds,
    thenForce: z.boolean().optional().meta({
      description: 'Force it off when the time is over. Needs timeoutSeconds, and the privilege force as well.',
    }),
  })
  .refine((options) => options.thenForce !== true || options.timeoutSeconds !== undefined, {
    path: ['thenForce'],
    message: 'needs timeoutSeconds',
  });
const rebootOptions = z.strictObject({ mode, timeoutSeconds });
const destroyOptions = z.strictObject({
  graceful: z.boolean().optional().meta({
    description: 'Fail rather than kill a hypervisor process that does not end by itself.',
  }),
});
const managedSaveOptions = z.strictObject({
  timeoutSeconds,
  bypassCache: z.boolean().optional().meta({ description: 'Write the image past the host’s page cache.' }),
});
const autostartOptions = z.strictObject({
  enabled: z.boolean().meta({ description: 'Whether the domain starts with its host.' }),
});
const noOptions = z.strictObject({});

/**
 * What must be observed before an action counts as done; the return of libvirt's call never is enough, except for
 * `sent`, of which nothing can be observed.
 */
export type ActionGoal = 'active' | 'running' | 'off' | 'rebooted' | 'paused' | 'saved' | 'unsaved' | 'flag' | 'sent';

/** One action. */
export interface ActionSpec {
  readonly label: string;
  readonly privilege: Privilege;
  /** Strict: an unknown key is refused. */
  readonly options: z.ZodType<Readonly<Record<string, unknown>>>;
  /** Seconds from the moment it begins until it has timed out, unless its options say otherwise. */
  readonly deadlineSeconds: number;
  readonly goal: ActionGoal;
  /** Whether the guest notices, so that a person should be asked first. */
  readonly disruptive: boolean;
  /** One sentence. */
  readonly help: string;
}

/** Every action, in the order in which lists show them. */
export const ACTIONS = {
  start: {
    label: 'Start',
    privilege: 'power',
    options: startOptions,
    deadlineSeconds: 60,
    goal: 'active',
    disruptive: false,
    help: 'Boots the domain; one that was saved is restored where it was.',
  },
  shutdown: {
    label: 'Shut down',
    privilege: 'power',
    options: shutdownOptions,
    deadlineSeconds: 90,
    goal: 'off',
    disruptive: true,
    help: 'Asks the guest to shut down; done when the domain is off, a transient one when it is gone.',
  },
  reboot: {
    label: 'Reboot',
    privilege: 'power',
    options: rebootOptions,
    deadlineSeconds: 120,
    goal: 'rebooted',
    disruptive: true,
    help: 'Asks the guest to reboot; done when the hypervisor tells that it did.',
  },
  reset: {
    label: 'Reset',
    privilege: 'force',
    options: noOptions,
    deadlineSeconds: 30,
    goal: 'rebooted',
    disruptive: true,
    help: 'Presses the reset button: the guest is not asked and may lose data.',
  },
  suspend: {
    label: 'Suspend',
    privilege: 'power',
    options: noOptions,
    deadlineSeconds: 30,
    goal: 'paused',
    disruptive: true,
    help: 'Stops the CPUs; the memory stays.',
  },
  resume: {
    label: 'Resume',
    privilege: 'power',
    options: noOptions,
    deadlineSeconds: 30,
    goal: 'running',
    disruptive: false,
    help: 'Lets the CPUs of a paused domain go on.',
  },
  destroy: {
    label: 'Force off',
    privilege: 'force',
    options: destroyOptions,
    deadlineSeconds: 30,
    goal: 'off',
    disruptive: true,
    help: 'Pulls the plug: waits for no other action, overtakes a shutdown or reboot, and cancels what still waits. The guest may lose data.',
  },
  'managed-save': {
    label: 'Save and stop',
    privilege: 'power',
    options: managedSaveOptions,
    deadlineSeconds: 60,
    goal: 'saved',
    disruptive: true,
    help: 'Writes the memory to disk and stops the domain; the next start restores it.',
  },
  'managed-save-remove': {
    label: 'Discard saved state',
    privilege: 'power',
    options: noOptions,
    deadlineSeconds: 30,
    goal: 'unsaved',
    disruptive: true,
    help: 'Throws the saved memory away: the next start boots.',
  },
  nmi: {
    label: 'Inject NMI',
    privilege: 'force',
    options: noOptions,
    deadlineSeconds: 30,
    goal: 'sent',
    disruptive: true,
    help: 'Sends a non-maskable interrupt, which makes many guests dump their memory; what they do is not seen from outside.',
  },
  autostart: {
    label: 'Start with host',
    privilege: 'power',
    options: autostartOptions,
    deadlineSeconds: 30,
    goal: 'flag',
    disruptive: false,
    help: 'Sets whether the domain starts with its host.',
  },
} as const satisfies Record<string, ActionSpec>;

/** The name of an action. */
export type ActionId = keyof typeof ACTIONS;

/** The options of one action, checked. */
export type ActionOptions<A extends ActionId = ActionId> = { [K in A]: z.output<(typeof ACTIONS)[K]['options']> }[A];

/** Every action's name. */
export const ACTION_IDS = Object.keys(ACTIONS) as [ActionId, ...ActionId[]];

/** Whether a text names an action. */
export function isActionId(text: string): text is ActionId {
  return Object.hasOwn(ACTIONS, text);
}

/** The privileges a request needs: a shutdown that ends in force needs `force` too. */
export function requiredPrivileges(
  action: ActionId,
  options: Readonly<Record<string, unknown>> = {},
): [Privilege, ...Privilege[]] {
  const { privilege } = ACTIONS[action];
  return action === 'shutdown' && options['thenForce'] === true ? [privilege, 'force'] : [privilege];
}

/**
 * Seconds an action may take once it has begun.
 * @param memoryBytes of the domain, where known: saving takes as long as there is memory to write
 */
export function deadlineSeconds(
  action: ActionId,
  options: Readonly<Record<string, unknown>>,
  memoryBytes?: number,
): number {
  const { timeoutSeconds: asked } = options;
  if (typeof asked === 'number') return asked;
  const { deadlineSeconds: usual } = ACTIONS[action];
  if (action !== 'managed-save' || memoryBytes === undefined) return usual;
  return Math.max(usual, Math.ceil((memoryBytes / 2 ** 30) * SECONDS_PER_GIB));
}
