// SPDX-License-Identifier: Apache-2.0
// A domain's statistics come in parts: those that need no monitor with the inventory, and where a whole record would be
// too large, group by group.

import type { DomainStats, StatFields } from '@vireo/libvirt';

/** One record out of the parts that different calls gave; a later part wins. */
export function mergeStats(parts: readonly DomainStats[]): DomainStats | undefined {
  const [first, ...others] = parts;
  if (first === undefined) return undefined;
  if (others.length === 0) return first;
  return parts.reduce((merged, part) => ({
    domain: part.domain,
    fields: mergeFields(merged.fields, part.fields),
    vcpu: part.vcpu.size > 0 ? part.vcpu : merged.vcpu,
    net: part.net.size > 0 ? part.net : merged.net,
    block: part.block.size > 0 ? part.block : merged.block,
    iothread: part.iothread.size > 0 ? part.iothread : merged.iothread,
  }));
}

/** In libvirt's order, without lists of pairs in between: ten thousand domains are merged in one go. */
function mergeFields(earlier: StatFields, later: StatFields): StatFields {
  const fields = new Map(earlier);
  for (const [key, value] of later) fields.set(key, value);
  return fields;
}
