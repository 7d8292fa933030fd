// SPDX-License-Identifier: Apache-2.0
// PromQL and LogQL about one domain. Without React and data sources, so that it is tested alone.

import { t } from '@grafana/i18n';
import { driverLacks } from '@vireo/exporter/contract';
import type { Graph } from '../../metrics/Graphs';
import { quoted } from '../../metrics/promql';

/** What metrics know a domain by. */
export interface Named {
  readonly host: string;
  readonly name: string;
}

/** The graphs of the overview that libvirt's driver has figures for, and the titles of the others. */
export function graphsFor(driver: string, domain: Named): { graphs: readonly Graph[]; lacking: readonly string[] } {
  const [cpu, steal, memory, latency, throughput, network] = graphsOf(domain);
  const calls = [
    [cpu],
    [steal, 'CONNECT_GET_ALL_DOMAIN_STATS'],
    [memory],
    [latency, 'DOMAIN_BLOCK_STATS'],
    [throughput, 'DOMAIN_BLOCK_STATS'],
    [network, 'DOMAIN_INTERFACE_STATS'],
  ] as const;
  const lacks = (call: string | undefined) => call !== undefined && driverLacks(driver, undefined, call);
  return {
    graphs: calls.filter(([, call]) => !lacks(call)).map(([graph]) => graph),
    lacking: calls.filter(([, call]) => lacks(call)).map(([{ title }]) => title),
  };
}

function graphsOf(domain: Named): readonly [Graph, Graph, Graph, Graph, Graph, Graph] {
  const of = (name: string) => `${name}{host=${quoted(domain.host)},domain=${quoted(domain.name)}}`;
  const perSecond = (name: string) => `rate(${of(name)}[$__rate_interval])`;
  const block = 'libvirt_domain_block_stats';
  const nic = 'libvirt_domain_interface_stats';
  const mean = (what: 'read' | 'write') =>
    `${perSecond(`${block}_${what}_time_seconds_total`)} / (${perSecond(`${block}_${what}_requests_total`)} > 0)`;
  return [
    {
      title: t('graph.cpu', 'CPU'),
      description: t('graph.cpu-hint', 'CPUs of the host that the domain uses, and vCPUs it has.'),
      unit: 'none',
      queries: [
        { expr: perSecond('libvirt_domain_info_cpu_time_seconds_total'), legend: t('graph.cpus', 'CPUs in use') },
        { expr: of('libvirt_domain_vcpu_current'), legend: t('graph.vcpus', 'vCPUs it has') },
      ],
    },
    {
      title: t('graph.steal', 'Steal'),
      description: t('graph.steal-hint', 'Part of the time each vCPU was ready and had no CPU.'),
      unit: 'percentunit',
      queries: [
        { expr: perSecond('libvirt_domain_vcpu_delay_seconds_total'), legend: `${t('graph.vcpu', 'vCPU')} {{vcpu}}` },
      ],
    },
    {
      title: t('graph.memory', 'Memory'),
      description: t(
        'graph.memory-hint',
        'Used by the guest: without what it could give up. That part is missing where its balloon reports nothing.',
      ),
      unit: 'bytes',
      queries: [
        {
          expr: `${of('libvirt_domain_memory_stats_available_bytes')} - ${of('libvirt_domain_memory_stats_usable_bytes')}`,
          legend: t('graph.used', 'used by the guest'),
        },
        { expr: of('libvirt_domain_memory_stats_rss_bytes'), legend: t('graph.resident', 'resident on the host') },
        { expr: of('libvirt_domain_info_memory_usage_bytes'), legend: t('graph.balloon', 'balloon') },
        { expr: of('libvirt_domain_info_maximum_memory_bytes'), legend: t('graph.maximum', 'maximum') },
      ],
    },
    {
      title: t('graph.latency', 'Disk latency'),
      description: t('graph.latency-hint', 'Mean time of a request; nothing while there are none.'),
      unit: 's',
      queries: [
        { expr: mean('read'), legend: `{{target_device}} ${t('graph.read', 'read')}` },
        { expr: mean('write'), legend: `{{target_device}} ${t('graph.write', 'write')}` },
      ],
    },
    {
      title: t('graph.throughput', 'Disk throughput'),
      description: t('graph.throughput-hint', 'Data read from and written to each disk.'),
      unit: 'Bps',
      queries: [
        { expr: perSecond(`${block}_read_bytes_total`), legend: `{{target_device}} ${t('graph.read', 'read')}` },
        { expr: perSecond(`${block}_write_bytes_total`), legend: `{{target_device}} ${t('graph.write', 'write')}` },
      ],
    },
    {
      title: t('graph.network', 'Network'),
      description: t('graph.network-hint', 'Data the guest received and sent on each interface.'),
      unit: 'Bps',
      queries: [
        {
          expr: perSecond(`${nic}_receive_bytes_total`),
          legend: `{{target_device}} ${t('graph.received', 'received')}`,
        },
        { expr: perSecond(`${nic}_transmit_bytes_total`), legend: `{{target_device}} ${t('graph.sent', 'sent')}` },
      ],
    },
  ];
}

/** What Vireo's log says of a domain: states, events, actions, consoles. By UUID: a name can pass to another. */
export function logQuery({ host, uuid }: { readonly host: string; readonly uuid: string }): string {
  return `{service_name="vireo", host=${quoted(host)}} | uuid=${quoted(uuid)}`;
}
