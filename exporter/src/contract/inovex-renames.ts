// SPDX-License-Identifier: Apache-2.0
// For users who come from inovex/prometheus-libvirt-exporter: the families of version 2.5 that differ here, and why.
// Everything it has that is not in this list keeps name, type and meaning, and gains the label `host`.

/** One family of inovex's exporter that is not the same here. */
export interface InovexRename {
  readonly inovex: string;
  /** Where it is now: a family name, or PromQL where it is computed. */
  readonly here: string;
  readonly why: string;
}

/** What differs from inovex/prometheus-libvirt-exporter 2.5.0. */
export const INOVEX_RENAMES: readonly InovexRename[] = [
  {
    inovex: 'libvirt_domain_info_state{state_desc}',
    here: 'libvirt_domain_info_state, libvirt_domain_state{state} and libvirt_domain_state_reason_info',
    why: 'The label state_desc started a new series at each change of state. The number stays; for text match the StateSet: libvirt_domain_state{state="running"} == 1.',
  },
  {
    inovex: 'libvirt_domain_memory_stats_used_percent',
    here: '100 * (1 - libvirt_domain_memory_stats_usable_bytes / libvirt_domain_memory_stats_available_bytes)',
    why: 'Prometheus computes it, and it was NaN for guests without balloon statistics.',
  },
  {
    inovex: 'libvirt_domain_memory_stats_swap_in_bytes',
    here: 'libvirt_domain_memory_stats_swap_in_bytes_total',
    why: 'It only grows: a counter, to be used with rate().',
  },
  {
    inovex: 'libvirt_domain_memory_stats_swap_out_bytes',
    here: 'libvirt_domain_memory_stats_swap_out_bytes_total',
    why: 'It only grows: a counter, to be used with rate().',
  },
  {
    inovex: 'libvirt_domain_memory_stats_hugetlb_pgalloc_total',
    here: 'libvirt_domain_memory_stats_hugetlb_pgalloc_total',
    why: 'Same name; its type is now counter, as the name says.',
  },
  {
    inovex: 'libvirt_domain_memory_stats_hugetlb_pgfail_total',
    here: 'libvirt_domain_memory_stats_hugetlb_pgfail_total',
    why: 'Same name; its type is now counter, as the name says.',
  },
  {
    inovex: 'libvirt_domain_job_info_time_elapsed_seconds',
    here: 'libvirt_domain_job_info_time_elapsed_seconds',
    why: 'Same name; seconds now. The value was in milliseconds.',
  },
  {
    inovex: 'libvirt_domain_job_info_time_remaining_seconds',
    here: 'libvirt_domain_job_info_time_remaining_seconds',
    why: 'Same name; seconds now. The value was in milliseconds.',
  },
  {
    inovex: 'libvirt_domain_job_info_*',
    here: 'libvirt_domain_job_info_*',
    why: 'Only while a job runs; the series were 0 without one.',
  },
  {
    inovex: 'libvirt_domain_block_stats_* and libvirt_domain_interface_stats_*',
    here: 'the same names',
    why: 'A value libvirt does not give makes no series; it was 0, which rate() takes for a restart.',
  },
  {
    inovex: 'libvirt_domain_memory_stats_last_update_timestamp_seconds',
    here: 'libvirt_domain_memory_stats_last_update_timestamp_seconds',
    why: 'Absent while the balloon driver of the guest has never reported; it was 0, that is 1970.',
  },
  {
    inovex: 'libvirt_domain_openstack_info',
    here: 'libvirt_domain_openstack_info',
    why: 'Only for domains of OpenStack Nova; every other domain had one with empty labels.',
  },
];
