// SPDX-License-Identifier: Apache-2.0
// Domain: one guest, from its state to its disks, interfaces and what its agent says.

import { appDomain } from '../app-links.ts';
import { CONTROL_STATES } from '@vireo/exporter/contract';
import { fact, statistic } from '../metric.ts';
import { bigNumber, labelTable, stateTimeline, timeSeries } from '../panels/panels.ts';
import { rate } from '../panels/queries.ts';
import { CONTROL_STATE, DOMAIN_STATE, YES_NO } from '../panels/states.ts';
import { DOMAIN } from './frame.ts';
import type { DashboardSpec, Section } from './frame.ts';

const of = (name: string): string => statistic(name, DOMAIN);
const perSecond = (name: string): string => rate(of(name));
const read = 'libvirt_domain_block_stats_read';
const write = 'libvirt_domain_block_stats_write';
const receive = 'libvirt_domain_interface_stats_receive';
const transmit = 'libvirt_domain_interface_stats_transmit';

/** A StateSet as the number of its state, which a state timeline can name. */
const controlState = CONTROL_STATES.map(
  (state, number) =>
    `${String(number)} * sum by (host, domain) (${fact('libvirt_domain_control_state', { ...DOMAIN, state: `="${state}"` })})`,
).join(' + ');

const toApp = { title: 'In the app', url: appDomain('${__data.fields.host}', '${__data.fields.uuid}') };

const now: Section = {
  title: 'Now',
  panels: [
    bigNumber({
      title: 'State',
      description: 'State of the domain, as libvirt says.',
      unit: 'none',
      width: 4,
      mapping: DOMAIN_STATE,
      queries: [{ expr: fact('libvirt_domain_info_state', DOMAIN), legend: '{{domain}}' }],
    }),
    bigNumber({
      title: 'Why',
      description: 'Why it is in that state.',
      unit: 'none',
      width: 4,
      text: 'name',
      queries: [{ expr: fact('libvirt_domain_state_reason_info', DOMAIN), legend: '{{reason}}' }],
    }),
    bigNumber({
      title: 'vCPUs',
      description: 'Online vCPUs.',
      unit: 'none',
      width: 4,
      queries: [{ expr: of('libvirt_domain_vcpu_current'), legend: 'vCPUs' }],
    }),
    bigNumber({
      title: 'Memory',
      description: 'Memory the domain has now, as seen by the balloon.',
      unit: 'bytes',
      width: 4,
      queries: [{ expr: of('libvirt_domain_info_memory_usage_bytes'), legend: 'memory' }],
    }),
    bigNumber({
      title: 'Autostart',
      description: 'Whether it starts with its host.',
      unit: 'none',
      width: 4,
      mapping: YES_NO,
      queries: [{ expr: fact('libvirt_domain_autostart', DOMAIN), legend: 'autostart' }],
    }),
    bigNumber({
      title: 'Statistics of',
      description: 'When the statistics that need the monitor of the hypervisor were last read whole.',
      unit: 'dateTimeFromNow',
      width: 4,
      queries: [{ expr: `${fact('libvirt_domain_statistics_timestamp_seconds', DOMAIN)} * 1000`, legend: 'read' }],
    }),
    stateTimeline({
      title: 'State over time',
      description: 'States the domain was in.',
      width: 12,
      height: 5,
      mapping: DOMAIN_STATE,
      queries: [{ expr: fact('libvirt_domain_info_state', DOMAIN), legend: '{{domain}}' }],
    }),
    stateTimeline({
      title: 'Control channel while stuck',
      description: 'What libvirt waits for while the statistics do not come: only then there is anything here.',
      width: 12,
      height: 5,
      mapping: CONTROL_STATE,
      queries: [{ expr: controlState, legend: '{{domain}}' }],
    }),
    labelTable({
      title: 'What it is',
      description: 'Identity and machine of the domain.',
      width: 24,
      height: 4,
      columns: [
        { field: 'host', title: 'host' },
        { field: 'domain', title: 'domain' },
        { field: 'uuid', title: 'UUID', link: toApp },
        { field: 'title', title: 'title' },
        { field: 'hypervisor_type', title: 'hypervisor' },
        { field: 'os_type_arch', title: 'architecture' },
        { field: 'os_type_machine', title: 'machine' },
      ],
      queries: [{ expr: fact('libvirt_domain_info', DOMAIN), legend: '' }],
    }),
  ],
};

const cpuAndMemory: Section = {
  title: 'CPU and memory',
  panels: [
    timeSeries({
      title: 'CPU',
      description: 'CPUs the domain uses: all, in user space and in the kernel of the host.',
      unit: 'none',
      width: 8,
      queries: [
        { expr: perSecond('libvirt_domain_info_cpu_time_seconds_total'), legend: 'all' },
        { expr: perSecond('libvirt_domain_cpu_user_seconds_total'), legend: 'user' },
        { expr: perSecond('libvirt_domain_cpu_system_seconds_total'), legend: 'system' },
      ],
    }),
    timeSeries({
      title: 'CPU by vCPU',
      description: 'Part of the time each vCPU ran.',
      unit: 'percentunit',
      width: 8,
      queries: [{ expr: perSecond('libvirt_domain_vcpu_time_seconds_total'), legend: 'vCPU {{vcpu}}' }],
    }),
    timeSeries({
      title: 'Steal by vCPU',
      description: 'Part of the time each vCPU was ready and had no CPU.',
      unit: 'percentunit',
      width: 8,
      queries: [{ expr: perSecond('libvirt_domain_vcpu_delay_seconds_total'), legend: 'vCPU {{vcpu}}' }],
    }),
    timeSeries({
      title: 'Memory as the guest sees it',
      description:
        'What the balloon driver of the guest reports: all it manages, what it could give up without swapping, caches. Nothing here: nobody asked it to report, see docs/metrics.md.',
      unit: 'bytes',
      width: 8,
      queries: [
        { expr: of('libvirt_domain_memory_stats_available_bytes'), legend: 'managed by the guest' },
        { expr: of('libvirt_domain_memory_stats_usable_bytes'), legend: 'usable' },
        { expr: of('libvirt_domain_memory_stats_disk_caches_bytes'), legend: 'caches' },
      ],
    }),
    timeSeries({
      title: 'Memory as the host sees it',
      description: 'Resident memory of the process, the balloon, and the most it may have.',
      unit: 'bytes',
      width: 8,
      queries: [
        { expr: of('libvirt_domain_memory_stats_rss_bytes'), legend: 'resident' },
        { expr: of('libvirt_domain_info_memory_usage_bytes'), legend: 'balloon' },
        { expr: of('libvirt_domain_info_maximum_memory_bytes'), legend: 'maximum' },
      ],
    }),
    timeSeries({
      title: 'Swap of the guest',
      description: 'Data the guest reads from and writes to its swap space.',
      unit: 'Bps',
      width: 8,
      queries: [
        { expr: perSecond('libvirt_domain_memory_stats_swap_in_bytes_total'), legend: 'in' },
        { expr: perSecond('libvirt_domain_memory_stats_swap_out_bytes_total'), legend: 'out' },
      ],
    }),
  ],
};

const disks: Section = {
  title: 'Disks',
  panels: [
    timeSeries({
      title: 'Throughput',
      description: 'Data read from and written to each disk.',
      unit: 'Bps',
      width: 8,
      queries: [
        { expr: perSecond(`${read}_bytes_total`), legend: '{{target_device}} read' },
        { expr: perSecond(`${write}_bytes_total`), legend: '{{target_device}} write' },
      ],
    }),
    timeSeries({
      title: 'Requests',
      description: 'Requests to each disk.',
      unit: 'iops',
      width: 8,
      queries: [
        { expr: perSecond(`${read}_requests_total`), legend: '{{target_device}} read' },
        { expr: perSecond(`${write}_requests_total`), legend: '{{target_device}} write' },
        { expr: perSecond('libvirt_domain_block_stats_flush_requests_total'), legend: '{{target_device}} flush' },
      ],
    }),
    timeSeries({
      title: 'Latency',
      description: 'Mean time of a request; nothing while there are none.',
      unit: 's',
      width: 8,
      queries: [
        {
          expr: `${perSecond(`${read}_time_seconds_total`)} / (${perSecond(`${read}_requests_total`)} > 0)`,
          legend: '{{target_device}} read',
        },
        {
          expr: `${perSecond(`${write}_time_seconds_total`)} / (${perSecond(`${write}_requests_total`)} > 0)`,
          legend: '{{target_device}} write',
        },
      ],
    }),
    labelTable({
      title: 'Disks',
      description: 'Each disk: bus, format, image, and sizes as the guest and the host see them.',
      width: 24,
      columns: [
        { field: 'target_device', title: 'disk' },
        { field: 'target_bus', title: 'bus' },
        { field: 'driver_type', title: 'format' },
        { field: 'source_file', title: 'image' },
        { field: 'Value #B', title: 'size', unit: 'bytes' },
        { field: 'Value #C', title: 'on the host', unit: 'bytes' },
      ],
      queries: [
        {
          expr: `sum by (target_device, target_bus, driver_type, source_file) (${fact('libvirt_domain_block_stats_info', DOMAIN)})`,
          legend: '',
        },
        { expr: `sum by (target_device) (${of('libvirt_domain_block_stats_capacity_bytes')})`, legend: '' },
        { expr: `sum by (target_device) (${of('libvirt_domain_block_stats_physical_bytes')})`, legend: '' },
      ],
    }),
  ],
};

const network: Section = {
  title: 'Network',
  panels: [
    timeSeries({
      title: 'Throughput',
      description: 'Data the guest receives and sends on each interface.',
      unit: 'Bps',
      width: 8,
      queries: [
        { expr: perSecond(`${receive}_bytes_total`), legend: '{{target_device}} receive' },
        { expr: perSecond(`${transmit}_bytes_total`), legend: '{{target_device}} transmit' },
      ],
    }),
    timeSeries({
      title: 'Packets',
      description: 'Packets the guest receives and sends on each interface.',
      unit: 'pps',
      width: 8,
      queries: [
        { expr: perSecond(`${receive}_packets_total`), legend: '{{target_device}} receive' },
        { expr: perSecond(`${transmit}_packets_total`), legend: '{{target_device}} transmit' },
      ],
    }),
    timeSeries({
      title: 'Errors and drops',
      description: 'Packets that failed or were dropped on each interface.',
      unit: 'pps',
      width: 8,
      queries: [
        { expr: perSecond(`${receive}_errors_total`), legend: '{{target_device}} receive errors' },
        { expr: perSecond(`${transmit}_errors_total`), legend: '{{target_device}} transmit errors' },
        { expr: perSecond(`${receive}_drops_total`), legend: '{{target_device}} receive drops' },
        { expr: perSecond(`${transmit}_drops_total`), legend: '{{target_device}} transmit drops' },
      ],
    }),
    labelTable({
      title: 'Addresses',
      description: 'IP addresses of the guest, and where libvirt has them from.',
      width: 12,
      columns: [
        { field: 'target_device', title: 'interface' },
        { field: 'address', title: 'address' },
        { field: 'source', title: 'from' },
      ],
      queries: [{ expr: fact('libvirt_domain_interface_address_info', DOMAIN), legend: '' }],
    }),
    labelTable({
      title: 'Interfaces',
      description: 'Each interface: model, MAC address, bridge.',
      width: 12,
      columns: [
        { field: 'target_device', title: 'interface' },
        { field: 'model_type', title: 'model' },
        { field: 'mac_address', title: 'MAC address' },
        { field: 'source_bridge', title: 'bridge' },
      ],
      queries: [{ expr: fact('libvirt_domain_interface_stats_info', DOMAIN), legend: '' }],
    }),
  ],
};

const guest: Section = {
  title: 'Guest and snapshots',
  panels: [
    timeSeries({
      title: 'File systems',
      description: 'How full each file system of the guest is, as its agent says; needs the group agent.',
      unit: 'percentunit',
      width: 12,
      max: 1,
      queries: [
        {
          expr: `${fact('libvirt_domain_guest_filesystem_used_bytes', DOMAIN)} / ${fact('libvirt_domain_guest_filesystem_size_bytes', DOMAIN)}`,
          legend: '{{mountpoint}}',
        },
      ],
    }),
    bigNumber({
      title: 'Snapshots',
      description: 'Snapshots of the domain.',
      unit: 'none',
      width: 4,
      height: 8,
      queries: [{ expr: fact('libvirt_domain_snapshots', DOMAIN), legend: 'snapshots' }],
    }),
    bigNumber({
      title: 'Oldest snapshot',
      description: 'When the oldest snapshot was made.',
      unit: 'dateTimeFromNow',
      width: 4,
      height: 8,
      queries: [
        { expr: `${fact('libvirt_domain_snapshots_oldest_timestamp_seconds', DOMAIN)} * 1000`, legend: 'oldest' },
      ],
    }),
    bigNumber({
      title: 'Guest agent connected',
      description: 'Whether an agent has opened its end of the channel.',
      unit: 'none',
      width: 4,
      height: 8,
      mapping: YES_NO,
      queries: [{ expr: fact('libvirt_domain_guest_agent_connected', DOMAIN), legend: 'agent' }],
    }),
  ],
};

/** Domain. */
export const DOMAIN_DASHBOARD: DashboardSpec = {
  uid: 'vireo-domain',
  title: 'Vireo / Domain',
  description: 'One domain: state, CPU, memory, disks, network, guest.',
  host: 'one',
  domain: 'one',
  sections: [now, cpuAndMemory, disks, network, guest],
};
