// SPDX-License-Identifier: Apache-2.0
import { INOVEX_RENAMES } from './inovex-renames.ts';
import type { Scale } from './metric-family.ts';
import { METRIC_FAMILIES } from './metrics.ts';

/** Every NewDesc of pkg/exporter/prometheus-libvirt-exporter.go in inovex/prometheus-libvirt-exporter at 8dbcadd (2.5.0). */
const INOVEX_FAMILIES = [
  'libvirt_up',
  'libvirt_domain_timed_out',
  'libvirt_domains',
  'libvirt_domain_info_state',
  'libvirt_domain_info_maximum_memory_bytes',
  'libvirt_domain_info_memory_usage_bytes',
  'libvirt_domain_info_virtual_cpus',
  'libvirt_domain_info_cpu_time_seconds_total',
  'libvirt_domain_job_info_type',
  'libvirt_domain_job_info_time_elapsed_seconds',
  'libvirt_domain_job_info_time_remaining_seconds',
  'libvirt_domain_job_info_data_total_bytes',
  'libvirt_domain_job_info_data_processed_bytes',
  'libvirt_domain_job_info_data_remaining_bytes',
  'libvirt_domain_job_info_memory_total_bytes',
  'libvirt_domain_job_info_memory_processed_bytes',
  'libvirt_domain_job_info_memory_remaining_bytes',
  'libvirt_domain_job_info_file_total_bytes',
  'libvirt_domain_job_info_file_processed_bytes',
  'libvirt_domain_job_info_file_remaining_bytes',
  'libvirt_domain_memory_stats_current_balloon_bytes',
  'libvirt_domain_memory_stats_maximum_bytes',
  'libvirt_domain_memory_stats_swap_in_bytes',
  'libvirt_domain_memory_stats_swap_out_bytes',
  'libvirt_domain_memory_stats_major_fault_total',
  'libvirt_domain_memory_stats_minor_fault_total',
  'libvirt_domain_memory_stats_unused_bytes',
  'libvirt_domain_memory_stats_available_bytes',
  'libvirt_domain_memory_stats_usable_bytes',
  'libvirt_domain_memory_stats_last_update_timestamp_seconds',
  'libvirt_domain_memory_stats_disk_caches_bytes',
  'libvirt_domain_memory_stats_hugetlb_pgalloc_total',
  'libvirt_domain_memory_stats_hugetlb_pgfail_total',
  'libvirt_domain_memory_stats_rss_bytes',
  'libvirt_domain_memory_stats_used_percent',
  'libvirt_domain_block_stats_info',
  'libvirt_domain_block_stats_read_bytes_total',
  'libvirt_domain_block_stats_read_requests_total',
  'libvirt_domain_block_stats_write_bytes_total',
  'libvirt_domain_block_stats_write_requests_total',
  'libvirt_domain_block_stats_read_time_seconds_total',
  'libvirt_domain_block_stats_write_time_seconds_total',
  'libvirt_domain_block_stats_flush_requests_total',
  'libvirt_domain_block_stats_flush_time_seconds_total',
  'libvirt_domain_block_stats_capacity_bytes',
  'libvirt_domain_interface_stats_info',
  'libvirt_domain_interface_stats_receive_bytes_total',
  'libvirt_domain_interface_stats_receive_packets_total',
  'libvirt_domain_interface_stats_receive_errors_total',
  'libvirt_domain_interface_stats_receive_drops_total',
  'libvirt_domain_interface_stats_transmit_bytes_total',
  'libvirt_domain_interface_stats_transmit_packets_total',
  'libvirt_domain_interface_stats_transmit_errors_total',
  'libvirt_domain_interface_stats_transmit_drops_total',
  'libvirt_domain_vcpu_current',
  'libvirt_domain_vcpu_maximum',
  'libvirt_domain_vcpu_state',
  'libvirt_domain_vcpu_time_seconds_total',
  'libvirt_domain_vcpu_wait_seconds_total',
  'libvirt_domain_vcpu_delay_seconds_total',
  'libvirt_storage_pool_state',
  'libvirt_storage_pool_capacity_bytes',
  'libvirt_storage_pool_allocation_bytes',
  'libvirt_storage_pool_available_bytes',
  'libvirt_storage_pool_timed_out',
  'libvirt_domain_info',
  'libvirt_domain_openstack_info',
];

const names = METRIC_FAMILIES.map(({ name }) => name);

describe('the table of metric families', () => {
  it('has every name once', () => {
    expect(new Set(names).size).toBe(names.length);
  });

  it('covers every family of inovex: the same name, or a line in the rename table', () => {
    const renamed = new Set(INOVEX_RENAMES.map(({ inovex }) => inovex.replace(/\{.*/, '')));
    expect(INOVEX_FAMILIES.filter((name) => !names.includes(name) && !renamed.has(name))).toEqual([]);
  });

  it('says so where a family has the name of inovex', () => {
    const silent = METRIC_FAMILIES.filter(
      ({ name, peers }) => INOVEX_FAMILIES.includes(name) !== (peers.inovex?.startsWith('same name') ?? false),
    );
    expect(silent.map(({ name }) => name)).toEqual([]);
  });

  it('sends renames to families that exist', () => {
    const targets = INOVEX_RENAMES.flatMap(({ here }) => here.match(/\blibvirt_[a-z_]+[a-z]\b(?!_?\*)/g) ?? []);
    expect(targets.length).toBeGreaterThan(5);
    expect(targets.filter((name) => !names.includes(name))).toEqual([]);
  });
});

describe.each(METRIC_FAMILIES.map((family) => [family.name, family] as const))('%s', (name, family) => {
  it('is named by Prometheus’s rules for its type', () => {
    expect(name).toMatch(/^(libvirt|vireo)_[a-z0-9]+(_[a-z0-9]+)*$/);
    expect(name.endsWith('_total')).toBe(family.type === 'counter');
    expect(name.endsWith('_info')).toBe(family.type === 'info');
    expect(name).not.toMatch(/percent|_(ms|ns|kib|mib)(_|$)/);
  });

  it('explains itself in one sentence that names its source', () => {
    expect(family.help).toMatch(/^[A-Za-z].* \(.+\)\.$/);
    expect(family.help.slice(0, -1)).not.toMatch(/\. /);
  });

  it('carries on values nothing but host, domain, device and a fixed dimension', () => {
    const dimensions = [
      'host',
      'domain',
      'target_device',
      'vcpu',
      'iothread',
      'storage_pool',
      'network',
      'volume',
      'address',
      'cell',
      'size_bytes',
      'index',
      'mountpoint',
      'detail',
      'monitor',
      'bank',
      'package',
      'node',
      'event',
      'statistic',
      'state',
      'mode',
      'kind',
      'group',
    ];
    const ours = [
      ...['procedure', 'outcome', 'statistic', 'encoding', 'action', 'result', 'reason', 'end', 'direction'],
      ...['certificate', 'method'],
    ];
    const allowed = new Set(name.startsWith('vireo_') ? [...dimensions, ...ours] : dimensions);
    if (family.type !== 'info') expect(family.labels.filter((label) => !allowed.has(label))).toEqual([]);
    if (name.startsWith('libvirt_')) expect(family.labels[0]).toBe('host');
  });

  it('has no label that targets are wont to have', () => {
    const ofTargets = ['job', 'instance', 'type', 'cluster', 'env', 'service', 'zone', 'owner', 'datacenter'];
    expect(family.labels.filter((label) => ofTargets.includes(label))).toEqual([]);
  });

  it('ends in the unit its scale makes', () => {
    const units: Partial<Record<Scale, string>> = {
      nsToSeconds: 'seconds',
      usToSeconds: 'seconds',
      msToSeconds: 'seconds',
      kbToBytes: 'bytes_per_second',
      kibToBytes: 'bytes',
      mibToBytes: 'bytes_per_second',
      mhzToHertz: 'hertz',
      percentToRatio: 'ratio',
    };
    const expected = family.source.kind === 'statistic' ? units[family.source.scale] : undefined;
    expect(family.unit).toBe(expected ?? family.unit);
  });
});
