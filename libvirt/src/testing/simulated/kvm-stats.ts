// SPDX-License-Identifier: Apache-2.0
// The kernel's own counters of a KVM guest, as QEMU's query-stats gives them and libvirt 8.9 passes on. The names are
// those of the capture described in domain-stats.test.ts; the rates, for a second of full load, are made up.

/** For each virtual CPU; libvirt adds `.sum`. */
export const VCPU_COUNTERS: readonly (readonly [name: string, perCpuSecond: number])[] = [
  ['halt_poll_fail_ns', 3_000_000],
  ['nmi_window_exits', 0],
  ['halt_poll_success_ns', 4_000_000],
  ['halt_attempted_poll', 800],
  ['pf_park_timeouts', 0],
  ['exits', 20_000],
  ['halt_successful_poll', 350],
  ['preemption_other', 10],
  ['directed_yield_attempted', 0],
  ['signal_exits', 3],
  ['halt_wakeup', 880],
  ['pf_taken', 40],
  ['io_exits', 300],
  ['pf_mmio_spte_created', 0],
  ['pf_spurious', 0],
  ['nmi_injections', 0],
  ['host_state_reload', 1800],
  ['halt_wait_ns', 200_000_000],
  ['irq_exits', 250],
  ['halt_poll_invalid', 0],
  ['l1d_flush', 0],
  ['directed_yield_successful', 0],
  ['pf_fast', 0],
  ['pf_parked', 0],
  ['mmio_exits', 700],
  ['pf_guest', 0],
  ['insn_emulation_fail', 0],
  ['nested_run', 0],
  ['irq_injections', 1500],
  ['irq_window_exits', 0],
  ['preemption_reported', 20],
  ['hypercalls', 5],
  ['pf_fixed', 35],
  ['req_event', 2500],
  ['request_irq_exits', 0],
  ['invlpg', 0],
  ['insn_emulation', 1200],
  ['pf_emulate', 0],
  ['tlb_flush', 15],
  ['notify_window_exits', 0],
  ['halt_exits', 900],
  ['fpu_reload', 1400],
];

/** For each virtual CPU, true or false; libvirt adds `.cur`. */
export const VCPU_FLAGS = ['blocking', 'guest_mode'] as const;

/** For the whole guest, with libvirt's suffix. */
export const VM_COUNTERS: readonly (readonly [name: string, perSecond: number])[] = [
  ['mmu_cache_miss.sum', 0.05],
  ['remote_tlb_flush_requests.sum', 4],
  ['mmu_flooded.sum', 0],
  ['nx_lpage_splits.cur', 0],
  ['mmu_pte_write.sum', 0],
  ['mmu_shadow_zapped.sum', 0.1],
  ['pages_4k.cur', 0],
  ['mmu_unsync.cur', 0],
  ['pages_2m.cur', 0],
  ['pages_1g.cur', 0],
  ['max_mmu_page_hash_collisions.max', 0],
  ['max_mmu_rmap_size.max', 0],
  ['mmu_kicks_spared.sum', 0],
  ['remote_tlb_flush.sum', 2],
  ['mmu_pde_zapped.sum', 0],
  ['mmu_recycled.sum', 0],
];
