// SPDX-License-Identifier: Apache-2.0

import { InspectionError } from './inspection-error.ts';

/** How much a {@link Gate} lets through. */
export interface GateOptions {
  /** What it guards, for the refusal: `screenshots of kvm1`. */
  readonly what: string;
  /** Pieces of work at once. */
  readonly width: number;
  /** Pieces of work that may wait; more are refused. */
  readonly waitingMax: number;
}

/** Lets so many pieces of work run at once, so many wait, and refuses the rest. First come, first served. */
export class Gate {
  readonly #options: GateOptions;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /**
   * Runs `work` when its turn comes.
   * Rejects with VIREO_BUSY when too many wait, with the signal's reason when it is given up before its turn, or as
   * `work` does.
   */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    if (this.#running < this.#options.width) this.#running += 1;
    else await this.#wait(signal);
    try {
      return await work();
    } finally {
      // The place goes straight to who has waited longest, so nobody gets in between.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  async #wait(signal: AbortSignal): Promise<void> {
    const { what, waitingMax } = this.#options;
    if (this.#waiting.length >= waitingMax) {
      throw new InspectionError('VIREO_BUSY', `${what}: ${String(waitingMax)} requests wait already`);
    }
    await new Promise<void>((resolve, reject) => {
      const enter = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(enter);
    });
  }
}
