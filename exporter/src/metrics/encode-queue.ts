// SPDX-License-Identifier: Apache-2.0
// Encodes hosts one after another in slices, so that neither a large host nor many at once hold up the event loop.

/** Milliseconds of encoding between two turns of the event loop. */
const SLICE_MS = 10;

/** Work in steps of a few milliseconds. */
export type Steps = Generator<undefined, void>;

/** Runs one work after another; of one turn of the event loop it takes no more than a slice, however often work comes. */
export class EncodeQueue {
  private readonly waiting: (() => Steps)[] = [];
  private current: Steps | undefined;
  /** While true, `until` is of the turn that runs. */
  private isCounting = false;
  private until = 0;

  /** Adds work and begins at once: it is done on return if this turn has time for it, and nothing was first. */
  add(work: () => Steps): void {
    this.waiting.push(work);
    this.run();
  }

  private run(): void {
    // A step at least, however little time the machine leaves this process.
    let mayGo = !this.isCounting;
    if (!this.isCounting) this.count();
    for (; mayGo || performance.now() < this.until; mayGo = false) {
      this.current ??= this.waiting.shift()?.();
      if (this.current === undefined) return;
      if (this.current.next().done === true) this.current = undefined;
    }
  }

  private count(): void {
    this.isCounting = true;
    this.until = performance.now() + SLICE_MS;
    setImmediate(() => {
      this.isCounting = false;
      if (this.current !== undefined || this.waiting.length > 0) this.run();
    });
  }
}
