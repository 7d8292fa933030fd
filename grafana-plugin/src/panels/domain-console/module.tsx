// SPDX-License-Identifier: Apache-2.0
// The panel "Domain console", as Grafana loads it.

import { lazyPanel } from '../lazy-panel';
import { addOptions, type DomainConsoleOptions } from './options';

export const plugin = lazyPanel<DomainConsoleOptions>(
  async () => (await import('./DomainConsolePanel')).DomainConsolePanel,
  addOptions,
);
