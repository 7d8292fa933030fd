// SPDX-License-Identifier: Apache-2.0
// Families about the job a domain runs: migration, save, dump, backup.

import { SAME, statisticsOf } from './metric-family.ts';
import type { MetricFamily } from './metric-family.ts';

const job = statisticsOf('job');

const inovex = { inovex: SAME };
const ms = { scale: 'msToSeconds' } as const;

/** The running job; all absent when there is none. */
export const JOB_STATISTICS: readonly MetricFamily[] = [
  job.gauge(
    'libvirt_domain_job_info_operation',
    'operation',
    'What the job does, virDomainJobOperation: 1 start, 2 save, 3 restore, 4 migration in, 5 migration out, 6 snapshot, 7 snapshot revert, 8 dump, 9 backup, 10 snapshot delete',
  ),
  job.gauge('libvirt_domain_job_info_time_elapsed_seconds', 'time_elapsed', 'Time since the job began', {
    ...ms,
    peers: { inovex: 'same name, in ms by mistake' },
  }),
  job.gauge(
    'libvirt_domain_job_info_time_remaining_seconds',
    'time_remaining',
    'Time the job is expected to need yet',
    { ...ms, peers: { inovex: 'same name, in ms by mistake' } },
  ),
  job.gauge('libvirt_domain_job_info_data_total_bytes', 'data_total', 'Data the job has to move', { peers: inovex }),
  job.gauge('libvirt_domain_job_info_data_processed_bytes', 'data_processed', 'Data the job has moved', {
    peers: inovex,
  }),
  job.gauge('libvirt_domain_job_info_data_remaining_bytes', 'data_remaining', 'Data the job has yet to move', {
    peers: inovex,
  }),
  job.gauge('libvirt_domain_job_info_memory_total_bytes', 'memory_total', 'Memory the job has to move', {
    peers: inovex,
  }),
  job.gauge('libvirt_domain_job_info_memory_processed_bytes', 'memory_processed', 'Memory the job has moved', {
    peers: inovex,
  }),
  job.gauge('libvirt_domain_job_info_memory_remaining_bytes', 'memory_remaining', 'Memory the job has yet to move', {
    peers: inovex,
  }),
  job.gauge('libvirt_domain_job_info_file_total_bytes', 'disk_total', 'Disk data the job has to move', {
    peers: inovex,
  }),
  job.gauge('libvirt_domain_job_info_file_processed_bytes', 'disk_processed', 'Disk data the job has moved', {
    peers: inovex,
  }),
  job.gauge('libvirt_domain_job_info_file_remaining_bytes', 'disk_remaining', 'Disk data the job has yet to move', {
    peers: inovex,
  }),
  job.gauge('libvirt_domain_job_info_memory_bytes_per_second', 'memory_bps', 'Speed at which the job moves memory'),
  job.gauge('libvirt_domain_job_info_disk_bytes_per_second', 'disk_bps', 'Speed at which the job moves disk data'),
  job.gauge(
    'libvirt_domain_job_info_memory_dirty_pages_per_second',
    'memory_dirty_rate',
    'Pages the guest dirties in a second while the job runs',
  ),
  job.gauge(
    'libvirt_domain_job_info_memory_page_size_bytes',
    'memory_page_size',
    'Size of a page in the counts of the job',
  ),
  job.gauge(
    'libvirt_domain_job_info_memory_iteration',
    'memory_iteration',
    'Round of the migration over the memory of the guest',
  ),
  job.gauge(
    'libvirt_domain_job_info_memory_postcopy_requests',
    'memory_postcopy_requests',
    'Page requests the post-copy phase has got from the other side',
  ),
  job.gauge(
    'libvirt_domain_job_info_downtime_seconds',
    'downtime',
    'Expected or real time the guest stands still for the migration',
    ms,
  ),
  job.gauge('libvirt_domain_job_info_setup_time_seconds', 'setup_time', 'Time the job took to set up', ms),
  job.gauge(
    'libvirt_domain_job_info_auto_converge_throttle_ratio',
    'auto_converge_throttle',
    'How much the vCPUs are slowed down so that the migration converges',
    { scale: 'percentToRatio' },
  ),
  job.gauge(
    'libvirt_domain_job_info_time_elapsed_net_seconds',
    'time_elapsed_net',
    'Time since the job began, without that the clocks of the two hosts differ',
    ms,
  ),
  job.gauge(
    'libvirt_domain_job_info_downtime_net_seconds',
    'downtime_net',
    'Time the guest stood still, without that the clocks of the two hosts differ',
    ms,
  ),
  job.gauge(
    'libvirt_domain_job_info_memory_constant_pages',
    'memory_constant',
    'Pages of one byte repeated, which the job does not move',
  ),
  job.gauge('libvirt_domain_job_info_memory_normal_pages', 'memory_normal', 'Pages the job moved as they are'),
  job.gauge('libvirt_domain_job_info_memory_normal_bytes', 'memory_normal_bytes', 'Memory the job moved as it is'),
  job.gauge(
    'libvirt_domain_job_info_file_temporary_used_bytes',
    'disk_temp_used',
    'Temporary disk space the backup uses',
  ),
  job.gauge(
    'libvirt_domain_job_info_file_temporary_bytes',
    'disk_temp_total',
    'Temporary disk space the backup may use',
  ),
  job.gauge(
    'libvirt_domain_job_info_compression_cache_bytes',
    'compression_cache',
    'Size of the cache of pages that XBZRLE compression compares with',
  ),
  job.gauge('libvirt_domain_job_info_compression_bytes', 'compression_bytes', 'Data the job moved compressed'),
  job.gauge('libvirt_domain_job_info_compression_pages', 'compression_pages', 'Pages the job moved compressed'),
  job.gauge(
    'libvirt_domain_job_info_compression_cache_misses',
    'compression_cache_misses',
    'Changed pages that were not in the cache',
  ),
  job.gauge(
    'libvirt_domain_job_info_compression_overflows',
    'compression_overflow',
    'Pages that compression would have made larger',
  ),
];
