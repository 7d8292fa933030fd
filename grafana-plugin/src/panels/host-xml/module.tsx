// SPDX-License-Identifier: Apache-2.0
// The panel "Host XML", as Grafana loads it.

import { lazyPanel } from '../lazy-panel';
import { addOptions, type HostXmlOptions } from './options';

export const plugin = lazyPanel<HostXmlOptions>(async () => (await import('./HostXmlPanel')).HostXmlPanel, addOptions);
