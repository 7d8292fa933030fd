// SPDX-License-Identifier: Apache-2.0
// A call of libvirt that an action waits for without standing still: what is seen of the domain decides, not the call.

import type { Sent } from './operations.ts';

/** How far a call has come; neither while it is pending. */
export interface CallProgress {
  /** Milliseconds since it returned without an error. */
  readonly returnedMs?: number;
  /** Why it failed. */
  readonly error?: unknown;
}

/** One call, and how far it has come. */
export class PendingCall {
  /** Resolves when the call has returned or was given up; never rejects. */
  readonly settled: Promise<void>;
  #settledAt: number | undefined;
  #sent: Sent | undefined;
  #error: unknown;

  /** @param onSettled called before {@link settled} resolves */
  constructor(sending: Promise<Sent>, onSettled: () => void) {
    this.settled = sending
      .then(
        (sent) => {
          this.#sent = sent;
          this.#settledAt = performance.now();
        },
        (error: unknown) => {
          this.#error = error;
          this.#settledAt = performance.now();
        },
      )
      .finally(onSettled);
  }

  /**
   * How far it had come at a moment, on the clock of `performance.now`. What was seen of a domain tells nothing of a
   * call that ended while one was looking: the state may be the one from before.
   */
  at(moment: number): CallProgress {
    if (this.#settledAt === undefined || this.#settledAt > moment) return {};
    return this.#error === undefined ? { returnedMs: moment - this.#settledAt } : { error: this.#error };
  }

  /** What it left behind; undefined while it has not returned. */
  get sent(): Sent | undefined {
    return this.#sent;
  }

  get isPending(): boolean {
    return this.#settledAt === undefined;
  }

  /** Waits until it has settled, not longer than `ms`. */
  async wait(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([this.settled, timeout]);
    clearTimeout(timer);
  }
}
