// SPDX-License-Identifier: Apache-2.0
// Every dashboard, in the order of the docs.

import { DOMAIN_DASHBOARD } from './domain.ts';
import { FLEET } from './fleet.ts';
import type { DashboardSpec } from './frame.ts';
import { HOST_DASHBOARD } from './host.ts';
import { JOBS } from './jobs.ts';
import { LOGS } from './logs.ts';
import { SELF } from './self.ts';
import { STORAGE_NETWORK } from './storage-network.ts';

/** Every dashboard. */
export const DASHBOARDS: readonly DashboardSpec[] = [
  FLEET,
  HOST_DASHBOARD,
  DOMAIN_DASHBOARD,
  STORAGE_NETWORK,
  JOBS,
  LOGS,
  SELF,
];
