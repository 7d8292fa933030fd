// SPDX-License-Identifier: Apache-2.0
// What is decided about an action on many domains, without React: what it would do to each, and how it went.

import { type ActionId, type BulkResult, type DomainBrief, isFinal, type Task } from '@vireo/exporter/contract';
import { needsTypedName } from '../../actions/availability';
import { type Outcome, outcomeOf } from '../../actions/outcome';
import { actionLabel, consequenceOf } from '../../actions/texts';
import { keyOf } from './view';

/** Most domains of one request; the API takes no more. */
export const TARGETS_MAX = 500;

/** An action as it is asked for of many: `enabled` says which way `autostart` goes. */
export interface BulkAction {
  readonly action: ActionId;
  readonly enabled?: boolean;
}

/** One target of a dry run or of the real one. */
export type TargetResult = BulkResult['results'][number];

/** How buttons and titles name it. */
export function bulkLabel({ action, enabled }: BulkAction): string {
  return actionLabel(action, { autostart: enabled === false });
}

/** The options it is sent with. */
export function bulkOptions({ enabled }: BulkAction): { readonly enabled: boolean } | undefined {
  return enabled === undefined ? undefined : { enabled };
}

/** What must be typed before it is sent; undefined when nothing. */
export function typedProof({ action }: BulkAction, targets: readonly DomainBrief[]): string | undefined {
  if (!targets.some((target) => needsTypedName(action, target))) {
    return undefined;
  }
  return targets.length === 1 ? targets[0]?.name : String(targets.length);
}

/** What it leads to, in as few sentences as there are kinds of domains, each with how many it is about. */
export function consequences(
  { action, enabled }: BulkAction,
  targets: readonly DomainBrief[],
): Array<[string, number]> {
  const counts = new Map<string, number>();
  for (const target of targets) {
    const domain = enabled === undefined ? target : { ...target, autostart: !enabled };
    const text = consequenceOf(action, domain);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts];
}

/** What a dry run says, by what would become of each. */
export interface DryRun {
  readonly acted: readonly DomainBrief[];
  /** Already as asked: they are left alone. */
  readonly unchanged: readonly TargetResult[];
  readonly refused: readonly TargetResult[];
}

/** Sorts the answer to a dry run about `targets`. */
export function judgeDryRun({ results }: BulkResult, targets: readonly DomainBrief[]): DryRun {
  const accepted = results.filter((result) => result.accepted);
  const acted = new Set(accepted.filter(({ changes }) => changes !== false).map(keyOf));
  return {
    acted: targets.filter((target) => acted.has(keyOf(target))),
    unchanged: accepted.filter(({ changes }) => changes === false),
    refused: results.filter((result) => !result.accepted),
  };
}

/** How one target goes, or went. */
export interface TargetOutcome {
  readonly result: TargetResult;
  readonly task: Task | undefined;
  /** `refused`: the API made no task of it. */
  readonly kind: Outcome['kind'] | 'refused';
  readonly escalation: ActionId | undefined;
}

const ORDER: ReadonlyArray<TargetOutcome['kind']> = [
  'failed',
  'refused',
  'no-reaction',
  'unknown',
  'cancelled',
  'running',
  'waiting',
  'late',
  'done',
  'unchanged',
];

/** How every target goes, failures first. `tasks`: the newest that is known of each. */
export function outcomesOf({ results }: BulkResult, tasks: readonly Task[]): TargetOutcome[] {
  const newest = new Map(tasks.map((task) => [task.id, task]));
  return results
    .map((result): TargetOutcome => {
      const task = result.task && later(result.task, newest.get(result.task.id));
      const outcome = task && outcomeOf(task);
      return { result, task, kind: outcome?.kind ?? 'refused', escalation: outcome?.escalation };
    })
    .sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
}

/** How many there are of each kind, failures first. */
export function kindsOf(outcomes: readonly TargetOutcome[]): Array<[TargetOutcome['kind'], number]> {
  return ORDER.map((kind): [TargetOutcome['kind'], number] => [
    kind,
    outcomes.filter((outcome) => outcome.kind === kind).length,
  ]).filter(([, count]) => count > 0);
}

/** A list may be older than the answer it stands beside: what is over stays over. */
function later(first: Task, listed: Task | undefined): Task {
  return listed === undefined || (isFinal(first.state) && !isFinal(listed.state)) ? first : listed;
}
