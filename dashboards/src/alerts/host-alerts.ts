// SPDX-License-Identifier: Apache-2.0
// Alerts about what hosts have to give: memory, CPUs, storage pools.

import { fact } from '../metric.ts';
import { once } from './alert.ts';
import type { Alert, AlertGroup } from './alert.ts';

const HOST = { uid: 'vireo-host', variables: ['host'] };
const STORAGE = { uid: 'vireo-storage-network', variables: ['host'] };

const ACTIVE = { state: '="active"' };
const total = once('host', fact('libvirt_host_memory_total_bytes'));
const reclaimable = fact('libvirt_host_memory_stats_bytes', { kind: '=~"free|buffers|cached"' });
const POOL = 'host, storage_pool';
const available = fact('libvirt_storage_pool_available_bytes');
/** Of a pool without a size, NaN: neither more nor less than anything. */
const free = `${once(POOL, available)} / ${once(POOL, fact('libvirt_storage_pool_capacity_bytes'))}`;

const alerts: readonly Alert[] = [
  {
    name: 'LibvirtHostMemoryPressure',
    severity: 'critical',
    for: '10m',
    expr: `sum by (host) (${once('host, kind', reclaimable)}) / ${total} < 0.05`,
    summary: 'Host {{ $labels.host }} is nearly out of memory',
    description:
      'Only {{ $value | humanizePercentage }} of the memory of {{ $labels.host }} is free or can be reclaimed from caches. The kernel may soon kill a domain.',
    dashboard: HOST,
  },
  {
    name: 'LibvirtHostMemoryOvercommitted',
    severity: 'warning',
    for: '15m',
    expr: `${once('host', fact('libvirt_host_allocated_memory_bytes', ACTIVE))} / ${total} > 1`,
    summary: 'Domains of host {{ $labels.host }} were promised more memory than it has',
    description:
      'The active domains of {{ $labels.host }} may use {{ $value | humanizePercentage }} of its memory. If they all do, the host swaps or the kernel kills one.',
    dashboard: HOST,
  },
  {
    name: 'LibvirtHostCpuOvercommitted',
    severity: 'info',
    for: '15m',
    expr: `${once('host', fact('libvirt_host_allocated_vcpus', ACTIVE))} / ${once('host', fact('libvirt_host_cpus'))} > 4`,
    summary: 'Domains of host {{ $labels.host }} share each CPU with many',
    description:
      'The active domains of {{ $labels.host }} have {{ $value | humanize }} vCPUs for each of its CPUs. See whether they wait for one another: LibvirtDomainSteal.',
    dashboard: HOST,
  },
  {
    name: 'LibvirtStoragePoolFillingUp',
    severity: 'warning',
    for: '1h',
    expr: `${once(POOL, `predict_linear(${available}[6h], 86400)`)} < 0
and ${free} < 0.25`,
    summary: 'Pool {{ $labels.storage_pool }} of host {{ $labels.host }} will be full within a day',
    description:
      'At the pace of the last six hours pool {{ $labels.storage_pool }} of {{ $labels.host }} is full within 24 hours. Domains that write to a full pool are paused.',
    dashboard: STORAGE,
  },
  {
    name: 'LibvirtStoragePoolNearlyFull',
    severity: 'critical',
    for: '5m',
    expr: `${free} < 0.05`,
    summary: 'Pool {{ $labels.storage_pool }} of host {{ $labels.host }} is nearly full',
    description:
      'Only {{ $value | humanizePercentage }} of pool {{ $labels.storage_pool }} of {{ $labels.host }} is free. Domains that write to a full pool are paused.',
    dashboard: STORAGE,
  },
];

/** Hosts and pools. */
export const HOST_ALERTS: AlertGroup = { name: 'vireo-hosts', alerts };
