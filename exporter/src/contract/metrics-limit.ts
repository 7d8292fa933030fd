// SPDX-License-Identifier: Apache-2.0
// Families about what a domain may use of its host, and where: limits of disks, interfaces, CPUs and memory, pinning,
// NUMA, huge pages. All from the XML, which is read when it changed; what nobody limited has no series.

import { SAME, statisticsOf } from './metric-family.ts';
import type { FactSpec, MetricFamily, Scale } from './metric-family.ts';

const iotune = statisticsOf('iotune');
const bandwidth = statisticsOf('bandwidth');
const tune = statisticsOf('tune');

const noLimit = { zeroIsUnknown: true } as const;

/** What of a disk the limits are for: libvirt's prefix, the part of our names, the words. */
const DIRECTIONS = [
  ['total', 'reads and writes together'],
  ['read', 'reads'],
  ['write', 'writes'],
] as const;

const DISK_LIMITS: readonly MetricFamily[] = DIRECTIONS.flatMap(([direction, what]) => {
  const prefix = 'libvirt_domain_block_stats_limit';
  const tinkoff = (name: string) => ({ ...noLimit, peers: { tinkoff: `libvirt_domain_block_stats_${name}` } });
  const same = { ...noLimit, peers: { tinkoff: SAME } };
  return [
    iotune.gauge(
      `${prefix}_${direction}_bytes_per_second`,
      `${direction}_bytes_sec`,
      `Limit of ${what} of the disk`,
      tinkoff(`limit_${direction}_bytes`),
    ),
    iotune.gauge(
      `${prefix}_${direction}_requests_per_second`,
      `${direction}_iops_sec`,
      `Limit of ${what} of the disk`,
      tinkoff(`limit_${direction}_requests`),
    ),
    iotune.gauge(
      `${prefix}_burst_${direction}_bytes_per_second`,
      `${direction}_bytes_sec_max`,
      `Limit of ${what} of the disk in a burst`,
      tinkoff(`limit_burst_${direction}_bytes`),
    ),
    iotune.gauge(
      `${prefix}_burst_${direction}_requests_per_second`,
      `${direction}_iops_sec_max`,
      `Limit of ${what} of the disk in a burst`,
      tinkoff(`limit_burst_${direction}_requests`),
    ),
    iotune.gauge(
      `${prefix}_burst_${direction}_bytes_length_seconds`,
      `${direction}_bytes_sec_max_length`,
      `How long a burst of bytes may last, ${what}`,
      same,
    ),
    iotune.gauge(
      `${prefix}_burst_length_${direction}_requests_seconds`,
      `${direction}_iops_sec_max_length`,
      `How long a burst of requests may last, ${what}`,
      same,
    ),
  ];
});

// libvirt says kilobytes of all of them; the kernel, told by `tc`, takes 1000 for a rate and 1024 for a burst.
const rate = { ...noLimit, scale: 'kbToBytes' } as const;
const burst = { ...noLimit, scale: 'kibToBytes' } as const;

const INTERFACE_LIMITS: readonly MetricFamily[] = (
  [
    ['receive', 'inbound', 'receives'],
    ['transmit', 'outbound', 'sends'],
  ] as const
).flatMap(([direction, element, what]) => {
  const prefix = `libvirt_domain_interface_limit_${direction}`;
  return [
    bandwidth.gauge(`${prefix}_bytes_per_second`, `${element}.average`, `Limit of what the guest ${what}`, rate),
    bandwidth.gauge(
      `${prefix}_peak_bytes_per_second`,
      `${element}.peak`,
      `Limit of what the guest ${what} in a burst`,
      rate,
    ),
    bandwidth.gauge(
      `${prefix}_burst_bytes`,
      `${element}.burst`,
      `How much the guest ${what} at most at the peak rate`,
      burst,
    ),
  ];
});

const CPU_LIMITS: readonly MetricFamily[] = (
  [
    ['vcpu', '', 'each vCPU'],
    ['global', 'global_', 'the whole domain'],
    ['emulator', 'emulator_', 'the threads of the emulator'],
    ['iothread', 'iothread_', 'each IOThread'],
  ] as const
).flatMap(([name, field, what]) => {
  const us: { readonly scale: Scale; readonly zeroIsUnknown: true } = { ...noLimit, scale: 'usToSeconds' };
  return [
    tune.gauge(
      `libvirt_domain_cpu_${name}_period_seconds`,
      `cputune.${field}period`,
      `Period over which the CPU time of ${what} is limited`,
      us,
    ),
    tune.gauge(
      `libvirt_domain_cpu_${name}_quota_seconds`,
      `cputune.${field}quota`,
      `CPU time of ${what} in a period`,
      us,
    ),
  ];
});

/** Limits that are one number each. */
export const LIMIT_STATISTICS: readonly MetricFamily[] = [
  ...DISK_LIMITS,
  iotune.gauge(
    'libvirt_domain_block_stats_size_iops_bytes',
    'size_iops_sec',
    'Size up to which a request counts as one for the limits',
    { ...noLimit, peers: { tinkoff: SAME } },
  ),
  ...INTERFACE_LIMITS,
  bandwidth.gauge(
    'libvirt_domain_interface_limit_receive_floor_bytes_per_second',
    'inbound.floor',
    'What the guest can receive at least',
    rate,
  ),
  tune.gauge(
    'libvirt_domain_cpu_shares',
    'cputune.shares',
    'Weight of the domain when CPUs are short, beside other domains',
    noLimit,
  ),
  ...CPU_LIMITS,
  ...(
    [
      ['hard_limit', 'Limit of the memory of the domain’s process'],
      ['soft_limit', 'What the domain’s process is brought down to when memory is short'],
      ['swap_hard_limit', 'Limit of memory and swap of the domain’s process together'],
      ['min_guarantee', 'Memory the domain has for certain'],
    ] as const
  ).map(([field, what]) => tune.gauge(`libvirt_domain_memory_${field}_bytes`, `memtune.${field}`, what, noLimit)),
];

/** Place of CPUs and memory. */
export const PLACEMENT_FACTS = {
  libvirt_domain_placement_info: {
    type: 'info',
    labels: [
      'host',
      'domain',
      'cpuset',
      'emulator_cpuset',
      'numa_mode',
      'numa_nodeset',
      'numa_placement',
      'memory_source',
      'memory_access',
      'memory_locked',
    ],
    what: 'Where CPUs and memory of the domain are on the host, always 1; absent when nobody said',
    from: 'libvirt domain XML vcpu, cputune/emulatorpin, numatune/memory, memoryBacking',
  },
  libvirt_domain_vcpu_affinity_info: {
    type: 'info',
    labels: ['host', 'domain', 'vcpu', 'cpuset'],
    what: 'CPUs of the host a vCPU is pinned to, always 1',
    from: 'libvirt domain XML cputune/vcpupin',
  },
  libvirt_domain_iothread_affinity_info: {
    type: 'info',
    labels: ['host', 'domain', 'iothread', 'cpuset'],
    what: 'CPUs of the host an IOThread is pinned to, always 1',
    from: 'libvirt domain XML cputune/iothreadpin',
  },
  libvirt_domain_numa_cell_info: {
    type: 'info',
    labels: ['host', 'domain', 'cell', 'numa_mode', 'numa_nodeset'],
    what: 'Where the memory of a NUMA cell of the guest comes from, always 1',
    from: 'libvirt domain XML numatune/memnode',
  },
  libvirt_domain_hugepages_info: {
    type: 'info',
    labels: ['host', 'domain', 'page_size_bytes', 'cells'],
    what: 'Huge pages the memory of the guest is made of, always 1; without a size the default of the host',
    from: 'libvirt domain XML memoryBacking/hugepages',
  },
} as const satisfies Record<string, FactSpec>;
