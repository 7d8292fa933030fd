// SPDX-License-Identifier: Apache-2.0
// Alerts about Vireo itself and its connections to the hosts: without these, silence would look like health.

import { fact } from '../metric.ts';
import type { Alert, AlertGroup } from './alert.ts';

const SELF = { uid: 'vireo-self', variables: [] };
const HOST = { uid: 'vireo-host', variables: ['host'] };

const failedActions = fact('vireo_actions_total', { result: '=~"failed|timed_out|unknown"' });
const byAction = 'sum by (action, result)';

const alerts: readonly Alert[] = [
  {
    name: 'VireoAbsent',
    severity: 'critical',
    for: '2m',
    expr: `absent(${fact('vireo_build_info')})`,
    summary: 'No Vireo is scraped',
    description: 'Prometheus has no metrics of any Vireo, so no other alert about hosts and domains can fire.',
    dashboard: SELF,
  },
  {
    name: 'LibvirtHostLost',
    severity: 'critical',
    for: '1m',
    expr: `${fact('libvirt_up')} == 0`,
    summary: 'Host {{ $labels.host }} is lost',
    description:
      'Vireo has no connection to the libvirt daemon of {{ $labels.host }}. Its domains may well run on, but nobody sees how they are.',
    dashboard: HOST,
  },
  {
    name: 'VireoPollStale',
    severity: 'warning',
    for: '5m',
    expr: `(
  ${fact('vireo_poll_success')} == 0
  or
  time() - ${fact('vireo_poll_last_success_timestamp_seconds', { group: '=~"inventory|statistics"' })} > 120
)
and on (host) ${fact('libvirt_up')} == 1`,
    summary: 'Polls of {{ $labels.group }} at host {{ $labels.host }} do not succeed',
    description:
      'Vireo is connected to {{ $labels.host }}, but reading {{ $labels.group }} fails or hangs. What it shows of that is old or absent.',
    dashboard: HOST,
  },
  {
    name: 'VireoActionFailed',
    severity: 'warning',
    for: '0m',
    // The second half sees the first failure of a kind: its series begins at 1, and increase() sees no step.
    expr: `${byAction} (increase(${failedActions}[15m])) > 0
or
${byAction} (${failedActions} unless ${failedActions} offset 15m) > 0`,
    summary: 'An action {{ $labels.action }} ended {{ $labels.result }}',
    description:
      'In the last 15 minutes at least one {{ $labels.action }} ended {{ $labels.result }}. The domain may not be in the state that was asked for.',
    dashboard: { uid: 'vireo-logs', variables: [] },
  },
];

/** Vireo and its connections. */
export const VIREO_ALERTS: AlertGroup = { name: 'vireo', alerts };
