// SPDX-License-Identifier: Apache-2.0
// Vireo itself: whether it keeps up, what it costs, and what libvirt makes it wait for.

import { fact } from '../metric.ts';
import { bigNumber, labelTable, timeSeries } from '../panels/panels.ts';
import { rate, sumBy } from '../panels/queries.ts';
import { HOST } from './frame.ts';
import type { DashboardSpec } from './frame.ts';

/** Restricts families every Node.js program has to the targets that are a Vireo. */
const ofVireo = `and on (instance, job) ${fact('vireo_build_info')}`;

/** Vireo itself. */
export const SELF: DashboardSpec = {
  uid: 'vireo-self',
  title: 'Vireo / Vireo itself',
  description: 'The exporter: polls, calls to libvirt, scrapes, memory, event loop.',
  host: 'many',
  domain: 'none',
  sections: [
    {
      title: 'The process',
      panels: [
        labelTable({
          title: 'Versions',
          description: 'Every Vireo that is scraped.',
          width: 8,
          height: 8,
          columns: [
            { field: 'instance', title: 'instance' },
            { field: 'version', title: 'version' },
            { field: 'node_version', title: 'Node.js' },
          ],
          queries: [{ expr: fact('vireo_build_info'), legend: '' }],
        }),
        timeSeries({
          title: 'CPU',
          description: 'CPUs the process uses; it has one event loop.',
          unit: 'none',
          width: 8,
          queries: [{ expr: `${rate('process_cpu_seconds_total')} ${ofVireo}`, legend: '{{instance}}' }],
        }),
        timeSeries({
          title: 'Memory',
          description: 'Resident memory of the process, and the part JavaScript uses.',
          unit: 'bytes',
          width: 8,
          queries: [
            { expr: `process_resident_memory_bytes ${ofVireo}`, legend: '{{instance}} resident' },
            { expr: `nodejs_heap_size_used_bytes ${ofVireo}`, legend: '{{instance}} heap' },
          ],
        }),
        timeSeries({
          title: 'Lag of the event loop',
          description: 'How late the event loop runs. Everything waits that long.',
          unit: 's',
          width: 8,
          queries: [{ expr: fact('vireo_event_loop_lag_seconds'), legend: '{{instance}} {{statistic}}' }],
        }),
        timeSeries({
          title: 'Time of a scrape',
          description: 'Mean time to make the answer for a scrape, sending not included.',
          unit: 's',
          width: 8,
          queries: [
            {
              expr: `${sumBy('instance', rate(fact('vireo_scrape_seconds_total')))} / ${sumBy('instance', rate(fact('vireo_scrapes_total')))}`,
              legend: '{{instance}}',
            },
          ],
        }),
        timeSeries({
          title: 'Series',
          description: 'Series of each host on the page.',
          unit: 'none',
          width: 8,
          queries: [{ expr: fact('vireo_host_series', HOST), legend: '{{host}}' }],
        }),
      ],
    },
    {
      title: 'Polls',
      panels: [
        bigNumber({
          title: 'Parts of polls that fail',
          description: 'Parts of polls whose last run failed.',
          unit: 'none',
          width: 4,
          height: 8,
          steps: [
            { from: 0, color: 'green' },
            { from: 1, color: 'red' },
          ],
          queries: [{ expr: `count(${fact('vireo_poll_success', HOST)} == 0) or vector(0)`, legend: 'failing' }],
        }),
        timeSeries({
          title: 'Time of polls',
          description: 'How long the last run of each part of a poll took, the slowest host of each.',
          unit: 's',
          width: 10,
          queries: [{ expr: `max by (group) (${fact('vireo_poll_duration_seconds', HOST)})`, legend: '{{group}}' }],
        }),
        timeSeries({
          title: 'Age of polls',
          description: 'How long ago inventory and statistics last succeeded.',
          unit: 's',
          width: 10,
          queries: [
            {
              expr: `time() - ${fact('vireo_poll_last_success_timestamp_seconds', { ...HOST, group: '=~"inventory|statistics"' })}`,
              legend: '{{host}} {{group}}',
            },
          ],
        }),
      ],
    },
    {
      title: 'Calls to libvirt',
      panels: [
        timeSeries({
          title: 'Calls by outcome',
          description: 'Calls to libvirt daemons by how they ended.',
          unit: 'cps',
          width: 8,
          queries: [{ expr: sumBy('outcome', rate(fact('vireo_rpc_calls_total', HOST))), legend: '{{outcome}}' }],
        }),
        timeSeries({
          title: 'Time of a call, top ten',
          description: 'Mean time of each procedure, waiting for a free slot included.',
          unit: 's',
          width: 8,
          queries: [
            {
              expr: `topk(10, ${sumBy('host, procedure', rate(fact('vireo_rpc_call_seconds_total', HOST)))} / (${sumBy('host, procedure', rate(fact('vireo_rpc_calls_total', HOST)))} > 0))`,
              legend: '{{procedure}} at {{host}}',
            },
          ],
        }),
        timeSeries({
          title: 'Reconnects',
          description: 'How often connections to hosts were made again.',
          unit: 'none',
          width: 8,
          queries: [
            { expr: `increase(${fact('vireo_host_reconnects_total', HOST)}[$__rate_interval])`, legend: '{{host}}' },
          ],
        }),
      ],
    },
    {
      title: 'Who comes in',
      panels: [
        timeSeries({
          title: 'Refused for not being known',
          description:
            'Requests without a credential, or with one that is not good, by what they would have shown and why.',
          unit: 'cps',
          width: 12,
          queries: [
            {
              expr: sumBy('method, reason', rate(fact('vireo_auth_refusals_total'))),
              legend: '{{method}} {{reason}}',
            },
          ],
        }),
        timeSeries({
          title: 'Certificates are good for',
          description:
            'How long the certificates of TLS connections to hosts, and those of the web configuration, are good.',
          unit: 's',
          width: 12,
          queries: [
            {
              expr: `min by (host, certificate) (${fact('vireo_host_certificate_expiry_timestamp_seconds', HOST)}) - time()`,
              legend: '{{host}} {{certificate}}',
            },
            {
              expr: `min by (certificate) (${fact('vireo_web_certificate_expiry_timestamp_seconds')}) - time()`,
              legend: 'Vireo {{certificate}}',
            },
          ],
        }),
      ],
    },
    {
      title: 'Consoles',
      panels: [
        timeSeries({
          title: 'Sessions',
          description: 'Console sessions, those that wait for their domain included.',
          unit: 'none',
          width: 12,
          queries: [{ expr: fact('vireo_console_sessions'), legend: '{{instance}}' }],
        }),
        timeSeries({
          title: 'Refused requests for consoles',
          description: 'Requests for consoles that were refused, by reason.',
          unit: 'cps',
          width: 12,
          queries: [{ expr: sumBy('reason', rate(fact('vireo_console_rejections_total'))), legend: '{{reason}}' }],
        }),
      ],
    },
  ],
};
