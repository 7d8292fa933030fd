// SPDX-License-Identifier: Apache-2.0
// Logs and audit: what Vireo wrote of hosts and domains, and who asked for what. Labels are `service_name`, `host`,
// `event` and `level`; domain, uuid, user and action are structured metadata, as provisioning/alloy makes them.

import { fact } from '../metric.ts';
import { logLines, timeSeries } from '../panels/panels.ts';
import { increase, sumBy } from '../panels/queries.ts';
import type { DashboardSpec } from './frame.ts';

const LINE = ' | json | line_format `{{.msg}}`';
const AUDIT =
  ' | json | line_format `{{.event}}: {{.action}} of {{.domain}} at {{.host}} by {{.tokenName}} {{.user}} {{.detail}}`';

/** Lines of some events, of the chosen hosts and domains. */
function lines(events: string, format: string): string {
  return `{service_name="vireo", host=~"$host", event=~"${events}"} | domain=~"$domain"${format}`;
}

/** Logs and audit. */
export const LOGS: DashboardSpec = {
  uid: 'vireo-logs',
  title: 'Vireo / Logs and audit',
  description: 'What happened at hosts and domains, and who asked for which action, from the log of Vireo in Loki.',
  host: 'many',
  domain: 'many',
  sections: [
    {
      title: 'Actions',
      panels: [
        timeSeries({
          title: 'Actions by result',
          description: 'Requests for actions by how they ended.',
          unit: 'none',
          width: 12,
          queries: [
            {
              expr: sumBy('action, result', increase(fact('vireo_actions_total'))),
              legend: '{{action}} {{result}}',
            },
          ],
        }),
        timeSeries({
          title: 'Refused for lack of rights',
          description: 'Requests without a valid token, or with one that may not do it.',
          unit: 'none',
          width: 12,
          fromLoki: true,
          queries: [
            { expr: 'sum(count_over_time({service_name="vireo", event="auth.denied"}[$__auto]))', legend: 'denied' },
          ],
        }),
        logLines({
          title: 'Audit of actions',
          description: 'Every step of every action: who asked, of which domain, how it ended.',
          width: 24,
          queries: [{ expr: lines('action.+', AUDIT), legend: '' }],
        }),
        logLines({
          title: 'Consoles',
          description: 'Who opened the screen or serial line of which domain, for how long, and who was refused.',
          width: 12,
          queries: [{ expr: lines('console.+', LINE), legend: '' }],
        }),
        logLines({
          title: 'Denied',
          description: 'Requests that were turned away, with their reason and address.',
          width: 12,
          queries: [{ expr: '{service_name="vireo", event="auth.denied"}', legend: '' }],
        }),
      ],
    },
    {
      title: 'Hosts and domains',
      panels: [
        timeSeries({
          title: 'Lines by event',
          description: 'Lines of the log by what they are about.',
          unit: 'none',
          width: 24,
          fromLoki: true,
          queries: [
            {
              expr: 'sum by (event) (count_over_time({service_name="vireo", host=~"$host"}[$__auto]))',
              legend: '{{event}}',
            },
          ],
        }),
        logLines({
          title: 'Domains',
          description: 'States, events, appearance and end of domains.',
          width: 12,
          queries: [{ expr: lines('domain.+', LINE), legend: '' }],
        }),
        logLines({
          title: 'Hosts and polls',
          description: 'Hosts lost and back, polls that failed and work again.',
          width: 12,
          queries: [{ expr: `{service_name="vireo", host=~"$host", event=~"host.+|poll.+"}${LINE}`, legend: '' }],
        }),
        logLines({
          title: 'Warnings and errors',
          description: 'Everything Vireo wrote at level warn or error.',
          width: 24,
          queries: [{ expr: '{service_name="vireo", level=~"warn|error|fatal"}', legend: '' }],
        }),
      ],
    },
  ],
};
