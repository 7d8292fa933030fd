// SPDX-License-Identifier: Apache-2.0
// Where the families of Tinkoff's exporter and of kumina's, which is Debian's package, are here. Names that are in
// neither table are the same. The first table is made of what the families themselves say, and what is not one family.

import { SAME } from './metric-family.ts';
import { METRIC_FAMILIES } from './metrics.ts';

/** One family of another exporter that is not the same here. */
export interface PeerRename {
  readonly there: string;
  /** Where it is now: a family name, or PromQL where it is computed; absent when it is gone. */
  readonly here?: string;
  readonly why: string;
}

const USED = '100 * (1 - libvirt_domain_memory_stats_usable_bytes / libvirt_domain_memory_stats_available_bytes)';

/** What differs from Tinkoff/libvirt-exporter 2.3. */
export const TINKOFF_RENAMES: readonly PeerRename[] = [
  ...METRIC_FAMILIES.flatMap(({ name, peers: { tinkoff } }) =>
    tinkoff === undefined || tinkoff === SAME ? [] : [{ there: tinkoff, here: name, why: 'Another name.' }],
  ),
  {
    there: 'libvirt_domain_info_meta{flavor,user_uuid,project_uuid,root_type,root_uuid}',
    here: 'libvirt_domain_openstack_info{flavor_name,user_id,project_id,root_type,root_id}',
    why: 'Other names of labels.',
  },
  {
    there: 'libvirt_domain_block_meta{bus,cache,discard}',
    here: 'libvirt_domain_block_stats_info{target_bus,driver_cache,driver_discard}',
    why: 'Other names of labels.',
  },
  { there: 'libvirt_domain_memory_stats_used_percent', here: USED, why: 'Prometheus computes it.' },
];

/** What differs from kumina/libvirt_exporter. */
export const KUMINA_RENAMES: readonly PeerRename[] = [
  { there: 'libvirt_domains_number', here: 'libvirt_domains', why: 'Counted the active ones alone.' },
  { there: 'libvirt_domain_state_code', here: 'libvirt_domain_info_state', why: 'Another name.' },
  ...(['read', 'write', 'flush'] as const).map((kind) => ({
    there: `libvirt_domain_block_stats_${kind}_seconds_total`,
    here: `libvirt_domain_block_stats_${kind}_time_seconds_total`,
    why: 'Another name.',
  })),
  {
    there: 'libvirt_domain_block_stats_*{source_file}',
    here: 'libvirt_domain_block_stats_info{source_file}',
    why: 'The path of a disk changes with a snapshot, and each change started new counters.',
  },
  {
    there: 'libvirt_domain_interface_stats_*{source_bridge}',
    here: 'libvirt_domain_interface_stats_info{source_bridge}',
    why: 'Facts are labels of the info series.',
  },
  {
    there: 'libvirt_domain_*{uuid,name,flavor,project_name}',
    here: 'libvirt_domain_info{uuid} and libvirt_domain_openstack_info',
    why: 'Facts are labels of the info series.',
  },
];
