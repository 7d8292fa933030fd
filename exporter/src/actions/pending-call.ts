// SPDX-License-Identifier: Apache-2.0
// A call of libvirt that an action waits for without standing still: what is seen of the domain decides, not the call.

import type { Sent } from './operations.ts';

/** One call, and how far it has come. */
export class PendingCall {
  /** Resolves when the call has returned or was given up; never rejects. */
  readonly settled: Promise<void>;
  #returnedAt: number | undefined;
  #sent: Sent | undefined;
  #error: unknown;

  /** @param onSettled called before {@link settled} resolves */
  constructor(sending: Promise<Sent>, onSettled: () => void) {
    this.settled = sending
      .then(
        (sent) => {
          this.#sent = sent;
          this.#returnedAt = performance.now();
        },
        (error: unknown) => {
          this.#error = error;
        },
      )
      .finally(onSettled);
  }

  /** When it returned without an error, on the clock of `performance.now`; undefined if it did not. */
  get returnedAt(): number | undefined {
    return this.#returnedAt;
  }

  /** What it left behind; undefined while it has not returned. */
  get sent(): Sent | undefined {
    return this.#sent;
  }

  /** Why it failed; undefined if it did not. */
  get error(): unknown {
    return this.#error;
  }

  get isPending(): boolean {
    return this.#returnedAt === undefined && this.#error === undefined;
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
