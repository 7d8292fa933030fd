// SPDX-License-Identifier: Apache-2.0
// Waiting for something to become true, with a deadline: tests never sleep for a fixed time.
import { setTimeout as delay } from 'node:timers/promises';

/** How {@link waitFor} waits. */
export interface WaitOptions {
  /** What is awaited, for the message when it does not come. */
  readonly what: string;
  readonly deadlineMs: number;
  /** Time between two looks; 20 ms unless told. */
  readonly intervalMs?: number;
}

/** The middle one of the times that something took: a pause of a busy machine is not the product's. */
export function medianMs(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}

/**
 * Asks `probe` until it gives something other than undefined or false, and returns that.
 * A probe that throws counts as "not yet"; its error is the cause of the one thrown at the deadline.
 */
export async function waitFor<T>(
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  options: WaitOptions,
): Promise<T> {
  const end = performance.now() + options.deadlineMs;
  let cause: unknown;
  for (;;) {
    try {
      const found = await probe();
      if (found !== undefined && found !== false) return found;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= end) {
      const why = cause instanceof Error ? `: ${cause.message}` : '';
      throw new Error(`not within ${String(options.deadlineMs)} ms: ${options.what}${why}`, { cause });
    }
    await delay(options.intervalMs ?? 20);
  }
}
