// SPDX-License-Identifier: Apache-2.0
// What the panel "Domain console" can be told.

import type { AddOptions } from '../lazy-panel';
import type { DomainOptions } from '../named';
import { addDomainOptions } from '../options';

/** Options of the panel. */
export interface DomainConsoleOptions extends DomainOptions {
  readonly hasScreenshot: boolean;
  /** 0: only when it is asked for. */
  readonly refreshSeconds: number;
}

/** Adds them to the editor. */
export const addOptions: AddOptions<DomainConsoleOptions> = (builder, t) => {
  addDomainOptions(builder, t);
  builder
    .addBooleanSwitch({
      path: 'hasScreenshot',
      name: t('panel.screenshot', 'Screenshot'),
      description: t(
        'panel.screenshot-hint',
        'Show what is on the screen of the domain, to those who may open consoles.',
      ),
      defaultValue: true,
    })
    .addSelect({
      path: 'refreshSeconds',
      name: t('panel.refresh', 'New screenshot'),
      description: t(
        'panel.refresh-hint',
        'How often a new one is taken while somebody sees the panel. Each costs the hypervisor something; none is taken of a panel that is scrolled out of view or in a hidden tab.',
      ),
      defaultValue: 0,
      settings: {
        options: [
          { value: 0, label: t('panel.refresh-0', 'When asked for') },
          { value: 5, label: t('panel.refresh-5', 'Every 5 seconds') },
          { value: 30, label: t('panel.refresh-30', 'Every 30 seconds') },
          { value: 60, label: t('panel.refresh-60', 'Every minute') },
          { value: 300, label: t('panel.refresh-300', 'Every 5 minutes') },
        ],
      },
      showIf: ({ hasScreenshot }) => hasScreenshot,
    });
};
