// SPDX-License-Identifier: Apache-2.0
// Families whose series libvirt names: what KVM counts (its names change with the kernel, so they are a label and
// bounded) and what the resource monitors of the XML's cputune measure.

import type { FactSpec } from './metric-family.ts';

/** KVM about a domain and its vCPUs. libvirt 8.9.0 on. */
export const KVM_FACTS = {
  libvirt_domain_kvm_vcpu_events_total: {
    type: 'counter',
    labels: ['host', 'domain', 'vcpu', 'event'],
    what: 'What KVM counted of a vCPU, such as exits and injections; an event may be part of another one',
    from: 'libvirt statistics vcpu.N.NAME.sum',
  },
  libvirt_domain_kvm_vcpu_event_seconds_total: {
    type: 'counter',
    labels: ['host', 'domain', 'vcpu', 'event'],
    what: 'Time KVM measured of a vCPU, such as halt_wait and halt_poll_success',
    from: 'libvirt statistics vcpu.N.NAME_ns.sum, in ns',
  },
  libvirt_domain_kvm_vcpu_current: {
    type: 'gauge',
    labels: ['host', 'domain', 'vcpu', 'statistic'],
    what: 'What KVM says of a vCPU now, such as blocking and guest_mode',
    from: 'libvirt statistics vcpu.N.NAME.cur',
  },
  libvirt_domain_kvm_vcpu_peak: {
    type: 'gauge',
    labels: ['host', 'domain', 'vcpu', 'statistic'],
    what: 'The highest value KVM saw of a vCPU',
    from: 'libvirt statistics vcpu.N.NAME.max',
  },
  libvirt_domain_kvm_events_total: {
    type: 'counter',
    labels: ['host', 'domain', 'event'],
    what: 'What KVM counted of the domain, such as remote_tlb_flush and mmu_cache_miss',
    from: 'libvirt statistics vm.NAME.sum',
  },
  libvirt_domain_kvm_event_seconds_total: {
    type: 'counter',
    labels: ['host', 'domain', 'event'],
    what: 'Time KVM measured of the domain',
    from: 'libvirt statistics vm.NAME_ns.sum, in ns',
  },
  libvirt_domain_kvm_current: {
    type: 'gauge',
    labels: ['host', 'domain', 'statistic'],
    what: 'What KVM says of the domain now, such as pages_4k, pages_2m and pages_1g',
    from: 'libvirt statistics vm.NAME.cur',
  },
  libvirt_domain_kvm_peak: {
    type: 'gauge',
    labels: ['host', 'domain', 'statistic'],
    what: 'The highest value KVM saw of the domain, such as max_mmu_rmap_size',
    from: 'libvirt statistics vm.NAME.max',
  },
} as const satisfies Record<string, FactSpec>;

/** Cache and energy of the CPUs, where the XML sets up monitors. */
export const CPU_MONITOR_FACTS = {
  libvirt_domain_cpu_cache_monitor_bytes: {
    type: 'gauge',
    labels: ['host', 'domain', 'monitor', 'bank'],
    what: 'Part of a bank of the last-level cache that the vCPUs of a monitor occupy',
    from: 'libvirt statistics cpu.cache.monitor.N.bank.M.bytes',
  },
  libvirt_domain_cpu_energy_joules_total: {
    type: 'counter',
    labels: ['host', 'domain', 'monitor', 'package'],
    what: 'Energy that cores of a package used for the vCPUs of a monitor; libvirt 12.4 on',
    from: 'libvirt statistics cpu.energy.monitor.N.pkg.M.core_energy',
  },
  libvirt_domain_cpu_energy_activity_farads_total: {
    type: 'counter',
    labels: ['host', 'domain', 'monitor', 'package'],
    what: 'Activity of the vCPUs of a monitor, energy without the part of voltage; libvirt 12.4 on',
    from: 'libvirt statistics cpu.energy.monitor.N.pkg.M.activity',
  },
} as const satisfies Record<string, FactSpec>;

/** Bandwidth of the memory, where the XML sets up monitors. */
export const MEMORY_MONITOR_FACTS = {
  libvirt_domain_memory_bandwidth_local_bytes_total: {
    type: 'counter',
    labels: ['host', 'domain', 'monitor', 'node'],
    what: 'Data the vCPUs of a monitor moved to and from the memory of their own node',
    from: 'libvirt statistics memory.bandwidth.monitor.N.node.M.bytes.local',
  },
  libvirt_domain_memory_bandwidth_bytes_total: {
    type: 'counter',
    labels: ['host', 'domain', 'monitor', 'node'],
    what: 'Data the vCPUs of a monitor moved to and from memory, other nodes included',
    from: 'libvirt statistics memory.bandwidth.monitor.N.node.M.bytes.total',
  },
} as const satisfies Record<string, FactSpec>;

/** More about the dirty rate. */
export const DIRTY_RATE_FACTS = {
  libvirt_domain_dirty_rate_info: {
    type: 'info',
    labels: ['host', 'domain', 'mode'],
    what: 'How the dirty rate is measured, always 1: page-sampling, dirty-bitmap or dirty-ring',
    from: 'libvirt statistics dirtyrate.calc_mode',
  },
  libvirt_domain_dirty_rate_vcpu_bytes_per_second: {
    type: 'gauge',
    labels: ['host', 'domain', 'vcpu'],
    what: 'Memory a vCPU dirtied in a second of the last measurement; mode dirty-ring only',
    from: 'libvirt statistics dirtyrate.vcpu.N.megabytes_per_second, in MiB',
  },
} as const satisfies Record<string, FactSpec>;
