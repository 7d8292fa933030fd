// SPDX-License-Identifier: Apache-2.0
// Families about a host and its storage pools.

import { SAME } from './metric-family.ts';
import type { FactSpec } from './metric-family.ts';

/** The host as libvirt describes it. */
export const HOST_FACTS = {
  libvirt_up: {
    type: 'gauge',
    labels: ['host'],
    what: 'Whether Vireo is connected to the libvirt daemon of this host, 1 or 0',
    from: 'state of the control connection',
    peers: { inovex: SAME, tinkoff: SAME },
  },
  libvirt_versions_info: {
    type: 'info',
    labels: ['host', 'hypervisor_running', 'libvirtd_running'],
    what: 'Versions of the hypervisor and of the libvirt daemon, always 1',
    from: 'libvirt CONNECT_GET_VERSION and CONNECT_GET_LIB_VERSION',
    peers: { tinkoff: SAME },
  },
  libvirt_host_info: {
    type: 'info',
    labels: ['host', 'hostname', 'driver', 'cpu_model'],
    what: 'What the host is, always 1',
    from: 'libvirt CONNECT_GET_HOSTNAME, CONNECT_GET_TYPE and NODE_GET_INFO model',
  },
  libvirt_host_cpus: {
    type: 'gauge',
    labels: ['host'],
    what: 'Number of active logical CPUs of the host',
    from: 'libvirt NODE_GET_INFO cpus',
  },
  libvirt_host_cpu_frequency_hertz: {
    type: 'gauge',
    labels: ['host'],
    what: 'Expected frequency of a CPU of the host',
    from: 'libvirt NODE_GET_INFO mhz, in MHz',
  },
  libvirt_host_numa_nodes: {
    type: 'gauge',
    labels: ['host'],
    what: 'Number of NUMA nodes of the host',
    from: 'libvirt NODE_GET_INFO nodes',
  },
  libvirt_host_sockets_per_numa_node: {
    type: 'gauge',
    labels: ['host'],
    what: 'Number of CPU sockets in a NUMA node',
    from: 'libvirt NODE_GET_INFO sockets',
  },
  libvirt_host_cores_per_socket: {
    type: 'gauge',
    labels: ['host'],
    what: 'Number of cores in a CPU socket',
    from: 'libvirt NODE_GET_INFO cores',
  },
  libvirt_host_threads_per_core: {
    type: 'gauge',
    labels: ['host'],
    what: 'Number of threads in a core',
    from: 'libvirt NODE_GET_INFO threads',
  },
  libvirt_host_memory_total_bytes: {
    type: 'gauge',
    labels: ['host'],
    what: 'Memory of the host',
    from: 'libvirt NODE_GET_MEMORY_STATS total, in KiB; without them NODE_GET_INFO memory, in KiB',
  },
  libvirt_host_memory_free_bytes: {
    type: 'gauge',
    labels: ['host'],
    what: 'Free memory of the host, caches not counted as free',
    from: 'libvirt NODE_GET_MEMORY_STATS free, in KiB; without them NODE_GET_FREE_MEMORY',
  },
  libvirt_host_memory_stats_bytes: {
    type: 'gauge',
    labels: ['host', 'kind'],
    what: 'Memory of the host by kind; the total is libvirt_host_memory_total_bytes',
    from: 'libvirt NODE_GET_MEMORY_STATS, in KiB',
  },
  libvirt_host_cpu_seconds_total: {
    type: 'counter',
    labels: ['host', 'mode'],
    what: 'Time all CPUs of the host together spent in each mode',
    from: 'libvirt NODE_GET_CPU_STATS, in ns',
  },
} as const satisfies Record<string, FactSpec>;

/** Storage pools. */
export const POOL_FACTS = {
  libvirt_storage_pool_state: {
    type: 'gauge',
    labels: ['host', 'storage_pool'],
    what: 'State of the pool: 0 inactive, 1 building, 2 running, 3 degraded, 4 inaccessible',
    from: 'libvirt STORAGE_POOL_GET_INFO state',
    peers: { inovex: SAME },
  },
  libvirt_storage_pool_capacity_bytes: {
    type: 'gauge',
    labels: ['host', 'storage_pool'],
    what: 'Size of the pool',
    from: 'libvirt STORAGE_POOL_GET_INFO capacity',
    peers: { inovex: SAME, tinkoff: 'libvirt_pool_info_capacity_bytes' },
  },
  libvirt_storage_pool_allocation_bytes: {
    type: 'gauge',
    labels: ['host', 'storage_pool'],
    what: 'Bytes allocated in the pool',
    from: 'libvirt STORAGE_POOL_GET_INFO allocation',
    peers: { inovex: SAME, tinkoff: 'libvirt_pool_info_allocation_bytes' },
  },
  libvirt_storage_pool_available_bytes: {
    type: 'gauge',
    labels: ['host', 'storage_pool'],
    what: 'Free space left in the pool',
    from: 'libvirt STORAGE_POOL_GET_INFO available',
    peers: { inovex: SAME, tinkoff: 'libvirt_pool_info_available_bytes' },
  },
  libvirt_storage_pool_autostart: {
    type: 'gauge',
    labels: ['host', 'storage_pool'],
    what: 'Whether the pool starts with its host, 1 or 0',
    from: 'libvirt CONNECT_LIST_ALL_STORAGE_POOLS autostart',
  },
  libvirt_storage_pool_persistent: {
    type: 'gauge',
    labels: ['host', 'storage_pool'],
    what: 'Whether the pool keeps its definition when it stops, 1 or 0',
    from: 'libvirt CONNECT_LIST_ALL_STORAGE_POOLS persistent',
  },
  libvirt_storage_pool_volumes: {
    type: 'gauge',
    labels: ['host', 'storage_pool'],
    what: 'Number of volumes of the pool as of its last refresh; absent for an inactive one',
    from: 'libvirt STORAGE_POOL_LIST_ALL_VOLUMES',
  },
  libvirt_storage_pool_timed_out: {
    type: 'gauge',
    labels: ['host', 'storage_pool'],
    what: 'Whether the pool did not answer in time, 1 or 0',
    from: 'deadline of libvirt STORAGE_POOL_GET_INFO',
    peers: { inovex: SAME },
  },
} as const satisfies Record<string, FactSpec>;

/** Volumes of storage pools. */
export const VOLUME_FACTS = {
  libvirt_storage_volume_info: {
    type: 'info',
    labels: ['host', 'storage_pool', 'volume', 'volume_type'],
    what: 'What the volume is, always 1',
    from: 'libvirt STORAGE_POOL_LIST_ALL_VOLUMES and STORAGE_VOL_GET_INFO type',
  },
  libvirt_storage_volume_capacity_bytes: {
    type: 'gauge',
    labels: ['host', 'storage_pool', 'volume'],
    what: 'Size of the volume as a guest sees it',
    from: 'libvirt STORAGE_VOL_GET_INFO capacity',
  },
  libvirt_storage_volume_allocation_bytes: {
    type: 'gauge',
    labels: ['host', 'storage_pool', 'volume'],
    what: 'Bytes the volume takes of its pool',
    from: 'libvirt STORAGE_VOL_GET_INFO allocation',
  },
  libvirt_storage_pool_volumes_left_out: {
    type: 'gauge',
    labels: ['host', 'storage_pool'],
    what: 'Number of volumes of the pool without series of their own: beyond the first 100 by name, or not answering',
    from: 'libvirt STORAGE_POOL_LIST_ALL_VOLUMES',
  },
} as const satisfies Record<string, FactSpec>;
