// SPDX-License-Identifier: Apache-2.0
// How long to wait before the next attempt to reach a lost host.

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

/**
 * Milliseconds to wait before attempt `attempt + 1`, after `attempt` failures in a row: 1 s doubling up to 30 s, give
 * or take a quarter, so that a hundred hosts behind one failed switch do not all come back in the same instant.
 */
export function backOffMs(attempt: number, random: () => number = Math.random): number {
  const base = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, attempt - 1));
  return Math.round(base * (0.75 + random() / 2));
}
