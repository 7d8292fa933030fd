// SPDX-License-Identifier: Apache-2.0
// Storage and network: pools, the disks and interfaces of many domains beside each other, virtual networks.

import { fact, statistic } from '../metric.ts';
import { labelTable, stateTimeline, timeSeries } from '../panels/panels.ts';
import { rate } from '../panels/queries.ts';
import { POOL_STATE } from '../panels/states.ts';
import { DOMAIN, HOST, rowLink } from './frame.ts';
import type { DashboardSpec } from './frame.ts';

const perSecond = (name: string): string => rate(statistic(name, DOMAIN));
const top = (expr: string): string => `topk(10, ${expr})`;
const available = fact('libvirt_storage_pool_available_bytes', HOST);
const capacity = fact('libvirt_storage_pool_capacity_bytes', HOST);
const DISK = '{{target_device}} of {{domain}} at {{host}}';
const POOL = '{{storage_pool}} at {{host}}';

/** Storage and network. */
export const STORAGE_NETWORK: DashboardSpec = {
  uid: 'vireo-storage-network',
  title: 'Vireo / Storage and network',
  description:
    'Pools and how soon they are full, the busiest and slowest disks, the busiest interfaces, virtual networks.',
  host: 'many',
  domain: 'many',
  sections: [
    {
      title: 'Pools',
      panels: [
        stateTimeline({
          title: 'States of pools',
          description: 'State of each pool.',
          width: 12,
          mapping: POOL_STATE,
          queries: [{ expr: fact('libvirt_storage_pool_state', HOST), legend: POOL }],
        }),
        timeSeries({
          title: 'How full',
          description: 'Used part of each active pool, as of its last refresh.',
          unit: 'percentunit',
          width: 12,
          max: 1,
          queries: [{ expr: `1 - ${available} / (${capacity} > 0)`, legend: POOL }],
        }),
        labelTable({
          title: 'Pools',
          description: 'Each pool: size, free space, and what is free in a week at the pace of the last six hours.',
          width: 24,
          columns: [
            { field: 'host', title: 'host', link: rowLink('Host', 'vireo-host', 'host') },
            { field: 'storage_pool', title: 'pool' },
            { field: 'Value #A', title: 'size', unit: 'bytes' },
            { field: 'Value #B', title: 'free', unit: 'bytes' },
            { field: 'Value #C', title: 'free in a week', unit: 'bytes' },
            { field: 'Value #D', title: 'volumes' },
          ],
          queries: [
            { expr: `sum by (host, storage_pool) (${capacity})`, legend: '' },
            { expr: `sum by (host, storage_pool) (${available})`, legend: '' },
            { expr: `sum by (host, storage_pool) (predict_linear(${available}[6h], 604800))`, legend: '' },
            { expr: `sum by (host, storage_pool) (${fact('libvirt_storage_pool_volumes', HOST)})`, legend: '' },
          ],
        }),
      ],
    },
    {
      title: 'Disks',
      panels: [
        timeSeries({
          title: 'Throughput, top ten',
          description: 'Disks by data read and written.',
          unit: 'Bps',
          width: 8,
          queries: [
            {
              expr: top(
                `${perSecond('libvirt_domain_block_stats_read_bytes_total')} + ${perSecond('libvirt_domain_block_stats_write_bytes_total')}`,
              ),
              legend: DISK,
            },
          ],
        }),
        timeSeries({
          title: 'Requests, top ten',
          description: 'Disks by requests, reads and writes together.',
          unit: 'iops',
          width: 8,
          queries: [
            {
              expr: top(
                `${perSecond('libvirt_domain_block_stats_read_requests_total')} + ${perSecond('libvirt_domain_block_stats_write_requests_total')}`,
              ),
              legend: DISK,
            },
          ],
        }),
        timeSeries({
          title: 'Latency of writes, top ten',
          description: 'Disks by mean time of a write; those without writes are not there.',
          unit: 's',
          width: 8,
          queries: [
            {
              expr: top(
                `${perSecond('libvirt_domain_block_stats_write_time_seconds_total')} / (${perSecond('libvirt_domain_block_stats_write_requests_total')} > 0)`,
              ),
              legend: DISK,
            },
          ],
        }),
        labelTable({
          title: 'Disks with an error now',
          description: 'Disks the hypervisor reports an error of.',
          width: 24,
          height: 5,
          columns: [
            { field: 'host', title: 'host' },
            { field: 'domain', title: 'domain', link: rowLink('Domain', 'vireo-domain', 'host', 'domain') },
            { field: 'target_device', title: 'disk' },
            { field: 'error', title: 'error' },
          ],
          queries: [{ expr: fact('libvirt_domain_disk_error_info', DOMAIN), legend: '' }],
        }),
      ],
    },
    {
      title: 'Network',
      panels: [
        timeSeries({
          title: 'Receive, top ten',
          description: 'Interfaces by data received.',
          unit: 'Bps',
          width: 8,
          queries: [{ expr: top(perSecond('libvirt_domain_interface_stats_receive_bytes_total')), legend: DISK }],
        }),
        timeSeries({
          title: 'Transmit, top ten',
          description: 'Interfaces by data sent.',
          unit: 'Bps',
          width: 8,
          queries: [{ expr: top(perSecond('libvirt_domain_interface_stats_transmit_bytes_total')), legend: DISK }],
        }),
        timeSeries({
          title: 'Errors and drops, top ten',
          description: 'Interfaces by packets that failed or were dropped, both ways together.',
          unit: 'pps',
          width: 8,
          queries: [
            {
              expr: top(
                ['receive_errors', 'transmit_errors', 'receive_drops', 'transmit_drops']
                  .map((what) => perSecond(`libvirt_domain_interface_stats_${what}_total`))
                  .join(' + '),
              ),
              legend: DISK,
            },
          ],
        }),
        labelTable({
          title: 'Virtual networks',
          description: 'Each virtual network: bridge, whether it is active, DHCP leases given out.',
          width: 24,
          columns: [
            { field: 'host', title: 'host' },
            { field: 'network', title: 'network' },
            { field: 'bridge', title: 'bridge' },
            { field: 'Value #B', title: 'active' },
            { field: 'Value #C', title: 'leases' },
          ],
          queries: [
            { expr: `sum by (host, network, bridge) (${fact('libvirt_network_info', HOST)})`, legend: '' },
            { expr: `sum by (host, network) (${fact('libvirt_network_active', HOST)})`, legend: '' },
            { expr: `sum by (host, network) (${fact('libvirt_network_dhcp_leases', HOST)})`, legend: '' },
          ],
        }),
      ],
    },
  ],
};
