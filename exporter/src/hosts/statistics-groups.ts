// SPDX-License-Identifier: Apache-2.0
// Which groups of bulk statistics the configured groups need of libvirt: without touching a monitor, and with.

import type { StatsGroup } from '@vireo/libvirt';
import type { MetricGroup } from '../contract/groups.ts';

/** What libvirt answers without asking a QEMU monitor or waiting for a domain's job. `state` is the inventory itself. */
const LOCKLESS: Partial<Record<MetricGroup, readonly StatsGroup[]>> = {
  interface: ['interface'],
  perf: ['perf'],
  memory: ['memory'],
};

/** What may have to ask a QEMU monitor. */
const MONITOR: Partial<Record<MetricGroup, readonly StatsGroup[]>> = {
  cpu: ['cpu'],
  memory: ['balloon'],
  vcpu: ['vcpu'],
  kvm: ['vcpu', 'vm'],
  block: ['block'],
  backing: ['block'],
  iothread: ['iothread'],
  dirtyrate: ['dirtyrate'],
};

function needs(
  table: Partial<Record<MetricGroup, readonly StatsGroup[]>>,
  groups: ReadonlySet<MetricGroup>,
): StatsGroup[] {
  return [...new Set([...groups].flatMap((group) => table[group] ?? []))];
}

/** For the inventory, tier A; never empty, as for libvirt no group means all. */
export function locklessGroups(groups: ReadonlySet<MetricGroup>): readonly StatsGroup[] {
  return ['state', ...needs(LOCKLESS, groups)];
}

/** For tier B; empty when nothing needs a monitor. */
export function monitorGroups(groups: ReadonlySet<MetricGroup>): readonly StatsGroup[] {
  return needs(MONITOR, groups);
}
