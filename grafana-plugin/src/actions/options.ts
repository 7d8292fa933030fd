// SPDX-License-Identifier: Apache-2.0
// The options of actions that a person chooses: which there are for which domain, and what is sent.

import { type ActionId, driverSpec, type ShutdownMode } from '@vireo/exporter/contract';
import type { ActionTarget } from './availability';

/** As the API takes them; what is left out is decided by Vireo. */
export type ActionOptions = Readonly<Record<string, unknown>>;

/** What a person chose; text as it was typed. */
export interface Choice {
  readonly mode: ShutdownMode;
  readonly timeoutSeconds: string;
  readonly thenForce: boolean;
}

/** Nothing chosen. */
export const NO_CHOICE: Choice = { mode: 'auto', timeoutSeconds: '', thenForce: false };

/** Seconds the API takes. */
export const TIMEOUT_SECONDS = { min: 1, max: 3600 } as const;

/** Actions that take a mode and a time. */
export function hasChoice(action: ActionId): action is 'shutdown' | 'reboot' {
  return action === 'shutdown' || action === 'reboot';
}

/** The ways this domain's driver has; all of them where the driver is one nobody knows. */
export function modesOf(action: 'shutdown' | 'reboot', { driver }: Pick<ActionTarget, 'driver'>): ShutdownMode[] {
  const { shutdownModes, rebootModes } = driverSpec(driver ?? '');
  return ['auto', ...(action === 'shutdown' ? shutdownModes : rebootModes)];
}

/** Whether the time that was typed can be sent; nothing typed is the usual time, which force can't follow. */
export function isTimeoutValid({ timeoutSeconds, thenForce }: Choice): boolean {
  if (timeoutSeconds === '') {
    return !thenForce;
  }
  const seconds = Number(timeoutSeconds);
  return Number.isInteger(seconds) && seconds >= TIMEOUT_SECONDS.min && seconds <= TIMEOUT_SECONDS.max;
}

/** What is sent; undefined when there is nothing to say. */
export function optionsOf(action: ActionId, domain: ActionTarget, choice: Choice): ActionOptions | undefined {
  if (action === 'autostart') {
    return { enabled: domain.autostart !== true };
  }
  if (!hasChoice(action)) {
    return undefined;
  }
  const options = {
    ...(choice.mode !== 'auto' && { mode: choice.mode }),
    ...(choice.timeoutSeconds !== '' && { timeoutSeconds: Number(choice.timeoutSeconds) }),
    ...(action === 'shutdown' && choice.thenForce && { thenForce: true }),
  };
  return Object.keys(options).length === 0 ? undefined : options;
}
