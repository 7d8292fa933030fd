// SPDX-License-Identifier: Apache-2.0
// The panel "Domain XML", as Grafana loads it.

import { lazyPanel } from '../lazy-panel';
import { addOptions, type DomainXmlOptions } from './options';

export const plugin = lazyPanel<DomainXmlOptions>(
  async () => (await import('./DomainXmlPanel')).DomainXmlPanel,
  addOptions,
);
