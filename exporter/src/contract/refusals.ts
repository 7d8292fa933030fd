// SPDX-License-Identifier: Apache-2.0
// Why an action or a console can't be asked for now: a stable code for each reason, beside the English text that the API has always
// given, so that a user interface can say it in another language. A published code is never reused.

/** Every reason of an action, with its text; where a text has names in it (the driver, the job), what it means in general. */
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

/** Every reason why there is no console, with what it means in general; none is called as one of {@link REFUSALS}. */
export const CONSOLE_REFUSALS = {
  'console-simulated': 'the host is simulated: it has no screens',
  'console-off': 'the consoles of this host are switched off',
  'no-vnc': 'the domain has no VNC screen',
  'no-text-console': 'the driver of this host has no text console',
  'no-console': 'the domain has no VNC screen, and the driver of this host no text console',
  'use-vsphere': 'use the console of the vSphere Client, or of https://HOST/ui/: ESXi 7.0 and later have no VNC',
  'use-vmconnect': 'use VMConnect, or Remote Desktop to HOST:2179: Hyper-V has no VNC',
  'use-vmware-window': 'use the window of VMware Workstation or Player',
  'use-virtualbox': 'use the window of VirtualBox, or Remote Desktop where its VRDE server is on',
} as const satisfies Record<string, string>;

/** One of {@link CONSOLE_REFUSALS}. */
export type ConsoleRefusalCode = keyof typeof CONSOLE_REFUSALS;

/** Every code. */
export const CONSOLE_REFUSAL_CODES = Object.keys(CONSOLE_REFUSALS) as [ConsoleRefusalCode, ...ConsoleRefusalCode[]];
