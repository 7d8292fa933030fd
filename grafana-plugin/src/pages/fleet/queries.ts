// SPDX-License-Identifier: Apache-2.0
// PromQL about hosts: what they do, what they promised, and what is wrong that the API's lists do not tell. Without Grafana
// and React, so that it is tested alone.

import { quoted } from '../../metrics/promql';

/** Space below that part of a pool is a fault, as for the alert LibvirtStoragePoolNearlyFull. */
const POOL_FREE_MIN = 0.05;
/** Series of a fault that are asked for; a page names fewer. */
const FAULTS_MAX = 100;
const RATE = '[$__rate_interval]';

/** How much hosts do and have promised, each by the label `host`; of one host, or of all. */
export function loadQueries(host?: string) {
  const of = (name: string, ...matchers: string[]) => {
    const all = [...(host === undefined ? [] : [`host=${quoted(host)}`]), ...matchers];
    return all.length === 0 ? name : `${name}{${all.join(',')}}`;
  };
  const perHost = (series: string) => `max by (host) (${series})`;
  const cpus = perHost(of('libvirt_host_cpus'));
  const total = perHost(of('libvirt_host_memory_total_bytes'));
  const reclaimable = of('libvirt_host_memory_stats_bytes', 'kind=~"free|buffers|cached"');
  return {
    /** Part of the CPUs' time that is used; by rounding it could be more than all. */
    cpu: `clamp_max(sum by (host) (max by (host, mode) (rate(${of('libvirt_host_cpu_seconds_total', 'mode!="idle"')}${RATE}))) / ${cpus}, 1)`,
    /** Part of the memory that is neither free nor can be taken back from caches. */
    memory: `1 - (sum by (host) (max by (host, kind) (${reclaimable})) or ${perHost(of('libvirt_host_memory_free_bytes'))}) / ${total}`,
    /** vCPUs of active domains for each CPU. */
    vcpus: `${perHost(of('libvirt_host_allocated_vcpus', 'state="active"'))} / ${cpus}`,
    /** Memory that active domains may have, as a part of what there is. */
    promised: `${perHost(of('libvirt_host_allocated_memory_bytes', 'state="active"'))} / ${total}`,
  };
}

/** Faults that only metrics tell. */
export const FAULT_QUERIES = {
  stuck: `topk(${FAULTS_MAX}, max by (host, domain) (libvirt_domain_timed_out) == 1)`,
  pools: `bottomk(${FAULTS_MAX}, max by (host, storage_pool) (libvirt_storage_pool_available_bytes) / max by (host, storage_pool) (libvirt_storage_pool_capacity_bytes) < ${POOL_FREE_MIN})`,
} as const;
