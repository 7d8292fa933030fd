// SPDX-License-Identifier: Apache-2.0
// Host: one hypervisor, what it has, what it promised and who uses it.

import { fact, statistic } from '../metric.ts';
import { bigNumber, labelTable, stateTimeline, timeSeries } from '../panels/panels.ts';
import { increase, maxBy, rate, sumBy } from '../panels/queries.ts';
import { DOMAIN_STATE, UP_DOWN } from '../panels/states.ts';
import { HOST, rowLink } from './frame.ts';
import type { DashboardSpec } from './frame.ts';

const ACTIVE = { ...HOST, state: '="active"' };
const total = fact('libvirt_host_memory_total_bytes', HOST);
const toDomain = rowLink('Domain', 'vireo-domain', 'host', 'domain');

/** Host. */
export const HOST_DASHBOARD: DashboardSpec = {
  uid: 'vireo-host',
  title: 'Vireo / Host',
  description: 'One host: its connection, CPUs, memory, and what its domains take of them.',
  host: 'one',
  domain: 'none',
  sections: [
    {
      title: 'Now',
      panels: [
        bigNumber({
          title: 'Connection',
          description: 'Whether Vireo is connected to the libvirt daemon.',
          unit: 'none',
          width: 4,
          mapping: UP_DOWN,
          queries: [{ expr: fact('libvirt_up', HOST), legend: '{{host}}' }],
        }),
        bigNumber({
          title: 'Domains',
          description: 'Domains, active and inactive.',
          unit: 'none',
          width: 4,
          queries: [{ expr: fact('libvirt_domains', HOST), legend: 'domains' }],
        }),
        bigNumber({
          title: 'CPUs',
          description: 'Active logical CPUs of the host.',
          unit: 'none',
          width: 4,
          queries: [{ expr: fact('libvirt_host_cpus', HOST), legend: 'CPUs' }],
        }),
        bigNumber({
          title: 'vCPUs per CPU',
          description: 'vCPUs of all active domains, divided by the CPUs of the host.',
          unit: 'none',
          width: 4,
          queries: [
            {
              expr: `${maxBy('host', fact('libvirt_host_allocated_vcpus', ACTIVE))} / ${maxBy('host', fact('libvirt_host_cpus', HOST))}`,
              legend: 'vCPUs per CPU',
            },
          ],
        }),
        bigNumber({
          title: 'Memory',
          description: 'Memory of the host.',
          unit: 'bytes',
          width: 4,
          queries: [{ expr: total, legend: 'memory' }],
        }),
        bigNumber({
          title: 'Memory promised',
          description: 'Memory all active domains may have together, as a part of what the host has.',
          unit: 'percentunit',
          width: 4,
          steps: [
            { from: 0, color: 'green' },
            { from: 1, color: 'orange' },
          ],
          queries: [
            {
              expr: `${maxBy('host', fact('libvirt_host_allocated_memory_bytes', ACTIVE))} / ${maxBy('host', total)}`,
              legend: 'promised',
            },
          ],
        }),
        labelTable({
          title: 'What it is',
          description: 'Name, driver, processor, and versions of hypervisor and daemon.',
          width: 24,
          height: 4,
          columns: [
            { field: 'hostname', title: 'host name' },
            { field: 'driver', title: 'driver' },
            { field: 'cpu_model', title: 'CPU' },
            { field: 'hypervisor_running', title: 'hypervisor' },
            { field: 'libvirtd_running', title: 'libvirt' },
          ],
          queries: [
            {
              expr: `${maxBy('host, hostname, driver, cpu_model', fact('libvirt_host_info', HOST))} * on (host) group_left (hypervisor_running, libvirtd_running) ${maxBy('host, hypervisor_running, libvirtd_running', fact('libvirt_versions_info', HOST))}`,
              legend: '',
            },
          ],
        }),
      ],
    },
    {
      title: 'CPU and memory',
      panels: [
        timeSeries({
          title: 'CPU of the host by mode',
          description: 'CPUs busy in each mode, all together; idle is left out.',
          unit: 'none',
          width: 12,
          stacked: true,
          queries: [
            {
              expr: sumBy('mode', rate(fact('libvirt_host_cpu_seconds_total', { ...HOST, mode: '!="idle"' }))),
              legend: '{{mode}}',
            },
          ],
        }),
        timeSeries({
          title: 'CPU by domain, top fifteen',
          description: 'CPUs each domain uses, threads of its emulator included.',
          unit: 'none',
          width: 12,
          stacked: true,
          queries: [
            {
              expr: `topk(15, ${sumBy('domain', rate(statistic('libvirt_domain_info_cpu_time_seconds_total', HOST)))})`,
              legend: '{{domain}}',
            },
          ],
        }),
        timeSeries({
          title: 'Memory of the host',
          description: 'What libvirt counts as free, buffers and cached, beside all there is.',
          unit: 'bytes',
          width: 12,
          queries: [
            { expr: fact('libvirt_host_memory_stats_bytes', HOST), legend: '{{kind}}' },
            { expr: total, legend: 'total' },
          ],
        }),
        timeSeries({
          title: 'Memory by domain, top fifteen',
          description: 'Resident memory of the process of each domain.',
          unit: 'bytes',
          width: 12,
          stacked: true,
          queries: [
            { expr: `topk(15, ${statistic('libvirt_domain_memory_stats_rss_bytes', HOST)})`, legend: '{{domain}}' },
          ],
        }),
        timeSeries({
          title: 'Free memory by NUMA cell',
          description: 'Free memory of each NUMA cell.',
          unit: 'bytes',
          width: 12,
          queries: [{ expr: fact('libvirt_host_numa_cell_memory_free_bytes', HOST), legend: 'cell {{cell}}' }],
        }),
        timeSeries({
          title: 'Free huge pages',
          description: 'Free huge pages of each NUMA cell and size, in bytes.',
          unit: 'none',
          width: 12,
          queries: [{ expr: fact('libvirt_host_hugepages_free', HOST), legend: 'cell {{cell}}, {{size_bytes}} bytes' }],
        }),
      ],
    },
    {
      title: 'Domains',
      panels: [
        stateTimeline({
          title: 'States',
          description: 'State of each domain over time.',
          width: 24,
          height: 12,
          mapping: DOMAIN_STATE,
          queries: [{ expr: fact('libvirt_domain_info_state', HOST), legend: '{{domain}}' }],
        }),
        labelTable({
          title: 'Domains',
          description: 'Each domain: state, vCPUs, memory, and whether it starts with the host.',
          width: 16,
          height: 10,
          columns: [
            { field: 'host', title: 'host' },
            { field: 'domain', title: 'domain', link: toDomain },
            { field: 'Value #A', title: 'state', mapping: DOMAIN_STATE },
            { field: 'Value #B', title: 'vCPUs' },
            { field: 'Value #C', title: 'memory', unit: 'bytes' },
            { field: 'Value #D', title: 'autostart' },
          ],
          queries: [
            { expr: sumBy('host, domain', fact('libvirt_domain_info_state', HOST)), legend: '' },
            { expr: sumBy('host, domain', statistic('libvirt_domain_vcpu_current', HOST)), legend: '' },
            { expr: sumBy('host, domain', statistic('libvirt_domain_info_memory_usage_bytes', HOST)), legend: '' },
            { expr: sumBy('host, domain', fact('libvirt_domain_autostart', HOST)), legend: '' },
          ],
        }),
        timeSeries({
          title: 'Events',
          description: 'Events of the domains by kind.',
          unit: 'none',
          width: 8,
          height: 10,
          queries: [
            {
              expr: `${sumBy('event, detail', increase(fact('libvirt_domain_events_total', HOST)))} > 0`,
              legend: '{{event}} {{detail}}',
            },
          ],
        }),
      ],
    },
  ],
};
