// SPDX-License-Identifier: Apache-2.0
// Every alert, by group.

import type { AlertGroup } from './alert.ts';
import { DOMAIN_ALERTS } from './domain-alerts.ts';
import { HOST_ALERTS } from './host-alerts.ts';
import { VIREO_ALERTS } from './vireo-alerts.ts';

/** Every alert, in the order of the rule file and of docs/alerts.md. */
export const ALERT_GROUPS: readonly AlertGroup[] = [VIREO_ALERTS, HOST_ALERTS, DOMAIN_ALERTS];
