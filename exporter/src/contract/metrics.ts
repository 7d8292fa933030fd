// SPDX-License-Identifier: Apache-2.0
// The one table of every family Vireo exposes, in the order of the page. Encoder, docs/metrics.md, dashboards, alert
// rules and the plugin take names and labels from here.

import type { MetricGroup } from './groups.ts';
import { factFamily } from './metric-family.ts';
import type { FactSpec, MetricFamily } from './metric-family.ts';
import {
  BACKING_STATISTICS,
  BLOCK_STATISTICS,
  DISK_FACTS,
  INTERFACE_FACTS,
  INTERFACE_STATISTICS,
  IOTHREAD_STATISTICS,
  VCPU_STATISTICS,
} from './metrics-device.ts';
import {
  CPU_STATISTICS,
  DIRTY_RATE_STATISTICS,
  DOMAIN_FACTS,
  MEMORY_STATISTICS,
  METADATA_FACTS,
  PERF_STATISTICS,
} from './metrics-domain.ts';
import { HOST_FACTS, POOL_FACTS, VOLUME_FACTS } from './metrics-host.ts';
import { JOB_STATISTICS } from './metrics-job.ts';
import { CPU_MONITOR_FACTS, DIRTY_RATE_FACTS, KVM_FACTS, MEMORY_MONITOR_FACTS } from './metrics-kvm.ts';
import { LIMIT_STATISTICS, PLACEMENT_FACTS } from './metrics-limit.ts';
import {
  ADDRESS_FACTS,
  AGENT_CHANNEL_FACTS,
  BLOCK_JOB_FACTS,
  DISK_ERROR_FACTS,
  GUEST_FACTS,
  SNAPSHOT_FACTS,
  VCPU_PLACEMENT_FACTS,
} from './metrics-observed.ts';
import type { ObservedFactName } from './metrics-observed.ts';
import {
  ALLOCATION_FACTS,
  EVENT_FACTS,
  HUGEPAGE_FACTS,
  LEASE_FACTS,
  NETWORK_FACTS,
  NUMA_FACTS,
} from './metrics-resources.ts';
import { VIREO_HOST_FACTS, VIREO_PROCESS_FACTS } from './metrics-vireo.ts';

/** Families that belong together, in the docs and in a scrape. */
export interface MetricSection {
  readonly title: string;
  readonly group: MetricGroup;
  readonly families: readonly MetricFamily[];
}

function facts(table: Readonly<Record<string, FactSpec>>): MetricFamily[] {
  return Object.entries(table).map(([name, spec]) => factFamily('fact', name, spec));
}

/** Families rendered from the snapshots of hosts, by section. */
export const SNAPSHOT_SECTIONS: readonly MetricSection[] = [
  { title: 'Hosts', group: 'host', families: facts({ ...HOST_FACTS, ...ALLOCATION_FACTS }) },
  { title: 'NUMA cells', group: 'numa', families: facts(NUMA_FACTS) },
  { title: 'Huge pages', group: 'hugepage', families: facts(HUGEPAGE_FACTS) },
  { title: 'Domains', group: 'domain', families: facts(DOMAIN_FACTS) },
  { title: 'CPU of a domain', group: 'cpu', families: [...CPU_STATISTICS, ...facts(CPU_MONITOR_FACTS)] },
  { title: 'Memory of a domain', group: 'memory', families: [...MEMORY_STATISTICS, ...facts(MEMORY_MONITOR_FACTS)] },
  { title: 'vCPUs', group: 'vcpu', families: VCPU_STATISTICS },
  { title: 'CPUs of vCPUs', group: 'placement', families: facts(VCPU_PLACEMENT_FACTS) },
  { title: 'KVM', group: 'kvm', families: facts(KVM_FACTS) },
  { title: 'Disks', group: 'block', families: [...facts(DISK_FACTS), ...BLOCK_STATISTICS] },
  { title: 'Images below a disk', group: 'backing', families: BACKING_STATISTICS },
  { title: 'Network interfaces', group: 'interface', families: [...facts(INTERFACE_FACTS), ...INTERFACE_STATISTICS] },
  { title: 'IOThreads', group: 'iothread', families: IOTHREAD_STATISTICS },
  { title: 'Limits and placement', group: 'limit', families: [...LIMIT_STATISTICS, ...facts(PLACEMENT_FACTS)] },
  { title: 'Metadata', group: 'metadata', families: facts(METADATA_FACTS) },
  { title: 'Jobs', group: 'job', families: JOB_STATISTICS },
  { title: 'Dirty rate', group: 'dirtyrate', families: [...DIRTY_RATE_STATISTICS, ...facts(DIRTY_RATE_FACTS)] },
  { title: 'perf events', group: 'perf', families: PERF_STATISTICS },
  { title: 'Block jobs', group: 'blockjob', families: facts(BLOCK_JOB_FACTS) },
  { title: 'Disk errors', group: 'diskerror', families: facts(DISK_ERROR_FACTS) },
  { title: 'Addresses', group: 'address', families: facts(ADDRESS_FACTS) },
  { title: 'Snapshots and checkpoints', group: 'snapshot', families: facts(SNAPSHOT_FACTS) },
  { title: 'Channel of the guest agent', group: 'domain', families: facts(AGENT_CHANNEL_FACTS) },
  { title: 'Guest agent', group: 'agent', families: facts(GUEST_FACTS) },
  { title: 'Storage pools', group: 'pool', families: facts(POOL_FACTS) },
  { title: 'Volumes', group: 'volume', families: facts(VOLUME_FACTS) },
  { title: 'Virtual networks', group: 'network', families: facts(NETWORK_FACTS) },
  { title: 'DHCP leases', group: 'lease', families: facts(LEASE_FACTS) },
  { title: 'Events', group: 'event', families: facts(EVENT_FACTS) },
  { title: 'Vireo: hosts and polls', group: 'vireo', families: facts(VIREO_HOST_FACTS) },
];

/** Families of Vireo's own process. */
export const PROCESS_SECTION: MetricSection = {
  title: 'Vireo: the process',
  group: 'vireo',
  families: Object.entries<FactSpec>(VIREO_PROCESS_FACTS).map(([name, spec]) => factFamily('process', name, spec)),
};

/** The family of {@link PROCESS_SECTION} that is called so. */
export function processFamily(name: ProcessMetricName): MetricFamily {
  const family = PROCESS_SECTION.families.find((candidate) => candidate.name === name);
  if (family === undefined) throw new RangeError(`no metric family ${name} in the contract`);
  return family;
}

/** Every family rendered from snapshots; the position is the order on the page. */
export const SNAPSHOT_FAMILIES: readonly MetricFamily[] = SNAPSHOT_SECTIONS.flatMap((section) => section.families);

/** The group of each of {@link SNAPSHOT_FAMILIES}, at the same position. */
export const SNAPSHOT_GROUPS: readonly MetricGroup[] = SNAPSHOT_SECTIONS.flatMap(({ group, families }) =>
  families.map(() => group),
);

/** Every family. */
export const METRIC_FAMILIES: readonly MetricFamily[] = [...SNAPSHOT_FAMILIES, ...PROCESS_SECTION.families];

/** The name of a family that is read from a snapshot by code, not by a field name. */
export type FactName =
  | keyof typeof HOST_FACTS
  | keyof typeof DOMAIN_FACTS
  | keyof typeof DISK_FACTS
  | keyof typeof INTERFACE_FACTS
  | keyof typeof CPU_MONITOR_FACTS
  | keyof typeof MEMORY_MONITOR_FACTS
  | keyof typeof KVM_FACTS
  | keyof typeof PLACEMENT_FACTS
  | keyof typeof METADATA_FACTS
  | keyof typeof DIRTY_RATE_FACTS
  | ObservedFactName
  | keyof typeof POOL_FACTS
  | keyof typeof VOLUME_FACTS
  | keyof typeof ALLOCATION_FACTS
  | keyof typeof NUMA_FACTS
  | keyof typeof HUGEPAGE_FACTS
  | keyof typeof NETWORK_FACTS
  | keyof typeof LEASE_FACTS
  | keyof typeof EVENT_FACTS
  | keyof typeof VIREO_HOST_FACTS;

/** The name of a family of Vireo's own process. */
export type ProcessMetricName = keyof typeof VIREO_PROCESS_FACTS;
