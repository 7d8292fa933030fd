// SPDX-License-Identifier: Apache-2.0
// Which actions a domain allows now, and why not the others. libvirt's drivers disagree on this (suspending twice is
// fine, resuming twice an error; codes differ); here it is one rule for all: a domain that already is as asked allows the
// action and nothing changes, otherwise the state decides before anything is sent.

import type { DomainReason, DomainState } from '@vireo/libvirt';
import { ACTION_IDS } from '../contract/actions.ts';
import type { ActionId } from '../contract/actions.ts';
import type { ProblemCode } from '../contract/problems.ts';
import { driverLacks } from '../contract/driver-calls.ts';
import { ACTION_CALLS, driverSpec } from '../contract/drivers.ts';
import type { DriverSpec } from '../contract/drivers.ts';
import { REFUSALS } from '../contract/refusals.ts';
import type { RefusalCode } from '../contract/refusals.ts';
import type { TaskStepCode } from '../contract/task-steps.ts';

/** What the catalogue must know of a domain; a part of its snapshot. Unknown flags are absent, and forbid nothing. */
export interface DomainFacts {
  readonly id: number;
  readonly state: DomainState;
  readonly reason: DomainReason;
  readonly persistent?: boolean;
  readonly autostart?: boolean;
  readonly managedSave?: boolean;
}

/** What it must know of the host. */
export interface HostFactsForActions {
  /** As CONNECT_GET_TYPE names it. */
  readonly driver: string;
  /** The daemon's, where it is known. */
  readonly libvirtVersion?: string;
  /** Whether this exporter may change nothing. */
  readonly readOnly: boolean;
  /** Actions this driver has refused as unknown to it. */
  readonly lacks?: ReadonlySet<ActionId>;
}

/** Whether an action is allowed now. */
export type Verdict =
  | {
      readonly allowed: true;
      /** false: the domain already is as asked. */
      readonly changes: boolean;
      /** What is special about it here. */
      readonly note?: TaskStepCode;
    }
  | {
      readonly allowed: false;
      readonly code: ProblemCode;
      readonly reasonCode: RefusalCode;
      /** "paused: resume first" */
      readonly reason: string;
    };

/** Options as far as they decide. */
type Options = Readonly<Record<string, unknown>>;

const CHANGES = { allowed: true, changes: true } as const satisfies Verdict;
const UNCHANGED = { allowed: true, changes: false } as const satisfies Verdict;

function refused(
  reasonCode: RefusalCode,
  reason: string = REFUSALS[reasonCode],
  code: ProblemCode = 'VIREO_STATE',
): Verdict {
  return { allowed: false, code, reasonCode, reason };
}

/** The verdict on one action. */
export function verdictOn(
  action: ActionId,
  domain: DomainFacts,
  host: HostFactsForActions,
  options: Options = {},
): Verdict {
  if (host.readOnly) return refused('read-only', REFUSALS['read-only'], 'VIREO_READ_ONLY');
  const driver = driverSpec(host.driver);
  if (driverLacks(host.driver, host.libvirtVersion, ACTION_CALLS[action]) || host.lacks?.has(action) === true) {
    return refused('driver-lacks-action', `driver ${host.driver.toLowerCase()}: no ${action}`, 'VIREO_UNSUPPORTED');
  }
  const unsupportedMode = modeRefusal(action, driver, host.driver, options);
  if (unsupportedMode !== undefined) return unsupportedMode;
  const verdict = byState(action, domain, options);
  if (!verdict.allowed || !verdict.changes || verdict.note !== undefined) return verdict;
  const note = driver.notes[action];
  return note === undefined ? verdict : { ...verdict, note };
}

/** The verdicts on all actions, with the options they have by default. */
export function allowedActions(domain: DomainFacts, host: HostFactsForActions): ReadonlyMap<ActionId, Verdict> {
  return new Map(ACTION_IDS.map((action) => [action, verdictOn(action, domain, host)]));
}

function modeRefusal(action: ActionId, driver: DriverSpec, name: string, { mode }: Options): Verdict | undefined {
  if ((action !== 'shutdown' && action !== 'reboot') || typeof mode !== 'string' || mode === 'auto') return undefined;
  const modes = action === 'shutdown' ? driver.shutdownModes : driver.rebootModes;
  if (modes.some((known) => known === mode)) return undefined;
  const known = ['auto', ...modes].join(', ');
  const reason = `driver ${name.toLowerCase()}: no ${action} by ${mode}, only ${known}`;
  return refused('driver-lacks-mode', reason, 'VIREO_UNSUPPORTED');
}

/** libvirt's states as far as they differ for an action. `held`: paused by a job of libvirt itself. */
export type Phase = 'off' | 'running' | 'paused' | 'held' | 'going down' | 'asleep' | 'crashed' | 'unknown';

/** Paused by a job of libvirt itself, which lets it go on or stops it when it is done. */
const HELD_BY_JOB: ReadonlySet<string> = new Set([
  'migration',
  'save',
  'dump',
  'snapshot',
  'starting_up',
  'shutting_down',
  'postcopy',
]);

/** Which of them a domain is in. */
export function phaseOf({ id, state, reason }: Pick<DomainFacts, 'id' | 'state' | 'reason'>): Phase {
  switch (state) {
    case 'running':
    case 'blocked':
      return 'running';
    // Xen's driver says so of a guest that is runnable but not on a CPU.
    case 'nostate':
      return id === -1 ? 'off' : 'running';
    case 'paused':
      return HELD_BY_JOB.has(reason) ? 'held' : 'paused';
    case 'shutdown':
      return 'going down';
    case 'shutoff':
      return 'off';
    case 'crashed':
      return id === -1 ? 'off' : 'crashed';
    case 'pmsuspended':
      return 'asleep';
    default:
      return 'unknown';
  }
}

/** What a phase forbids whatever asks something of the guest; undefined in `running`. */
const NOT_RUNNING: Readonly<Partial<Record<Phase, Verdict>>> = {
  off: refused('off'),
  paused: refused('paused'),
  'going down': refused('going-down'),
  asleep: refused('asleep'),
  crashed: refused('crashed'),
};

function byState(action: ActionId, domain: DomainFacts, options: Options): Verdict {
  const phase = phaseOf(domain);
  // Force off never waits to understand a state.
  if (action === 'destroy') return phase === 'off' ? UNCHANGED : CHANGES;
  if (action === 'autostart') return autostart(domain, options);
  if (phase === 'unknown') return refused('unknown-state', `${domain.state}: ${REFUSALS['unknown-state']}`);
  if (action === 'managed-save-remove') return removeSave(domain, phase);
  if (phase === 'held') return refused('held-by-job', `paused by a job (${domain.reason}): wait until it ends`);
  switch (action) {
    case 'start':
      return start(domain, phase, options);
    case 'shutdown':
      return phase === 'off' ? UNCHANGED : (NOT_RUNNING[phase] ?? CHANGES);
    case 'reboot':
      return NOT_RUNNING[phase] ?? CHANGES;
    case 'reset':
      return phase === 'paused' || phase === 'crashed' ? CHANGES : (NOT_RUNNING[phase] ?? CHANGES);
    case 'suspend':
      return phase === 'paused' ? UNCHANGED : (NOT_RUNNING[phase] ?? CHANGES);
    case 'resume':
      if (phase === 'running') return UNCHANGED;
      return phase === 'paused' || phase === 'crashed' ? CHANGES : (NOT_RUNNING[phase] ?? CHANGES);
    case 'nmi':
      return phase === 'paused' ? CHANGES : (NOT_RUNNING[phase] ?? CHANGES);
    case 'managed-save':
      return managedSave(domain, phase);
  }
}

function start(domain: DomainFacts, phase: Phase, { paused, forceBoot }: Options): Verdict {
  switch (phase) {
    case 'off':
      if (!isSaved(domain)) return CHANGES;
      return { ...CHANGES, note: forceBoot === true ? 'discards-saved-state' : 'restores-saved-state' };
    case 'running':
      return paused === true ? refused('running-not-paused') : UNCHANGED;
    case 'paused':
      return paused === true ? UNCHANGED : refused('paused-not-off');
    default:
      return NOT_RUNNING[phase] ?? CHANGES;
  }
}

function managedSave(domain: DomainFacts, phase: Phase): Verdict {
  if (phase === 'off' && isSaved(domain)) return UNCHANGED;
  if (domain.persistent === false) return refused('transient-save');
  if (phase === 'off') return refused('nothing-to-save');
  return phase === 'paused' ? CHANGES : (NOT_RUNNING[phase] ?? CHANGES);
}

/** Only a stopped domain has an image, where the flag does not tell. */
function removeSave({ managedSave: saved }: DomainFacts, phase: Phase): Verdict {
  return (saved ?? phase === 'off') ? CHANGES : UNCHANGED;
}

function autostart({ persistent, autostart: now }: DomainFacts, { enabled }: Options): Verdict {
  if (persistent === false) return refused('transient-autostart');
  return typeof enabled === 'boolean' && enabled === now ? UNCHANGED : CHANGES;
}

/** The flag where it is known; else libvirt's reason, which it forgets when the daemon restarts. */
function isSaved({ managedSave: saved, reason }: DomainFacts): boolean {
  return saved ?? reason === 'saved';
}
