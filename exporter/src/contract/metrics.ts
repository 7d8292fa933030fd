// SPDX-License-Identifier: Apache-2.0
// The one table of every family Vireo exposes, in the order of the page. Encoder, docs/metrics.md, dashboards, alert
// rules and the plugin take names and labels from here.

import type { MetricGroup } from './groups.ts';
import { factFamily } from './metric-family.ts';
import type { FactSpec, MetricFamily } from './metric-family.ts';
import {
  BLOCK_STATISTICS,
  DEVICE_FACTS,
  INTERFACE_STATISTICS,
  IOTHREAD_STATISTICS,
  VCPU_STATISTICS,
} from './metrics-device.ts';
import {
  CPU_STATISTICS,
  DIRTY_RATE_STATISTICS,
  DOMAIN_FACTS,
  JOB_STATISTICS,
  MEMORY_STATISTICS,
  PERF_STATISTICS,
} from './metrics-domain.ts';
import { HOST_FACTS, POOL_FACTS } from './metrics-host.ts';
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
  { title: 'Hosts', group: 'host', families: facts(HOST_FACTS) },
  { title: 'Domains', group: 'domain', families: facts(DOMAIN_FACTS) },
  { title: 'CPU of a domain', group: 'cpu', families: CPU_STATISTICS },
  { title: 'Memory of a domain', group: 'memory', families: MEMORY_STATISTICS },
  { title: 'vCPUs', group: 'vcpu', families: VCPU_STATISTICS },
  {
    title: 'Disks',
    group: 'block',
    families: [
      ...facts({ libvirt_domain_block_stats_info: DEVICE_FACTS.libvirt_domain_block_stats_info }),
      ...BLOCK_STATISTICS,
    ],
  },
  {
    title: 'Network interfaces',
    group: 'interface',
    families: [
      ...facts({ libvirt_domain_interface_stats_info: DEVICE_FACTS.libvirt_domain_interface_stats_info }),
      ...INTERFACE_STATISTICS,
    ],
  },
  { title: 'IOThreads', group: 'iothread', families: IOTHREAD_STATISTICS },
  { title: 'Jobs', group: 'job', families: JOB_STATISTICS },
  { title: 'Dirty rate', group: 'dirtyrate', families: DIRTY_RATE_STATISTICS },
  { title: 'perf events', group: 'perf', families: PERF_STATISTICS },
  { title: 'Storage pools', group: 'pool', families: facts(POOL_FACTS) },
  { title: 'Vireo: hosts and polls', group: 'vireo', families: facts(VIREO_HOST_FACTS) },
];

/** Families of Vireo's own process, kept by the client library. */
export const PROCESS_SECTION: MetricSection = {
  title: 'Vireo: the process',
  group: 'vireo',
  families: Object.entries<FactSpec>(VIREO_PROCESS_FACTS).map(([name, spec]) => factFamily('process', name, spec)),
};

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
  | keyof typeof DEVICE_FACTS
  | keyof typeof POOL_FACTS
  | keyof typeof VIREO_HOST_FACTS;

/** The name of a family of Vireo's own process. */
export type ProcessMetricName = keyof typeof VIREO_PROCESS_FACTS;
