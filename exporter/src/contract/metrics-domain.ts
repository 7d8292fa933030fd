// SPDX-License-Identifier: Apache-2.0
// Families about a domain as a whole: what it is, its state, CPU, memory, dirty rate, perf events.

import { SAME, statisticsOf } from './metric-family.ts';
import type { FactSpec, MetricFamily } from './metric-family.ts';

/** What a domain is and where it stands. */
export const DOMAIN_FACTS = {
  libvirt_domains: {
    type: 'gauge',
    labels: ['host'],
    what: 'Number of domains, active and inactive',
    from: 'libvirt CONNECT_LIST_ALL_DOMAINS',
    peers: { inovex: SAME },
  },
  libvirt_domains_by_state: {
    type: 'gauge',
    labels: ['host', 'state'],
    what: 'Number of domains in each state',
    from: 'libvirt statistics state.state',
  },
  libvirt_domain_info: {
    type: 'info',
    labels: ['host', 'domain', 'uuid', 'title', 'hypervisor_type', 'os_type', 'os_type_arch', 'os_type_machine'],
    what: 'What the domain is, always 1',
    from: 'libvirt domain XML',
    peers: { inovex: SAME, tinkoff: 'libvirt_domain_info_meta' },
  },
  libvirt_domain_openstack_info: {
    type: 'info',
    labels: [
      'host',
      'domain',
      'instance_name',
      'instance_id',
      'flavor_name',
      'user_name',
      'user_id',
      'project_name',
      'project_id',
      'root_type',
      'root_id',
    ],
    what: 'What OpenStack Nova wrote into the domain, always 1; absent for other domains',
    from: 'libvirt domain XML metadata, instance_id is its UUID',
    peers: { inovex: SAME, tinkoff: 'libvirt_domain_info_meta' },
  },
  libvirt_domain_openstack_created_timestamp_seconds: {
    type: 'gauge',
    labels: ['host', 'domain'],
    what: 'When OpenStack Nova made the domain, which it does anew at a hard reboot or a move',
    from: 'libvirt domain XML metadata, creationTime',
  },
  libvirt_domain_state: {
    type: 'stateset',
    labels: ['host', 'domain', 'state'],
    what: 'State of the domain: 1 for the state it is in, 0 for the others',
    from: 'libvirt statistics state.state',
  },
  libvirt_domain_state_reason_info: {
    type: 'info',
    labels: ['host', 'domain', 'state', 'reason'],
    what: 'Why the domain is in its state, always 1',
    from: 'libvirt statistics state.reason',
  },
  libvirt_domain_info_state: {
    type: 'gauge',
    labels: ['host', 'domain'],
    what: 'State of the domain as a number, virDomainState: 0 nostate, 1 running, 2 blocked, 3 paused, 4 shutdown, 5 shutoff, 6 crashed, 7 pmsuspended',
    from: 'libvirt statistics state.state',
    peers: { inovex: 'same name, without state_desc', tinkoff: 'libvirt_domain_info_vstate' },
  },
  libvirt_domain_active: {
    type: 'gauge',
    labels: ['host', 'domain'],
    what: 'Whether the domain is active, 1 or 0',
    from: 'libvirt domain id',
  },
  libvirt_domain_persistent: {
    type: 'gauge',
    labels: ['host', 'domain'],
    what: 'Whether the domain keeps its definition when it stops, 1 or 0',
    from: 'libvirt DOMAIN_IS_PERSISTENT',
  },
  libvirt_domain_autostart: {
    type: 'gauge',
    labels: ['host', 'domain'],
    what: 'Whether the domain starts with its host, 1 or 0',
    from: 'libvirt DOMAIN_GET_AUTOSTART',
  },
  libvirt_domain_timed_out: {
    type: 'gauge',
    labels: ['host', 'domain'],
    what: 'Whether the domain is in quarantine because its statistics did not come in time, 1 or 0',
    from: 'deadline of the statistics poll',
    peers: { inovex: SAME },
  },
  libvirt_domain_timed_out_since_timestamp_seconds: {
    type: 'gauge',
    labels: ['host', 'domain'],
    what: 'Since when the domain is in quarantine; absent when it is not',
    from: 'deadline of the statistics poll',
  },
  libvirt_domain_control_state: {
    type: 'stateset',
    labels: ['host', 'domain', 'state'],
    what: 'State of the control channel to a domain in quarantine: ok, job, occupied or error; absent for other domains',
    from: 'libvirt DOMAIN_GET_CONTROL_INFO state',
  },
  libvirt_domain_control_state_duration_seconds: {
    type: 'gauge',
    labels: ['host', 'domain'],
    what: 'How long the control channel to a domain in quarantine has been in its state',
    from: 'libvirt DOMAIN_GET_CONTROL_INFO stateTime, in ms',
  },
  libvirt_domain_statistics_timestamp_seconds: {
    type: 'gauge',
    labels: ['host', 'domain'],
    what: 'When the statistics that need the monitor of the hypervisor were last read whole',
    from: 'statistics poll of Vireo',
  },
  libvirt_domain_memory_stats_period_seconds: {
    type: 'gauge',
    labels: ['host', 'domain'],
    what: 'How often the balloon driver of the guest reports; absent when it was not asked to, so that its figures are missing or old',
    from: 'libvirt domain XML devices/memballoon/stats period',
  },
  libvirt_domain_memory_stats_period_unset: {
    type: 'gauge',
    labels: ['host', 'domain'],
    what: 'Whether the balloon driver of the guest was not asked to report, 1 or 0; absent without such a balloon; virsh dommemstat DOMAIN --period 10 --live --config asks it',
    from: 'libvirt domain XML devices/memballoon/stats period',
  },
  libvirt_domain_start_timestamp_seconds: {
    type: 'gauge',
    labels: ['host', 'domain'],
    what: 'When the hypervisor process of the domain began; absent when it ran before Vireo watched it, as libvirt does not tell',
    from: 'libvirt event lifecycle started, or a new domain id',
  },
  libvirt_domain_graphics_info: {
    type: 'info',
    labels: ['host', 'domain', 'index', 'graphics_type', 'listen', 'port', 'socket'],
    what: 'A graphical console of the domain, always 1',
    from: 'libvirt domain XML devices/graphics',
  },
  libvirt_domain_job_info_type: {
    type: 'gauge',
    labels: ['host', 'domain'],
    what: 'Type of the running job, virDomainJobType: 1 bounded, 2 unbounded, 3 completed, 4 failed, 5 cancelled; absent when there is none',
    from: 'libvirt DOMAIN_GET_JOB_STATS type',
    peers: { inovex: 'same name, 0 without a job' },
  },
} as const satisfies Record<string, FactSpec>;

/** What the configuration asks for. */
export const METADATA_FACTS = {
  libvirt_domain_metadata_info: {
    type: 'info',
    labels: ['host', 'domain'],
    what: 'What the XML of the domain says at the paths of the configuration key metadata, a label for each, always 1; absent when it says none of it',
    from: 'libvirt domain XML',
  },
} as const satisfies Record<string, FactSpec>;

const { counter, gauge } = statisticsOf('domain');

const inovex = { inovex: SAME };
const both = { inovex: SAME, tinkoff: SAME };
const ns = { scale: 'nsToSeconds' } as const;
const kib = { scale: 'kibToBytes' } as const;

/** CPU. */
export const CPU_STATISTICS: readonly MetricFamily[] = [
  counter(
    'libvirt_domain_info_cpu_time_seconds_total',
    'cpu.time',
    'CPU time the domain used, threads of its emulator included',
    { ...ns, peers: both },
  ),
  counter('libvirt_domain_cpu_user_seconds_total', 'cpu.user', 'CPU time the domain used in user space', ns),
  counter(
    'libvirt_domain_cpu_system_seconds_total',
    'cpu.system',
    'CPU time the domain used in the kernel of the host',
    ns,
  ),
  counter(
    'libvirt_domain_cpu_haltpoll_success_seconds_total',
    'cpu.haltpoll.success.time',
    'Time of halt polling that ended because the vCPU had work again',
    ns,
  ),
  counter(
    'libvirt_domain_cpu_haltpoll_fail_seconds_total',
    'cpu.haltpoll.fail.time',
    'Time of halt polling that was in vain',
    ns,
  ),
  gauge('libvirt_domain_info_virtual_cpus', 'vcpu.current', 'Number of online vCPUs', { peers: both }),
  gauge('libvirt_domain_vcpu_current', 'vcpu.current', 'Number of online vCPUs', { peers: inovex }),
  gauge('libvirt_domain_vcpu_maximum', 'vcpu.maximum', 'Number of vCPUs the domain may have', { peers: inovex }),
  gauge('libvirt_domain_iothreads', 'iothread.count', 'Number of IOThreads'),
];

/** Memory: the balloon and, when the guest has a balloon driver, what it reports. */
export const MEMORY_STATISTICS: readonly MetricFamily[] = [
  gauge('libvirt_domain_info_maximum_memory_bytes', 'balloon.maximum', 'Memory the domain may have', {
    ...kib,
    peers: both,
  }),
  gauge(
    'libvirt_domain_info_memory_usage_bytes',
    'balloon.current',
    'Memory the domain has now, as seen by the balloon',
    { ...kib, peers: both },
  ),
  gauge('libvirt_domain_memory_stats_maximum_bytes', 'balloon.maximum', 'Memory the domain may have', {
    ...kib,
    peers: inovex,
  }),
  gauge(
    'libvirt_domain_memory_stats_current_balloon_bytes',
    'balloon.current',
    'Size of the balloon: memory the domain has now',
    { ...kib, peers: { inovex: SAME, tinkoff: 'libvirt_domain_memory_stats_actual_balloon_bytes' } },
  ),
  counter(
    'libvirt_domain_memory_stats_swap_in_bytes_total',
    'balloon.swap_in',
    'Data the guest read from its swap space',
    { ...kib, peers: { inovex: 'libvirt_domain_memory_stats_swap_in_bytes (gauge)' } },
  ),
  counter(
    'libvirt_domain_memory_stats_swap_out_bytes_total',
    'balloon.swap_out',
    'Data the guest wrote to its swap space',
    { ...kib, peers: { inovex: 'libvirt_domain_memory_stats_swap_out_bytes (gauge)' } },
  ),
  counter(
    'libvirt_domain_memory_stats_major_fault_total',
    'balloon.major_fault',
    'Page faults of the guest that needed disk I/O',
    { peers: both },
  ),
  counter(
    'libvirt_domain_memory_stats_minor_fault_total',
    'balloon.minor_fault',
    'Page faults of the guest that needed no disk I/O',
    { peers: both },
  ),
  gauge(
    'libvirt_domain_memory_stats_unused_bytes',
    'balloon.unused',
    'Memory the guest uses for nothing at all, MemFree in its /proc/meminfo',
    { ...kib, peers: both },
  ),
  gauge(
    'libvirt_domain_memory_stats_available_bytes',
    'balloon.available',
    'Memory the guest manages, MemTotal in its /proc/meminfo',
    { ...kib, peers: both },
  ),
  gauge(
    'libvirt_domain_memory_stats_usable_bytes',
    'balloon.usable',
    'Memory the guest could give up without swapping, MemAvailable in its /proc/meminfo',
    { ...kib, peers: both },
  ),
  gauge(
    'libvirt_domain_memory_stats_disk_caches_bytes',
    'balloon.disk_caches',
    'Memory of the guest that caches disks and can be reclaimed',
    { ...kib, peers: { inovex: SAME, tinkoff: 'libvirt_domain_memory_stats_disk_cache_bytes' } },
  ),
  counter(
    'libvirt_domain_memory_stats_hugetlb_pgalloc_total',
    'balloon.hugetlb_pgalloc',
    'Huge pages the guest allocated',
    { peers: { inovex: 'same name (gauge)' } },
  ),
  counter(
    'libvirt_domain_memory_stats_hugetlb_pgfail_total',
    'balloon.hugetlb_pgfail',
    'Huge page allocations that failed in the guest',
    { peers: { inovex: 'same name (gauge)' } },
  ),
  gauge('libvirt_domain_memory_stats_rss_bytes', 'balloon.rss', 'Resident memory of the process that runs the domain', {
    ...kib,
    peers: both,
  }),
  gauge(
    'libvirt_domain_memory_stats_last_update_timestamp_seconds',
    'balloon.last-update',
    'When the balloon driver of the guest last reported; absent when it never did',
    { zeroIsUnknown: true, peers: inovex },
  ),
];

/** How fast the guest writes to its memory; a value only after somebody asked libvirt to measure it. */
export const DIRTY_RATE_STATISTICS: readonly MetricFamily[] = [
  gauge(
    'libvirt_domain_dirty_rate_status',
    'dirtyrate.calc_status',
    'State of the measurement: 0 not started, 1 measuring, 2 measured',
  ),
  gauge(
    'libvirt_domain_dirty_rate_bytes_per_second',
    'dirtyrate.megabytes_per_second',
    'Memory the guest dirtied in a second of the last measurement',
    { scale: 'mibToBytes' },
  ),
  gauge(
    'libvirt_domain_dirty_rate_start_timestamp_seconds',
    'dirtyrate.calc_start_time',
    'When the last measurement began',
    { zeroIsUnknown: true },
  ),
  gauge('libvirt_domain_dirty_rate_period_seconds', 'dirtyrate.calc_period', 'How long the last measurement lasted', {
    zeroIsUnknown: true,
  }),
];

const perf = (event: string, what: string): MetricFamily =>
  counter(`libvirt_domain_perf_${event}_total`, `perf.${event}`, what);

/** perf events; only those enabled in the domain's XML. */
export const PERF_STATISTICS: readonly MetricFamily[] = [
  counter('libvirt_domain_perf_cpu_clock_seconds_total', 'perf.cpu_clock', 'CPU clock time of the domain', ns),
  counter('libvirt_domain_perf_task_clock_seconds_total', 'perf.task_clock', 'Task clock time of the domain', ns),
  perf('cache_misses', 'Cache misses of the domain'),
  perf('cache_references', 'Cache accesses of the domain'),
  perf('instructions', 'Instructions the domain executed'),
  perf('cpu_cycles', 'CPU cycles of the domain'),
  perf('branch_instructions', 'Branch instructions the domain executed'),
  perf('branch_misses', 'Branches the CPU predicted wrongly for the domain'),
  perf('bus_cycles', 'Bus cycles of the domain'),
  perf('stalled_cycles_frontend', 'CPU cycles the domain waited in the front end of the pipeline'),
  perf('stalled_cycles_backend', 'CPU cycles the domain waited in the back end of the pipeline'),
  perf('ref_cpu_cycles', 'CPU cycles of the domain, not affected by frequency scaling'),
  perf('page_faults', 'Page faults of the domain'),
  perf('context_switches', 'Context switches of the domain'),
  perf('cpu_migrations', 'Moves of the domain from one CPU of the host to another'),
  perf('page_faults_min', 'Minor page faults of the domain'),
  perf('page_faults_maj', 'Major page faults of the domain'),
  perf('alignment_faults', 'Alignment faults of the domain'),
  perf('emulation_faults', 'Emulation faults of the domain'),
  gauge('libvirt_domain_perf_cache_occupancy_bytes', 'perf.cmt', 'Cache the domain occupies; kernels before 4.14 only'),
  gauge(
    'libvirt_domain_perf_memory_bandwidth_bytes_per_second',
    'perf.mbmt',
    'Memory bandwidth of the domain; kernels before 4.14 only',
  ),
  gauge(
    'libvirt_domain_perf_memory_bandwidth_local_bytes_per_second',
    'perf.mbml',
    'Bandwidth of the domain to the memory of its own node; kernels before 4.14 only',
  ),
];
