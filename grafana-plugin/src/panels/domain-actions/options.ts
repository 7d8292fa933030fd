// SPDX-License-Identifier: Apache-2.0
// What the panel "Domain actions" can be told.

import type { SelectFieldConfigSettings } from '@grafana/data';
import type { ActionId } from '@vireo/exporter/contract';
import type { AddOptions, Translate } from '../lazy-panel';
import type { DomainOptions } from '../named';
import { addDomainOptions } from '../options';

/** Options of the panel. */
export interface DomainActionsOptions extends DomainOptions {
  readonly buttons: readonly ActionId[];
  readonly hasMenu: boolean;
  readonly domainsMax: number;
}

/** Adds them to the editor. */
export const addOptions: AddOptions<DomainActionsOptions> = (builder, t) => {
  addDomainOptions(builder, t);
  builder
    .addMultiSelect<unknown, SelectFieldConfigSettings<unknown>>({
      path: 'buttons',
      name: t('panel.buttons', 'Buttons'),
      description: t('panel.buttons-hint', 'Actions that have a button of their own.'),
      defaultValue: ['start', 'shutdown', 'reboot', 'suspend', 'resume', 'destroy'],
      settings: { options: Object.entries(labels(t)).map(([value, label]) => ({ value, label })) },
    })
    .addBooleanSwitch({
      path: 'hasMenu',
      name: t('panel.menu', 'Menu of the others'),
      description: t('panel.menu-hint', 'Off: actions without a button are not to be had in this panel.'),
      defaultValue: true,
    })
    .addNumberInput({
      path: 'domainsMax',
      name: t('panel.domains-max', 'Most domains'),
      description: t(
        'panel.domains-max-hint',
        'Of more domains the first are shown, and how many are left out. 1 to 100.',
      ),
      defaultValue: 20,
      settings: { min: 1, max: 100, integer: true },
    });
};

/** As texts.ts has them, which would add the contract to module.js. */
const labels = (t: Translate): Readonly<Record<ActionId, string>> => ({
  start: t('action.start', 'Start'),
  shutdown: t('action.shutdown', 'Shut down'),
  reboot: t('action.reboot', 'Reboot'),
  reset: t('action.reset', 'Reset'),
  suspend: t('action.suspend', 'Suspend'),
  resume: t('action.resume', 'Resume'),
  destroy: t('action.destroy', 'Force off'),
  'managed-save': t('action.managed-save', 'Save and stop'),
  'managed-save-remove': t('action.managed-save-remove', 'Discard saved state'),
  nmi: t('action.nmi', 'Inject NMI'),
  autostart: t('action.autostart', 'Start with host'),
});
