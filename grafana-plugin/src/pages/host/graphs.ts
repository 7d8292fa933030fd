// SPDX-License-Identifier: Apache-2.0
// The graphs of a host, as PromQL. Without Grafana and React, so that it is tested alone.

import type { GraphQuery } from '../../metrics/Graphs';
import { quoted } from '../../metrics/promql';

/** One graph; `id` names it where texts do. */
export interface HostGraph {
  readonly id: 'cpu' | 'cpu-domains' | 'memory' | 'memory-domains' | 'network' | 'disk' | 'latency' | 'polls';
  /** Of Grafana's units. */
  readonly unit: string;
  readonly isStacked?: boolean;
  readonly queries: readonly GraphQuery[];
}

/** Series of one graph at most. */
const TOP = 10;

/** What a host and its domains do, for the graphs of its page. */
export function hostGraphs(host: string): readonly HostGraph[] {
  const of = (name: string, ...matchers: string[]) => `${name}{${[`host=${quoted(host)}`, ...matchers].join(',')}}`;
  const rate = (name: string, ...matchers: string[]) => `rate(${of(name, ...matchers)}[$__rate_interval])`;
  const sum = (by: string, expr: string) => `sum by (${by}) (${expr})`;
  const max = (by: string, expr: string) => `max by (${by}) (${expr})`;
  const top = (expr: string) => `topk(${String(TOP)}, ${expr})`;
  const perDevice = (name: string) => max('domain, target_device', rate(name));
  const both = (name: string, from: string, to: string) =>
    top(sum('domain', `${perDevice(`${name}_${from}_bytes_total`)} + ${perDevice(`${name}_${to}_bytes_total`)}`));
  const block = 'libvirt_domain_block_stats';
  return [
    {
      id: 'cpu',
      unit: 'none',
      isStacked: true,
      queries: [{ expr: max('mode', rate('libvirt_host_cpu_seconds_total', 'mode!="idle"')), legend: '{{mode}}' }],
    },
    {
      id: 'cpu-domains',
      unit: 'none',
      isStacked: true,
      queries: [{ expr: top(max('domain', rate('libvirt_domain_info_cpu_time_seconds_total'))), legend: '{{domain}}' }],
    },
    {
      id: 'memory',
      unit: 'bytes',
      queries: [
        { expr: max('kind', of('libvirt_host_memory_stats_bytes')), legend: '{{kind}}' },
        { expr: max('host', of('libvirt_host_memory_total_bytes')), legend: 'total' },
      ],
    },
    {
      id: 'memory-domains',
      unit: 'bytes',
      isStacked: true,
      queries: [{ expr: top(max('domain', of('libvirt_domain_memory_stats_rss_bytes'))), legend: '{{domain}}' }],
    },
    {
      id: 'network',
      unit: 'Bps',
      queries: [{ expr: both('libvirt_domain_interface_stats', 'receive', 'transmit'), legend: '{{domain}}' }],
    },
    {
      id: 'disk',
      unit: 'Bps',
      queries: [{ expr: both(block, 'read', 'write'), legend: '{{domain}}' }],
    },
    {
      id: 'latency',
      unit: 's',
      queries: ['read', 'write'].map((what) => ({
        expr: top(
          `${perDevice(`${block}_${what}_time_seconds_total`)} / (${perDevice(`${block}_${what}_requests_total`)} > 0)`,
        ),
        legend: `{{domain}} {{target_device}} ${what}`,
      })),
    },
    {
      id: 'polls',
      unit: 's',
      queries: [{ expr: max('group', of('vireo_poll_duration_seconds')), legend: '{{group}}' }],
    },
  ];
}
