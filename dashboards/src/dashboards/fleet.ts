// SPDX-License-Identifier: Apache-2.0
// Fleet: all hosts at a glance, for the wall and for the first look of the day.

import { fact, statistic } from '../metric.ts';
import { bigNumber, labelTable, stateTimeline, timeSeries } from '../panels/panels.ts';
import { maxBy, rate, sumBy } from '../panels/queries.ts';
import { FAULT, UP_DOWN } from '../panels/states.ts';
import { HOST, rowLink } from './frame.ts';
import type { DashboardSpec } from './frame.ts';

const up = fact('libvirt_up', HOST);
const cpu = sumBy('host, domain', rate(statistic('libvirt_domain_info_cpu_time_seconds_total', HOST)));
const BY_DOMAIN = '{{domain}} at {{host}}';
const ACTIVE = { ...HOST, state: '="active"' };
const memory = maxBy('host', fact('libvirt_host_memory_total_bytes', HOST));
const toHost = rowLink('Host', 'vireo-host', 'host');
const toDomain = rowLink('Domain', 'vireo-domain', 'host', 'domain');

/** Fleet. */
export const FLEET: DashboardSpec = {
  uid: 'vireo-fleet',
  title: 'Vireo / Fleet',
  description: 'Every host Vireo watches: which are up, what their domains do, who uses most, who needs attention.',
  host: 'many',
  domain: 'none',
  sections: [
    {
      title: 'Now',
      panels: [
        bigNumber({
          title: 'Hosts up',
          description: 'Hosts whose libvirt daemon Vireo is connected to.',
          unit: 'none',
          width: 4,
          queries: [{ expr: `sum(${up})`, legend: 'up' }],
        }),
        bigNumber({
          title: 'Hosts lost',
          description: 'Hosts whose libvirt daemon Vireo is not connected to. Their domains may run.',
          unit: 'none',
          width: 4,
          steps: [
            { from: 0, color: 'green' },
            { from: 1, color: 'red' },
          ],
          queries: [{ expr: `count(${up}) - sum(${up})`, legend: 'lost' }],
        }),
        bigNumber({
          title: 'Domains running',
          description: 'Domains in the state running.',
          unit: 'none',
          width: 4,
          queries: [
            { expr: `sum(${fact('libvirt_domains_by_state', { ...HOST, state: '="running"' })})`, legend: 'running' },
          ],
        }),
        bigNumber({
          title: 'Domains',
          description: 'Domains, active and inactive.',
          unit: 'none',
          width: 4,
          queries: [{ expr: `sum(${fact('libvirt_domains', HOST)})`, legend: 'domains' }],
        }),
        bigNumber({
          title: 'Stuck',
          description: 'Domains whose statistics do not come in time, mostly because their emulator hangs.',
          unit: 'none',
          width: 4,
          steps: [
            { from: 0, color: 'green' },
            { from: 1, color: 'red' },
          ],
          queries: [{ expr: `sum(${fact('libvirt_domain_timed_out', HOST)})`, legend: 'stuck' }],
        }),
        bigNumber({
          title: 'Alerts firing',
          description: 'Alerts of the rule file of Vireo that fire, as Prometheus evaluates them.',
          unit: 'none',
          width: 4,
          steps: [
            { from: 0, color: 'green' },
            { from: 1, color: 'orange' },
          ],
          queries: [
            {
              expr: 'count(ALERTS{alertname=~"(Libvirt|Vireo).+",alertstate="firing"}) or vector(0)',
              legend: 'firing',
            },
          ],
        }),
        stateTimeline({
          title: 'Connections',
          description: 'Whether Vireo is connected to the libvirt daemon of each host.',
          width: 12,
          mapping: UP_DOWN,
          queries: [{ expr: up, legend: '{{host}}' }],
        }),
        timeSeries({
          title: 'Domains by state',
          description: 'Domains of all chosen hosts in each state.',
          unit: 'none',
          width: 12,
          stacked: true,
          queries: [{ expr: sumBy('state', fact('libvirt_domains_by_state', HOST)), legend: '{{state}}' }],
        }),
      ],
    },
    {
      title: 'Hosts',
      panels: [
        labelTable({
          title: 'Hosts',
          description:
            'Each host: domains, CPUs used and there, memory free without caches, and how much of CPUs and memory is promised to active domains.',
          width: 24,
          columns: [
            { field: 'host', title: 'host', link: toHost },
            { field: 'Value #A', title: 'connected', mapping: UP_DOWN },
            { field: 'Value #B', title: 'domains' },
            { field: 'Value #C', title: 'CPUs' },
            { field: 'Value #D', title: 'CPUs used by domains', unit: 'none' },
            { field: 'Value #E', title: 'vCPUs per CPU', unit: 'none' },
            { field: 'Value #F', title: 'memory', unit: 'bytes' },
            { field: 'Value #G', title: 'free', unit: 'percentunit' },
            { field: 'Value #H', title: 'promised', unit: 'percentunit' },
          ],
          queries: [
            { expr: maxBy('host', up), legend: '' },
            { expr: maxBy('host', fact('libvirt_domains', HOST)), legend: '' },
            { expr: maxBy('host', fact('libvirt_host_cpus', HOST)), legend: '' },
            { expr: sumBy('host', cpu), legend: '' },
            {
              expr: `${maxBy('host', fact('libvirt_host_allocated_vcpus', ACTIVE))} / ${maxBy('host', fact('libvirt_host_cpus', HOST))}`,
              legend: '',
            },
            { expr: memory, legend: '' },
            {
              expr: `${maxBy('host', fact('libvirt_host_memory_free_bytes', HOST))} / ${memory}`,
              legend: '',
            },
            {
              expr: `${maxBy('host', fact('libvirt_host_allocated_memory_bytes', ACTIVE))} / ${memory}`,
              legend: '',
            },
          ],
        }),
      ],
    },
    {
      title: 'Domains',
      panels: [
        labelTable({
          title: 'Need attention',
          description: 'Domains that are paused, crashed or stuck now, and why libvirt says they are.',
          width: 12,
          columns: [
            { field: 'host', title: 'host', link: toHost },
            { field: 'domain', title: 'domain', link: toDomain },
            { field: 'state', title: 'state' },
            { field: 'reason', title: 'reason' },
            { field: 'Value #B', title: 'stuck', mapping: FAULT },
          ],
          queries: [
            {
              expr: sumBy(
                'host, domain, state, reason',
                fact('libvirt_domain_state_reason_info', { ...HOST, state: '=~"paused|crashed"' }),
              ),
              legend: '',
            },
            { expr: `${sumBy('host, domain', fact('libvirt_domain_timed_out', HOST))} > 0`, legend: '' },
          ],
        }),
        timeSeries({
          title: 'CPU, top ten',
          description: 'CPUs each domain uses, threads of its emulator included.',
          unit: 'none',
          width: 12,
          queries: [{ expr: `topk(10, ${cpu})`, legend: BY_DOMAIN }],
        }),
        timeSeries({
          title: 'Steal, top ten',
          description: 'Part of the time that the vCPUs of a domain were ready and had no CPU.',
          unit: 'percentunit',
          width: 8,
          queries: [
            {
              expr: `topk(10, ${sumBy('host, domain', maxBy('host, domain, vcpu', rate(statistic('libvirt_domain_vcpu_delay_seconds_total', HOST))))} / ${maxBy('host, domain', statistic('libvirt_domain_vcpu_current', HOST))})`,
              legend: BY_DOMAIN,
            },
          ],
        }),
        timeSeries({
          title: 'Disks, top ten',
          description: 'Data each domain reads and writes.',
          unit: 'Bps',
          width: 8,
          queries: [
            {
              expr: `topk(10, ${sumBy('host, domain', `${rate(statistic('libvirt_domain_block_stats_read_bytes_total', HOST))} + ${rate(statistic('libvirt_domain_block_stats_write_bytes_total', HOST))}`)})`,
              legend: BY_DOMAIN,
            },
          ],
        }),
        timeSeries({
          title: 'Network, top ten',
          description: 'Data each domain receives and sends.',
          unit: 'Bps',
          width: 8,
          queries: [
            {
              expr: `topk(10, ${sumBy('host, domain', `${rate(statistic('libvirt_domain_interface_stats_receive_bytes_total', HOST))} + ${rate(statistic('libvirt_domain_interface_stats_transmit_bytes_total', HOST))}`)})`,
              legend: BY_DOMAIN,
            },
          ],
        }),
      ],
    },
  ],
};
