// SPDX-License-Identifier: Apache-2.0
// Statistics with two indexes in their names to samples: the monitors of cache, energy and memory bandwidth that the XML
// sets up, and the dirty rate of each vCPU.

import type { StatFields } from '@vireo/libvirt';
import type { DomainLabels } from './domain-labels.ts';
import { familyIndex } from './exposition.ts';
import type { SampleTarget } from './statistic-plan.ts';

/** Monitors of a domain, and parts of a monitor, that are read; a host has fewer. */
const COUNT_MAX = 1024;

/** One kind of monitor: `prefix`.N.`part`.M.FIELD, with `prefix`.count and `prefix`.N.`part`.count. */
interface MonitorPlan {
  readonly prefix: string;
  readonly part: string;
  /** The label for the part's id. */
  readonly label: string;
  readonly families: readonly { readonly family: number; readonly field: string }[];
}

const MONITORS: readonly MonitorPlan[] = [
  {
    prefix: 'cpu.cache.monitor',
    part: 'bank',
    label: 'bank',
    families: [{ family: familyIndex('libvirt_domain_cpu_cache_monitor_bytes'), field: 'bytes' }],
  },
  {
    prefix: 'cpu.energy.monitor',
    part: 'pkg',
    label: 'package',
    families: [
      { family: familyIndex('libvirt_domain_cpu_energy_joules_total'), field: 'core_energy' },
      { family: familyIndex('libvirt_domain_cpu_energy_activity_farads_total'), field: 'activity' },
    ],
  },
  {
    prefix: 'memory.bandwidth.monitor',
    part: 'node',
    label: 'node',
    families: [
      { family: familyIndex('libvirt_domain_memory_bandwidth_local_bytes_total'), field: 'bytes.local' },
      { family: familyIndex('libvirt_domain_memory_bandwidth_bytes_total'), field: 'bytes.total' },
    ],
  },
];

const DIRTY_RATE_INFO = familyIndex('libvirt_domain_dirty_rate_info');
const DIRTY_RATE_VCPU = familyIndex('libvirt_domain_dirty_rate_vcpu_bytes_per_second');
const MIB = 1024 * 1024;

/** Adds what the monitors of a domain measured; nothing, and at once, where there are none. */
export function addMonitors(target: SampleTarget, labels: DomainLabels, fields: StatFields): void {
  for (const { prefix, part, label, families } of MONITORS) {
    const monitors = countOf(fields, `${prefix}.count`);
    const seen = new Set<string>();
    for (let monitor = 0; monitor < monitors; monitor++) {
      const name = fields.get(`${prefix}.${String(monitor)}.name`);
      // Two of one name would make the same series twice.
      if (typeof name !== 'string' || seen.has(name)) continue;
      seen.add(name);
      const parts = countOf(fields, `${prefix}.${String(monitor)}.${part}.count`);
      for (let index = 0; index < parts; index++) {
        const place = `${prefix}.${String(monitor)}.${part}.${String(index)}`;
        const id = fields.get(`${place}.id`);
        if (typeof id !== 'number' || seen.has(`${name}\0${String(id)}`)) continue;
        seen.add(`${name}\0${String(id)}`);
        const text = labels.with([
          ['monitor', name],
          [label, String(id)],
        ]);
        for (const { family, field } of families) addNumber(target, family, text, fields.get(`${place}.${field}`));
      }
    }
  }
}

/** Adds how the dirty rate is measured, and that of each vCPU. */
export function addDirtyRate(
  target: SampleTarget,
  labels: DomainLabels,
  fields: StatFields,
  vcpus: Iterable<number>,
): void {
  const mode = fields.get('dirtyrate.calc_mode');
  if (typeof mode !== 'string') return;
  target.add(DIRTY_RATE_INFO, labels.with([['mode', mode]]), 1);
  // The other modes have no figures of a single vCPU.
  if (mode !== 'dirty-ring') return;
  for (const vcpu of vcpus) {
    const rate = fields.get(`dirtyrate.vcpu.${String(vcpu)}.megabytes_per_second`);
    if (typeof rate === 'number') addNumber(target, DIRTY_RATE_VCPU, labels.number('vcpu', vcpu), rate * MIB);
  }
}

function countOf(fields: StatFields, field: string): number {
  const count = fields.get(field);
  return typeof count === 'number' ? Math.min(count, COUNT_MAX) : 0;
}

function addNumber(target: SampleTarget, family: number, labels: string, value: number | string | undefined): void {
  if (typeof value === 'number' && value >= 0) target.add(family, labels, value);
}
