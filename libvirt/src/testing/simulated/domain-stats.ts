// SPDX-License-Identifier: Apache-2.0
// What CONNECT_GET_ALL_DOMAIN_STATS says of a simulated domain. Names, types, order and what is missing when are those
// of libvirtd 9.0.0 with QEMU 7.2 and KVM, compared name by name with a capture: domain-stats.test.ts.

import { VIR_DOMAIN_STATS as GROUP } from '../../protocol/domain-stats.ts';
import type { TypedParam } from '../../protocol/typed-params.ts';
import { counter } from './noise.ts';
import type { SimulatedDomain } from './domain.ts';
import type { DiskSpec } from './spec.ts';
import { VCPU_COUNTERS, VCPU_FLAGS, VM_COUNTERS } from './kvm-stats.ts';

/** Groups libvirt needs QEMU's monitor for; the others cannot block. */
export const MONITOR_GROUPS =
  GROUP.VIR_DOMAIN_STATS_CPU_TOTAL |
  GROUP.VIR_DOMAIN_STATS_BALLOON |
  GROUP.VIR_DOMAIN_STATS_VCPU |
  GROUP.VIR_DOMAIN_STATS_BLOCK |
  GROUP.VIR_DOMAIN_STATS_IOTHREAD |
  GROUP.VIR_DOMAIN_STATS_DIRTYRATE |
  GROUP.VIR_DOMAIN_STATS_VM;

/** All groups of libvirt 9.0.0. */
export const ALL_GROUPS = 2047;

const SECOND_NS = 1e9;

/** Who answers: `monitor` whether QEMU does, `daemonCpuSeconds` libvirtd's own CPU time, `now` in milliseconds. */
export interface StatsSource {
  readonly monitor: boolean;
  readonly daemonCpuSeconds: number;
  readonly now: number;
}

/** The parameters of the groups asked for. */
export function domainStatsParams(domain: SimulatedDomain, groups: number, source: StatsSource): readonly TypedParam[] {
  const wanted = groups === 0 ? ALL_GROUPS : groups;
  return GROUPS.flatMap(([bit, params]) => ((wanted & bit) === 0 ? [] : params(domain, source)));
}

type GroupParams = (domain: SimulatedDomain, source: StatsSource) => TypedParam[];

const GROUPS: readonly (readonly [number, GroupParams])[] = [
  [GROUP.VIR_DOMAIN_STATS_STATE, (domain) => [int('state.state', domain.state), int('state.reason', domain.reason)]],
  [GROUP.VIR_DOMAIN_STATS_CPU_TOTAL, cpu],
  [GROUP.VIR_DOMAIN_STATS_BALLOON, balloon],
  [GROUP.VIR_DOMAIN_STATS_VCPU, vcpus],
  [GROUP.VIR_DOMAIN_STATS_INTERFACE, nics],
  [GROUP.VIR_DOMAIN_STATS_BLOCK, disks],
  [GROUP.VIR_DOMAIN_STATS_IOTHREAD, iothreads],
  [GROUP.VIR_DOMAIN_STATS_DIRTYRATE, dirtyRate],
  [GROUP.VIR_DOMAIN_STATS_VM, vm],
];

/** CPU seconds all virtual CPUs have used. */
export function cpuNs(domain: SimulatedDomain): bigint {
  const { load, vcpuCount } = domain.spec;
  return counter(domain.ranSeconds, load * vcpuCount * SECOND_NS, domain.noise.fraction('cpu'));
}

function cpu(domain: SimulatedDomain, { monitor, daemonCpuSeconds }: StatsSource): TypedParam[] {
  if (!domain.isActive) {
    // Seen live: without a QEMU to read, libvirtd 9.0.0 gives the CPU time of its own process.
    const ns = BigInt(Math.floor(daemonCpuSeconds * 100)) * 10_000_000n;
    return [ullong('cpu.time', ns), ullong('cpu.user', ns / 2n), ullong('cpu.system', ns - ns / 2n)];
  }
  const time = cpuNs(domain);
  const system = time / 10n;
  const halted = (name: string): TypedParam => ullong(name, time / 50n);
  return [
    ullong('cpu.time', time),
    ullong('cpu.user', time - system),
    ullong('cpu.system', system),
    uint('cpu.cache.monitor.count', 0),
    ...(monitor ? [halted('cpu.haltpoll.success.time'), halted('cpu.haltpoll.fail.time')] : []),
  ];
}

function balloon(domain: SimulatedDomain, { monitor, now }: StatsSource): TypedParam[] {
  const { memoryKiB, balloonDriver, load } = domain.spec;
  const size = [kib('balloon.current', memoryKiB), kib('balloon.maximum', memoryKiB)];
  if (!domain.isActive || !monitor) return size;
  const rss = kib('balloon.rss', memoryKiB * (0.4 + load / 2));
  if (!balloonDriver) return [...size, kib('balloon.last-update', 0), rss];
  const used = memoryKiB * (0.25 + 0.5 * load + 0.05 * Math.sin(now / 60_000 + domain.noise.fraction('memory') * 6));
  const caches = memoryKiB * 0.15;
  const perSecond = (name: string, rate: number): TypedParam =>
    ullong(name, counter(domain.ranSeconds, rate, domain.noise.fraction(name)));
  return [
    ...size,
    perSecond('balloon.swap_in', 0.01),
    perSecond('balloon.swap_out', 0.02),
    perSecond('balloon.major_fault', 0.1),
    perSecond('balloon.minor_fault', 400 * load),
    kib('balloon.unused', memoryKiB * 0.97 - used - caches),
    kib('balloon.available', memoryKiB * 0.97),
    kib('balloon.usable', memoryKiB * 0.97 - used),
    // QEMU asks the guest every few seconds, and only while it runs.
    kib('balloon.last-update', Math.floor(now / 5000) * 5),
    kib('balloon.disk_caches', caches),
    kib('balloon.hugetlb_pgalloc', 0),
    kib('balloon.hugetlb_pgfail', 0),
    rss,
  ];
}

function vcpus(domain: SimulatedDomain, { monitor }: StatsSource): TypedParam[] {
  const { vcpuCount, vcpuMaximum, load } = domain.spec;
  const params: TypedParam[] = [uint('vcpu.current', vcpuCount), uint('vcpu.maximum', vcpuMaximum)];
  if (!domain.isActive) return params;
  const ran = domain.ranSeconds;
  for (let index = 0; index < vcpuCount; index++) {
    const name = `vcpu.${String(index)}`;
    const phase = domain.noise.fraction(name);
    const share = counter(ran, load * SECOND_NS, phase);
    params.push(
      // VIR_VCPU_RUNNING, also while the domain is paused (seen live).
      int(`${name}.state`, 1),
      ullong(`${name}.time`, share),
      ullong(`${name}.wait`, 0n),
      ullong(`${name}.delay`, share / (4n + BigInt(Math.floor(phase * 60)))),
    );
    if (!monitor) continue;
    for (const [counterName, perCpuSecond] of VCPU_COUNTERS) {
      params.push(ullong(`${name}.${counterName}.sum`, counter(ran, perCpuSecond * load, phase)));
    }
    for (const flag of VCPU_FLAGS) params.push({ field: `${name}.${flag}.cur`, type: 'boolean', value: false });
  }
  return params;
}

function nics(domain: SimulatedDomain): TypedParam[] {
  if (!domain.isActive) return [];
  const ran = domain.ranSeconds;
  return [
    uint('net.count', domain.spec.nics.length),
    ...domain.spec.nics.flatMap((nic, index) => {
      const name = `net.${String(index)}`;
      const direction = (which: 'rx' | 'tx', bytesPerSecond: number): TypedParam[] => {
        const phase = domain.noise.fraction(`${name}.${which}`);
        const bytes = counter(ran, bytesPerSecond, phase);
        return [
          ullong(`${name}.${which}.bytes`, bytes),
          ullong(`${name}.${which}.pkts`, bytes / 700n),
          ullong(`${name}.${which}.errs`, 0n),
          ullong(`${name}.${which}.drop`, counter(ran, bytesPerSecond / 5e6, phase)),
        ];
      };
      return [
        string(`${name}.name`, tapName(domain, index)),
        ...direction('rx', nic.rxBytesPerSecond),
        ...direction('tx', nic.txBytesPerSecond),
      ];
    }),
  ];
}

/** The host's name of a card; a new QEMU gets a new one. */
export function tapName(domain: SimulatedDomain, index: number): string {
  return `vnet${String(domain.id * 2 + index)}`;
}

function disks(domain: SimulatedDomain, { monitor }: StatsSource): TypedParam[] {
  return [
    uint('block.count', domain.spec.disks.length),
    ...domain.spec.disks.flatMap((disk, index) => {
      const name = `block.${String(index)}`;
      return [
        string(`${name}.name`, disk.target),
        ...(disk.path === undefined ? [] : [string(`${name}.path`, disk.path)]),
        ...(disk.path === undefined || !domain.isActive ? [] : [uint(`${name}.backingIndex`, index + 2)]),
        ...(domain.isActive && monitor ? diskCounters(domain, name, disk) : []),
      ];
    }),
  ];
}

function diskCounters(domain: SimulatedDomain, name: string, disk: DiskSpec): TypedParam[] {
  const ran = domain.ranSeconds;
  const phase = domain.noise.fraction(name);
  const reads = counter(ran, disk.readBytesPerSecond, phase);
  const writes = counter(ran, disk.writeBytesPerSecond, 1 - phase);
  const flushes = writes / 200_000n;
  const used = BigInt(Math.floor(disk.capacityBytes * (0.2 + 0.5 * phase)));
  return [
    ullong(`${name}.rd.reqs`, reads / 16_384n),
    ullong(`${name}.rd.bytes`, reads),
    ullong(`${name}.rd.times`, (reads / 16_384n) * 900_000n),
    ullong(`${name}.wr.reqs`, writes / 8192n),
    ullong(`${name}.wr.bytes`, writes),
    ullong(`${name}.wr.times`, (writes / 8192n) * 2_100_000n),
    ullong(`${name}.fl.reqs`, flushes),
    ullong(`${name}.fl.times`, flushes * 4_000_000n),
    ...(disk.path === undefined
      ? []
      : [
          ullong(`${name}.allocation`, used),
          ullong(`${name}.capacity`, BigInt(disk.capacityBytes)),
          ullong(`${name}.physical`, disk.format === 'raw' ? BigInt(disk.capacityBytes) : used),
        ]),
  ];
}

function iothreads(domain: SimulatedDomain, { monitor }: StatsSource): TypedParam[] {
  const { iothreadCount } = domain.spec;
  if (!domain.isActive || !monitor || iothreadCount === 0) return [];
  const params: TypedParam[] = [uint('iothread.count', iothreadCount)];
  for (let id = 1; id <= iothreadCount; id++) {
    params.push(
      ullong(`iothread.${String(id)}.poll-max-ns`, 32_768n),
      uint(`iothread.${String(id)}.poll-grow`, 0),
      uint(`iothread.${String(id)}.poll-shrink`, 0),
    );
  }
  return params;
}

function dirtyRate(domain: SimulatedDomain, { monitor }: StatsSource): TypedParam[] {
  if (!domain.isActive || !monitor) return [];
  return [
    int('dirtyrate.calc_status', 0),
    { field: 'dirtyrate.calc_start_time', type: 'llong', value: 0n },
    int('dirtyrate.calc_period', 0),
    string('dirtyrate.calc_mode', 'page-sampling'),
  ];
}

function vm(domain: SimulatedDomain, { monitor }: StatsSource): TypedParam[] {
  if (!domain.isActive || !monitor) return [];
  return VM_COUNTERS.map(([name, perSecond]) =>
    ullong(`vm.${name}`, counter(domain.ranSeconds, perSecond, domain.noise.fraction(name))),
  );
}

function int(field: string, value: number): TypedParam {
  return { field, type: 'int', value };
}
function uint(field: string, value: number): TypedParam {
  return { field, type: 'uint', value };
}
function ullong(field: string, value: bigint): TypedParam {
  return { field, type: 'ullong', value };
}
function kib(field: string, value: number): TypedParam {
  return ullong(field, BigInt(Math.max(0, Math.floor(value))));
}
function string(field: string, value: string): TypedParam {
  return { field, type: 'string', value };
}
