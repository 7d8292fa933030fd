// SPDX-License-Identifier: Apache-2.0
// How much memory a host has, and how much of it is free: both always of one source. libvirt has two: statistics, which
// are /proc/meminfo, and node info with free memory, which are the kernel's NUMA cells. Where memory was plugged in later
// they differ by gigabytes, and the free memory of one can be more than all memory of the other.
import type { HostSnapshot } from './snapshot.ts';

/** Bytes; what libvirt did not tell is absent. */
export interface HostMemory {
  readonly totalBytes?: number | undefined;
  /** Caches do not count as free. */
  readonly freeBytes?: number | undefined;
}

/** Of the statistics where they have both, so that what they count as buffers and caches fits too. */
export function memoryOf({ facts, node }: Pick<HostSnapshot, 'facts' | 'node'>): HostMemory {
  const [total, free] = ['total', 'free'].map((kind) => node?.memoryBytesByKind?.get(kind));
  if (total !== undefined && free !== undefined) return { totalBytes: total, freeBytes: free };
  return { totalBytes: facts?.node?.memoryBytes ?? total, freeBytes: node?.freeMemoryBytes };
}
