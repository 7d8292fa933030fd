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
    fields: new JoinedFields(merged.fields, part.fields),
    vcpu: part.vcpu.size > 0 ? part.vcpu : merged.vcpu,
    net: part.net.size > 0 ? part.net : merged.net,
    block: part.block.size > 0 ? part.block : merged.block,
    iothread: part.iothread.size > 0 ? part.iothread : merged.iothread,
  }));
}

/** Both, without a copy of either: ten thousand domains are merged in one poll. */
class JoinedFields implements StatFields {
  readonly #earlier: StatFields;
  readonly #later: StatFields;

  constructor(earlier: StatFields, later: StatFields) {
    this.#earlier = earlier;
    this.#later = later;
  }

  get size(): number {
    return [...this].length;
  }

  get(name: string): number | string | undefined {
    return this.#later.get(name) ?? this.#earlier.get(name);
  }

  has(name: string): boolean {
    return this.#later.has(name) || this.#earlier.has(name);
  }

  *[Symbol.iterator](): Iterator<readonly [string, number | string]> {
    for (const field of this.#earlier) if (!this.#later.has(field[0])) yield field;
    yield* this.#later;
  }
}
