// SPDX-License-Identifier: Apache-2.0
// Alerts about Vireo itself and its connections to the hosts: without these, silence would look like health.

import { fact } from '../metric.ts';
import { once } from './alert.ts';
import type { Alert, AlertGroup } from './alert.ts';

const SELF = { uid: 'vireo-self', variables: [] };
const HOST = { uid: 'vireo-host', variables: ['host'] };

const failedActions = fact('vireo_actions_total', { result: '=~"failed|timed_out|unknown"' });
const byAction = 'sum by (action, result)';

/** Seconds; time enough to renew a certificate in working hours. */
const SOON = '14 * 86400';

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
    expr: `${once('host', fact('libvirt_up'))} == 0`,
    summary: 'Host {{ $labels.host }} is lost',
    description:
      'Vireo has no connection to the libvirt daemon of {{ $labels.host }}. Its domains may well run on, but nobody sees how they are.',
    dashboard: HOST,
  },
  {
    name: 'VireoPollStale',
    severity: 'warning',
    for: '5m',
    // The worst of several Vireos: of one that lost a host another one sees, nothing else tells.
    expr: `(
  min by (host, group) (${fact('vireo_poll_success')}) == 0
  or
  time() - min by (host, group) (${fact('vireo_poll_last_success_timestamp_seconds', { group: '=~"inventory|statistics"' })}) > 120
)
and on (host) ${once('host', fact('libvirt_up'))} == 1`,
    summary: 'Polls of {{ $labels.group }} at host {{ $labels.host }} do not succeed',
    description:
      'The host {{ $labels.host }} is up, but reading {{ $labels.group }} of it fails or hangs. What Vireo shows of that is old or absent.',
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
  {
    name: 'VireoFailedLogins',
    severity: 'warning',
    for: '0m',
    // A request without any credentials is a browser that has yet to ask, or a scraper that is misconfigured.
    expr: `sum by (method) (increase(${fact('vireo_auth_refusals_total', { reason: '=~"unknown|wrong|invalid|too_many"' })}[10m])) > 20`,
    summary: 'Many requests with a wrong {{ $labels.method }}',
    description:
      'In the last 10 minutes Vireo refused {{ $value | humanize }} requests because of their {{ $labels.method }}: somebody guesses, or a program has an old secret.',
    dashboard: { uid: 'vireo-logs', variables: [] },
  },
  {
    name: 'VireoCertificateExpires',
    severity: 'warning',
    for: '1h',
    expr: `min by (certificate) (${fact('vireo_web_certificate_expiry_timestamp_seconds')}) - time() < ${SOON}`,
    summary: 'The certificate {{ $labels.certificate }} of Vireo expires within two weeks',
    description:
      'The certificate {{ $labels.certificate }} of the web configuration is good for another {{ $value | humanizeDuration }}. Then Prometheus, Grafana and browsers are refused.',
    dashboard: SELF,
  },
  {
    name: 'LibvirtCertificateExpires',
    severity: 'warning',
    for: '1h',
    expr: `min by (host, certificate) (${fact('vireo_host_certificate_expiry_timestamp_seconds')}) - time() < ${SOON}`,
    summary:
      'The certificate {{ $labels.certificate }} between Vireo and host {{ $labels.host }} expires within two weeks',
    description:
      'The certificate {{ $labels.certificate }} of the TLS connection to {{ $labels.host }} is good for another {{ $value | humanizeDuration }}. Then the host is lost.',
    dashboard: HOST,
  },
];

/** Vireo and its connections. */
export const VIREO_ALERTS: AlertGroup = { name: 'vireo', alerts };
