// SPDX-License-Identifier: Apache-2.0
// Encodes hosts one after another in slices, so that neither a large host nor many at once hold up the event loop.

/** Milliseconds of encoding between two turns of the event loop. */
const SLICE_MS = 10;

/** Work in steps of a few milliseconds. */
export type Steps = Generator<undefined, void>;

/** Runs one work after another, a slice of each turn of the event loop, however many add to it in that turn. */
export class EncodeQueue {
  private readonly waiting: (() => Steps)[] = [];
  private current: Steps | undefined;
  /** While true, {@link until} is of the turn that runs. */
  private isCounting = false;
  private until = 0;

  /** Adds work and begins at once: what fits into what is left of the slice is done on return, unless other work was first. */
  add(work: () => Steps): void {
    this.waiting.push(work);
    if (!this.isCounting) this.begin();
    else if (performance.now() < this.until) this.run();
  }

  /** A turn's slice has one step, however little time the machine leaves it. */
  private begin(): void {
    this.isCounting = true;
    this.until = performance.now() + SLICE_MS;
    setImmediate(() => {
      this.isCounting = false;
      if (this.current !== undefined || this.waiting.length > 0) this.begin();
    });
    this.run();
  }

  private run(): void {
    do {
      this.current ??= this.waiting.shift()?.();
      if (this.current === undefined) return;
      if (this.current.next().done === true) this.current = undefined;
    } while (performance.now() < this.until);
  }
}
