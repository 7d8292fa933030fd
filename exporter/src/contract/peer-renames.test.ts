// SPDX-License-Identifier: Apache-2.0
import { METRIC_FAMILIES } from './metrics.ts';
import { KUMINA_RENAMES, TINKOFF_RENAMES } from './peer-renames.ts';
import type { PeerRename } from './peer-renames.ts';

/** `a{b,c}d{e,f}` to all it stands for. */
function unfold(pattern: string): string[] {
  const choice = /\{([^}]*)\}/.exec(pattern);
  if (choice === null) return [pattern];
  return (choice[1] ?? '').split(',').flatMap((part) => unfold(pattern.replace(choice[0], part)));
}

/** Every family of libvirt_exporter.go in Tinkoff/libvirt-exporter at a9612be (2.3.3). */
const TINKOFF = [
  'libvirt_{up,versions_info}',
  'libvirt_pool_info_{capacity,allocation,available}_bytes',
  'libvirt_domain_info_{meta,maximum_memory_bytes,memory_usage_bytes,virtual_cpus,vstate,cpu_time_seconds_total}',
  'libvirt_domain_vcpu_{state,cpu,time_seconds_total,wait_seconds_total,delay_seconds_total}',
  'libvirt_domain_{block,interface}_meta',
  'libvirt_domain_block_stats_{read,write}_{bytes,requests,time_seconds}_total',
  'libvirt_domain_block_stats_flush_{requests,time_seconds}_total',
  'libvirt_domain_block_stats_{allocation,capacity_bytes,physicalsize_bytes,size_iops_bytes}',
  'libvirt_domain_block_stats_limit{,_burst}_{total,read,write}_{bytes,requests}',
  'libvirt_domain_block_stats_limit_burst_{total,read,write}_bytes_length_seconds',
  'libvirt_domain_block_stats_limit_burst_length_{total,read,write}_requests_seconds',
  'libvirt_domain_interface_stats_{receive,transmit}_{bytes,packets,errors,drops}_total',
  'libvirt_domain_memory_stats_{major,minor}_fault_total',
  'libvirt_domain_memory_stats_{unused,available,actual_balloon,rss,usable,disk_cache}_bytes',
  'libvirt_domain_memory_stats_used_percent',
].flatMap(unfold);

/** Every family of kumina/libvirt_exporter at c867a0d. */
const KUMINA = [
  'libvirt_{up,domains_number,domain_state_code}',
  'libvirt_domain_info_{maximum_memory_bytes,memory_usage_bytes,virtual_cpus,cpu_time_seconds_total}',
  'libvirt_domain_block_stats_{read,write}_{bytes,requests,seconds}_total',
  'libvirt_domain_block_stats_flush_{requests,seconds}_total',
  'libvirt_domain_interface_stats_{receive,transmit}_{bytes,packets,errors,drops}_total',
].flatMap(unfold);

const names = METRIC_FAMILIES.map(({ name }) => name);

describe.each<[string, readonly string[], number, readonly PeerRename[]]>([
  ['Tinkoff', TINKOFF, 65, TINKOFF_RENAMES],
  ['kumina', KUMINA, 23, KUMINA_RENAMES],
])('the families of %s', (_, families, count, renames) => {
  it('are all here: the same name, or a line in the table', () => {
    expect(new Set(families).size).toBe(count);
    const renamed = new Set(renames.map(({ there }) => there));
    expect(families.filter((name) => !names.includes(name) && !renamed.has(name))).toEqual([]);
  });

  it('are sent to families that exist', () => {
    const targets = renames.flatMap(({ here = '' }) => here.match(/\blibvirt_[a-z_]+[a-z]\b/g) ?? []);
    expect(targets.length).toBeGreaterThan(5);
    expect(targets.filter((name) => !names.includes(name))).toEqual([]);
  });
});
