// SPDX-License-Identifier: Apache-2.0
// Everything a simulated host answers, put into one table.

import type { HandlerTable } from '../handlers.ts';
import { serveDriver } from './drivers.ts';
import type { SimulatedHost } from './host.ts';
import { serveActions } from './serve-actions.ts';
import { serveDisks } from './serve-disks.ts';
import { serveDomains } from './serve-domains.ts';
import { serveNode } from './serve-node.ts';
import { serveScreenshots } from './serve-screenshots.ts';
import { serveStats } from './serve-stats.ts';
import { serveStorage } from './serve-storage.ts';

/** Puts the handlers of a host into a table. */
export function serveHost(table: HandlerTable, host: SimulatedHost): void {
  serveNode(table, host);
  serveDomains(table, host);
  serveDisks(table, host);
  serveStats(table, host);
  serveActions(table, host);
  serveStorage(table, host);
  serveScreenshots(table, host);
  // Last: it takes away again what the driver lacks.
  serveDriver(table, host);
}
