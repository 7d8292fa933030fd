// SPDX-License-Identifier: Apache-2.0
// Families about the vCPUs, disks, network interfaces and IOThreads of a domain.

import { SAME, statisticsOf } from './metric-family.ts';
import type { FactSpec, MetricFamily } from './metric-family.ts';

/** What the disks are; joined to their values on host, domain and target_device. */
export const DISK_FACTS = {
  libvirt_domain_block_stats_info: {
    type: 'info',
    labels: [
      'host',
      'domain',
      'target_device',
      'device',
      'disk_type',
      'target_bus',
      'driver_name',
      'driver_type',
      'driver_cache',
      'driver_discard',
      'source_file',
      'source_protocol',
      'source_name',
      'source_hosts',
      'serial',
      'limit_group',
    ],
    what: 'What a disk is, always 1; disks of one limit_group share their limits',
    from: 'libvirt domain XML devices/disk',
    peers: { inovex: SAME, tinkoff: 'libvirt_domain_block_meta' },
  },
  libvirt_domain_block_backing_images: {
    type: 'gauge',
    labels: ['host', 'domain', 'target_device'],
    what: 'Number of images the top image of the disk is based on; absent when libvirt does not say, as for an inactive domain',
    from: 'libvirt domain XML devices/disk/backingStore',
  },
  libvirt_domain_block_backing_info: {
    type: 'info',
    labels: [
      'host',
      'domain',
      'target_device',
      'depth',
      'index',
      'format',
      'disk_type',
      'source_file',
      'source_protocol',
      'source_name',
      'source_hosts',
    ],
    what: 'An image that the disk is based on, always 1; depth 1 is the one below the top, index as in the names of block nodes',
    from: 'libvirt domain XML devices/disk/backingStore',
  },
} as const satisfies Record<string, FactSpec>;

/** What the network interfaces are; joined to their values on host, domain and target_device. */
export const INTERFACE_FACTS = {
  libvirt_domain_interface_stats_info: {
    type: 'info',
    labels: [
      'host',
      'domain',
      'target_device',
      'interface_type',
      'source_bridge',
      'mac_address',
      'model_type',
      'mtu_size',
      'virtual_interface',
    ],
    what: 'What a network interface is, always 1; target_device is its tap on the host, else its alias, else its MAC address, virtual_interface its port at Open vSwitch',
    from: 'libvirt domain XML devices/interface',
    peers: { inovex: SAME, tinkoff: 'libvirt_domain_interface_meta' },
  },
  libvirt_domain_interface_link_up: {
    type: 'gauge',
    labels: ['host', 'domain', 'target_device'],
    what: 'Whether the cable is plugged in, 1 unless somebody pulled it; absent for passed-through cards',
    from: 'libvirt domain XML devices/interface/link',
  },
} as const satisfies Record<string, FactSpec>;

const vcpu = statisticsOf('vcpu');
const block = statisticsOf('block');
const net = statisticsOf('net');
const iothread = statisticsOf('iothread');

const both = { peers: { inovex: SAME, tinkoff: SAME } };
const ns = { scale: 'nsToSeconds' } as const;

/** Each vCPU. */
export const VCPU_STATISTICS: readonly MetricFamily[] = [
  vcpu.gauge(
    'libvirt_domain_vcpu_state',
    'state',
    'State of the vCPU, virVcpuState: 0 offline, 1 running, 2 blocked',
    both,
  ),
  vcpu.counter('libvirt_domain_vcpu_time_seconds_total', 'time', 'CPU time the vCPU used', { ...ns, ...both }),
  vcpu.counter(
    'libvirt_domain_vcpu_wait_seconds_total',
    'wait',
    'Time the vCPU waited in the run queue of the host, wait_sum of its scheduler',
    { ...ns, ...both },
  ),
  vcpu.counter(
    'libvirt_domain_vcpu_delay_seconds_total',
    'delay',
    'Time the vCPU was ready but another task had its CPU; the guest sees it as steal',
    { ...ns, ...both },
  ),
  vcpu.gauge('libvirt_domain_vcpu_halted', 'halted', 'Whether the vCPU is halted, 1 or 0'),
];

/** Each disk. */
export const BLOCK_STATISTICS: readonly MetricFamily[] = [
  block.counter('libvirt_domain_block_stats_read_bytes_total', 'rd.bytes', 'Data read from the disk', both),
  block.counter('libvirt_domain_block_stats_read_requests_total', 'rd.reqs', 'Read requests to the disk', both),
  block.counter(
    'libvirt_domain_block_stats_read_time_seconds_total',
    'rd.times',
    'Time reads from the disk took, summed over requests',
    { ...ns, ...both },
  ),
  block.counter('libvirt_domain_block_stats_write_bytes_total', 'wr.bytes', 'Data written to the disk', both),
  block.counter('libvirt_domain_block_stats_write_requests_total', 'wr.reqs', 'Write requests to the disk', both),
  block.counter(
    'libvirt_domain_block_stats_write_time_seconds_total',
    'wr.times',
    'Time writes to the disk took, summed over requests',
    { ...ns, ...both },
  ),
  block.counter('libvirt_domain_block_stats_flush_requests_total', 'fl.reqs', 'Flush requests to the disk', both),
  block.counter(
    'libvirt_domain_block_stats_flush_time_seconds_total',
    'fl.times',
    'Time flushes of the disk took, summed over requests',
    { ...ns, ...both },
  ),
  block.counter('libvirt_domain_block_stats_errors_total', 'errors', 'Errors of the disk; the Xen driver only'),
  block.gauge('libvirt_domain_block_stats_capacity_bytes', 'capacity', 'Size of the disk as the guest sees it', both),
  block.gauge('libvirt_domain_block_stats_allocation_bytes', 'allocation', 'Highest offset of the image written to', {
    peers: { tinkoff: 'libvirt_domain_block_stats_allocation' },
  }),
  block.gauge('libvirt_domain_block_stats_physical_bytes', 'physical', 'Size of the image on the host', {
    peers: { tinkoff: 'libvirt_domain_block_stats_physicalsize_bytes' },
  }),
  block.gauge(
    'libvirt_domain_block_stats_write_threshold_bytes',
    'threshold',
    'Offset at which libvirt sends a write threshold event',
    { zeroIsUnknown: true },
  ),
];

/** Each network interface, counted as the guest sees it. */
export const INTERFACE_STATISTICS: readonly MetricFamily[] = [
  net.counter('libvirt_domain_interface_stats_receive_bytes_total', 'rx.bytes', 'Data the guest received', both),
  net.counter('libvirt_domain_interface_stats_receive_packets_total', 'rx.pkts', 'Packets the guest received', both),
  net.counter('libvirt_domain_interface_stats_receive_errors_total', 'rx.errs', 'Errors in receiving', both),
  net.counter('libvirt_domain_interface_stats_receive_drops_total', 'rx.drop', 'Packets dropped in receiving', both),
  net.counter('libvirt_domain_interface_stats_transmit_bytes_total', 'tx.bytes', 'Data the guest sent', both),
  net.counter('libvirt_domain_interface_stats_transmit_packets_total', 'tx.pkts', 'Packets the guest sent', both),
  net.counter('libvirt_domain_interface_stats_transmit_errors_total', 'tx.errs', 'Errors in sending', both),
  net.counter('libvirt_domain_interface_stats_transmit_drops_total', 'tx.drop', 'Packets dropped in sending', both),
];

/** Each IOThread. */
export const IOTHREAD_STATISTICS: readonly MetricFamily[] = [
  iothread.gauge(
    'libvirt_domain_iothread_poll_max_seconds',
    'poll-max-ns',
    'How long the IOThread may poll at most; 0 when polling is off',
    ns,
  ),
  iothread.gauge(
    'libvirt_domain_iothread_poll_grow',
    'poll-grow',
    'Factor by which the IOThread lengthens its polling; 0 when libvirt lets QEMU choose',
  ),
  iothread.gauge(
    'libvirt_domain_iothread_poll_shrink',
    'poll-shrink',
    'Divisor by which the IOThread shortens its polling; 0 when libvirt lets QEMU choose',
  ),
];

const backing = statisticsOf('backing');

/** Images below a disk; `index` is that of libvirt_domain_block_backing_info. */
export const BACKING_STATISTICS: readonly MetricFamily[] = [
  backing.gauge(
    'libvirt_domain_block_backing_capacity_bytes',
    'capacity',
    'Size of an image below a disk as a guest would see it',
  ),
  backing.gauge(
    'libvirt_domain_block_backing_allocation_bytes',
    'allocation',
    'Highest offset of an image below a disk written to since its domain began',
  ),
  backing.gauge('libvirt_domain_block_backing_physical_bytes', 'physical', 'Size of an image below a disk on the host'),
  backing.gauge(
    'libvirt_domain_block_backing_write_threshold_bytes',
    'threshold',
    'Offset of an image below a disk at which libvirt sends a write threshold event',
  ),
];
