// SPDX-License-Identifier: Apache-2.0
// From the wire's numbers to the API's. The wire has 64-bit integers; sizes in bytes fit a double exactly up to 2^53
// (8 PiB), and counters above it become the nearest double, which is what every consumer of them wants.

/** A size or counter as a number. */
export function toNumber(value: bigint): number {
  return Number(value);
}

/** KiB, libvirt's unit of memory, as bytes. */
export function kibToBytes(kib: bigint): number {
  return Number(kib) * 1024;
}

/** libvirt's "-1: unknown" as `null`. */
export function known(value: bigint): number | null {
  return value < 0n ? null : Number(value);
}

/** major * 1000000 + minor * 1000 + micro as '9.0.0'. */
export function toVersion(value: bigint): string {
  return `${String(value / 1_000_000n)}.${String((value / 1000n) % 1000n)}.${String(value % 1000n)}`;
}

/** Options named after the bits of a flags argument. */
export type FlagOptions<T> = { readonly [K in keyof T]?: boolean | undefined };

/** The flags argument that `options` make. */
export function flagBits<T extends Readonly<Record<string, number>>>(table: T, options: FlagOptions<T>): number {
  let bits = 0;
  for (const [name, bit] of Object.entries(table)) if (options[name] === true) bits |= bit;
  return bits >>> 0;
}

/** Milliseconds for calls that wait for a hypervisor or for a domain's queue, whose own limit is 30 s. */
export const SLOW_MS = 40_000;

/** Milliseconds for calls that move a guest's whole memory or disk. */
export const LONG_MS = 600_000;
