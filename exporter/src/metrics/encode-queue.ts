// SPDX-License-Identifier: Apache-2.0
// Encodes hosts one after another in slices, so that neither a large host nor many at once hold up the event loop.

/** Milliseconds of encoding between two turns of the event loop. */
const SLICE_MS = 10;

/** Work in steps of a few milliseconds. */
export type Steps = Generator<undefined, void>;

/** Runs one work after another. */
export class EncodeQueue {
  private readonly waiting: (() => Steps)[] = [];
  private current: Steps | undefined;
  private scheduled = false;

  /** Adds work and begins at once: what takes no longer than a slice is done on return, unless other work was first. */
  add(work: () => Steps): void {
    this.waiting.push(work);
    if (!this.scheduled) this.run();
  }

  private run(): void {
    const until = performance.now() + SLICE_MS;
    for (;;) {
      this.current ??= this.waiting.shift()?.();
      if (this.current === undefined) return;
      if (this.current.next().done === true) this.current = undefined;
      if (performance.now() >= until) break;
    }
    if (this.current === undefined && this.waiting.length === 0) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.run();
    });
  }
}
