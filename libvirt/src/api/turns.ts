// SPDX-License-Identifier: Apache-2.0
// Long work in slices: all of it together, of however many connections, takes no more than one slice of each turn of the
// event loop, so that a hundred hosts which answer at once do not stand still together what each alone would not.

/** Milliseconds of work in one turn. */
const SLICE_MS = 8;

/** The turns of one event loop. */
class Turns {
  readonly #waiting: (() => void)[] = [];
  /** While true, {@link #until} is of the turn that runs. */
  #isCounting = false;
  #until = 0;

  /** Whether work may begin now: there is time in this turn, and nobody waits for the next. */
  get hasTime(): boolean {
    return this.#waiting.length === 0 && !this.isOver;
  }

  /** Whether the time of this turn is used up: what has more to do waits for the {@link next}. */
  get isOver(): boolean {
    const now = performance.now();
    if (!this.#isCounting) this.#count(now);
    return now >= this.#until;
  }

  /** Resolves in a turn of the caller's own; who has waited longest comes first. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (!this.#isCounting) this.#count(performance.now());
    });
  }

  #count(now: number): void {
    this.#isCounting = true;
    this.#until = now + SLICE_MS;
    setImmediate(() => {
      this.#isCounting = false;
      const first = this.#waiting.shift();
      if (first === undefined) return;
      this.#count(performance.now());
      first();
    });
  }
}

/** Those of this thread. */
export const turns = new Turns();
