// SPDX-License-Identifier: Apache-2.0
// Whether an action can be asked for now, and if not why: by Grafana's permission, by the panel, by what the API allows.

import { t } from '@grafana/i18n';
import { ACTION_IDS, type ActionId, type DomainBrief } from '@vireo/exporter/contract';
import { refusalText } from '../api/code-texts';
import { lackText } from './driver-texts';
import type { ActionOptions } from './options';

/** What must be known of a domain to act on it; a row of any list is enough. */
export type ActionTarget = Pick<
  DomainBrief,
  | 'host'
  | 'uuid'
  | 'name'
  | 'id'
  | 'state'
  | 'persistent'
  | 'autostart'
  | 'managedSave'
  | 'allowedActions'
  | 'refusedActions'
  | 'refusalCodes'
  | 'driver'
>;

/** Who wants to act, and from where. */
export interface Acting {
  /** Has Grafana's permission to operate (constants.ts). */
  readonly mayOperate: boolean;
  /** false: the dashboard around the panel forbids actions. */
  readonly canExecute?: boolean;
}

/** Why an action is not available; undefined when it is. */
export function refusalOf(action: ActionId, domain: ActionTarget, acting: Acting): string | undefined {
  if (!acting.mayOperate) {
    return t('refusal.permission', 'Needs the role "Vireo operator" of Grafana.');
  }
  if (acting.canExecute === false) {
    return t('refusal.dashboard', 'This dashboard does not let you run actions.');
  }
  if (domain.allowedActions.includes(action)) {
    return nothingToDo(action, domain);
  }
  // What no waiting changes; what helps instead depends on the hypervisor.
  if (domain.refusalCodes[action] === 'driver-lacks-action') {
    return lackText(action, domain.driver ?? '');
  }
  const said = domain.refusedActions[action];
  return said === undefined
    ? t('refusal.unknown', 'This Vireo does not know the action.')
    : refusalText(domain.refusalCodes[action], said);
}

/** The API takes such a request and changes nothing, which is right for scripts; a button for it would only mislead. */
function nothingToDo(action: ActionId, { state }: ActionTarget): string | undefined {
  if (state === 'running' && (action === 'start' || action === 'resume')) {
    return t('refusal.runs', 'It is running already.');
  }
  if (state === 'paused' && action === 'suspend') {
    return t('refusal.paused', 'It is paused already.');
  }
  if (state === 'shutoff' && (action === 'shutdown' || action === 'destroy')) {
    return t('refusal.off', 'It is shut off already.');
  }
  return undefined;
}

/** The same domain when nothing can be done to it now, and why: a host that is lost, say. */
export function withheld<T extends ActionTarget>(domain: T, why: string): T {
  const refusedActions = Object.fromEntries(ACTION_IDS.map((id) => [id, why]));
  return { ...domain, allowedActions: [], refusedActions, refusalCodes: {} };
}

/** Actions that lose what the guest has not written: the name of the domain must be typed. */
export function needsTypedName(
  action: ActionId,
  { driver }: Pick<ActionTarget, 'driver'>,
  options: ActionOptions = {},
): boolean {
  // VirtualBox's driver resets in place of a reboot.
  const isReset = action === 'reset' || (action === 'reboot' && driver?.toLowerCase() === 'vbox');
  return action === 'destroy' || isReset || options['thenForce'] === true;
}
