// SPDX-License-Identifier: Apache-2.0
// The panel "Domain actions", as Grafana loads it.

import { lazyPanel } from '../lazy-panel';
import { addOptions, type DomainActionsOptions } from './options';

export const plugin = lazyPanel<DomainActionsOptions>(
  async () => (await import('./DomainActions')).DomainActions,
  addOptions,
);
