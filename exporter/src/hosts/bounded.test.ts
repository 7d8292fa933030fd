// SPDX-License-Identifier: Apache-2.0
import { setImmediate as turn } from 'node:timers/promises';
import { forEachBounded } from './bounded.ts';

describe('forEachBounded', () => {
  it('runs everything, never more than its width at a time', async () => {
    let running = 0;
    let most = 0;
    const done: number[] = [];
    await forEachBounded([1, 2, 3, 4, 5, 6, 7], 3, async (n) => {
      running += 1;
      most = Math.max(most, running);
      await turn();
      running -= 1;
      done.push(n);
    });
    expect(most).toBe(3);
    expect(done.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('finishes the others before it throws the first failure', async () => {
    const done: number[] = [];
    const run = forEachBounded([1, 2, 3], 1, async (n) => {
      await turn();
      if (n < 3) throw new Error(`failed ${String(n)}`);
      done.push(n);
    });
    await expect(run).rejects.toThrow('failed 1');
    expect(done).toEqual([3]);
  });
});
