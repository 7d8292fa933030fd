// SPDX-License-Identifier: Apache-2.0
// How each action is sent to libvirt, and what must be seen of the domain before it counts as done.

import { RemoteError } from '@vireo/libvirt';
import type { CallOptions, Connection, DomainRef, DomainShutdownOptions } from '@vireo/libvirt';
import type { ActionId } from '../contract/actions.ts';
import type { TaskStepCode } from '../contract/task-steps.ts';
import { phaseOf } from './catalogue.ts';
import type { DriverSpec } from '../contract/drivers.ts';
import type { Reading } from './read-domain.ts';

type Options = Readonly<Record<string, unknown>>;

/** What sending needs. */
export interface SendContext {
  readonly connection: Connection;
  readonly ref: DomainRef;
  readonly options: Options;
  readonly driver: DriverSpec;
  readonly call: CallOptions;
  /** Puts on record which way is taken. */
  readonly step: (code: TaskStepCode) => void;
}

/** What sending has left behind. */
export interface Sent {
  /** The driver will turn the next power-off of this guest into a reboot, whenever it comes. */
  readonly rebootArmed: boolean;
}

const NOTHING_LEFT: Sent = { rebootArmed: false };

/** Sends an action; resolves when libvirt's call returns, which is no proof that anything has happened. */
export async function sendAction(action: ActionId, context: SendContext): Promise<Sent> {
  const { connection, ref, options, call } = context;
  const { domains } = connection;
  switch (action) {
    case 'start':
      await domains.start(ref, { paused: options['paused'] === true, forceBoot: options['forceBoot'] === true }, call);
      return NOTHING_LEFT;
    case 'shutdown':
      await domains.shutdown(ref, waysOf(options), call);
      return NOTHING_LEFT;
    case 'reboot':
      return await sendReboot(context);
    case 'reset':
      await domains.reset(ref, call);
      return NOTHING_LEFT;
    case 'suspend':
      await domains.suspend(ref, call);
      return NOTHING_LEFT;
    case 'resume':
      await domains.resume(ref, call);
      return NOTHING_LEFT;
    case 'destroy':
      await domains.destroy(ref, { graceful: options['graceful'] === true }, call);
      return NOTHING_LEFT;
    case 'managed-save':
      await domains.managedSave(ref, { bypassCache: options['bypassCache'] === true }, { ...call, lane: 'normal' });
      return NOTHING_LEFT;
    case 'managed-save-remove':
      await domains.managedSaveRemove(ref, call);
      return NOTHING_LEFT;
    case 'nmi':
      await domains.injectNmi(ref, call);
      return NOTHING_LEFT;
    case 'autostart':
      await domains.setAutostart(ref, options['enabled'] === true, call);
      return NOTHING_LEFT;
  }
}

/** The guest agent is not there, or does not answer. */
const NO_AGENT: ReadonlySet<string> = new Set([
  'VIR_ERR_ARGUMENT_UNSUPPORTED',
  'VIR_ERR_AGENT_UNRESPONSIVE',
  'VIR_ERR_AGENT_UNSYNCED',
  'VIR_ERR_AGENT_COMMAND_TIMEOUT',
  'VIR_ERR_AGENT_COMMAND_FAILED',
]);

/**
 * With QEMU, `auto` is agent, then ACPI, as libvirt itself does it; but one after the other, so that we know which it
 * was: a request by ACPI stays armed when the guest ignores it, one by the agent does not.
 */
async function sendReboot({ connection, ref, options, driver, call, step }: SendContext): Promise<Sent> {
  const { domains } = connection;
  const ways = waysOf(options);
  if (!driver.ignoredRebootSticks) {
    await domains.reboot(ref, ways, call);
    return NOTHING_LEFT;
  }
  if (ways.acpi !== true) {
    try {
      await domains.reboot(ref, { agent: true }, call);
      step('asked-by-agent');
      return NOTHING_LEFT;
    } catch (error) {
      const mayFallBack = ways.agent !== true && error instanceof RemoteError && NO_AGENT.has(error.name);
      if (!mayFallBack) throw error;
    }
  }
  await domains.reboot(ref, { acpi: true }, call);
  step('asked-by-acpi');
  return { rebootArmed: true };
}

function waysOf({ mode }: Options): DomainShutdownOptions {
  return typeof mode === 'string' && mode !== 'auto' ? { [mode]: true } : {};
}

/** Whether a domain that ran before stopped and runs again: what was asked of it before concerns it no more. */
export function startedAnew(now: Reading | null, before: Reading): now is Reading {
  return now !== null && before.id !== -1 && now.id !== -1 && now.id !== before.id;
}

/** How far an action has come, besides what the domain is. */
export interface Progress {
  /** Milliseconds since the call returned without an error; absent while it has not. */
  readonly returnedMs?: number;
  /** An event told that the guest rebooted, after the action was sent. */
  readonly rebooted: boolean;
  /** As it was before. */
  readonly before: Reading;
}

/** A hypervisor that tells of resets does it within a fraction of that. */
const RESET_EVENT_MS = 3000;
/** A domain whose disk failed tries again when it is resumed, and pauses at once if that fails too. */
const RESUME_HOLD_MS = 2000;

/** They concern the domain as it runs; one that is off, or another run, is none of theirs. */
const ASKS_GUEST: ReadonlySet<ActionId> = new Set(['suspend', 'resume', 'reset', 'nmi']);

/** Whether the goal of an action is seen. `now` is null for a domain that no longer exists. */
export function isGoalReached(
  action: ActionId,
  options: Options,
  driver: DriverSpec,
  now: Reading | null,
  progress: Progress,
): boolean {
  const { returnedMs, rebooted, before } = progress;
  if (action === 'shutdown' || action === 'destroy') return now === null || phaseOf(now) === 'off';
  if (now === null) return false;
  const phase = phaseOf(now);
  switch (action) {
    case 'start':
      // One that was saved while paused is restored paused; before the call returns, paused is only on the way.
      return phase === 'running' || (phase === 'paused' && returnedMs !== undefined);
    case 'reboot':
      return driver.rebootSignal === 'started' ? phase === 'running' && now.id !== before.id : rebooted;
    case 'reset':
      // A driver without that event leaves the call's return, and that the domain is still there.
      return rebooted || (returnedMs !== undefined && returnedMs >= RESET_EVENT_MS && phase !== 'off');
    case 'suspend':
      return phase === 'paused';
    case 'resume':
      return phase === 'running' && (before.reason !== 'ioerror' || isHeld(returnedMs));
    case 'managed-save':
      return phase === 'off' && (now.managedSave ?? now.reason === 'saved');
    case 'managed-save-remove':
      return now.managedSave === false || (now.managedSave === undefined && returnedMs !== undefined);
    case 'nmi':
      return returnedMs !== undefined;
    case 'autostart':
      return now.autostart === options['enabled'];
  }
}

function isHeld(returnedMs: number | undefined): boolean {
  return returnedMs !== undefined && returnedMs >= RESUME_HOLD_MS;
}

/** Why a goal can no longer be reached; undefined while it may. */
export function whyLost(
  action: ActionId,
  driver: DriverSpec,
  now: Reading | null,
  { returnedMs, before }: Progress,
): string | undefined {
  if (now === null) return 'the domain is gone: a transient one that stopped, or somebody undefined it';
  const asksGuest = ASKS_GUEST.has(action) || (action === 'reboot' && driver.rebootSignal === 'reboot');
  if (asksGuest && startedAnew(now, before)) return 'it stopped, and was started anew';
  if (action === 'resume' && returnedMs !== undefined && before.reason === 'ioerror' && now.reason === 'ioerror') {
    return 'it paused again (ioerror): its disk still fails; look for a full file system or pool';
  }
  if (phaseOf(now) !== 'off') return undefined;
  const off = `the domain is shut off (${now.reason})`;
  if (action === 'start') return returnedMs === undefined ? undefined : `${off}: it started, and stopped at once`;
  if (!asksGuest) return undefined;
  return action === 'reboot' ? `${off} instead of rebooted` : off;
}
