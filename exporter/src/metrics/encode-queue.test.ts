// SPDX-License-Identifier: Apache-2.0

import { setImmediate as nextTurn } from 'node:timers/promises';
import { EncodeQueue } from './encode-queue.ts';
import type { Steps } from './encode-queue.ts';

it('takes a slice of a turn, however much work comes in it, and does all of it in order', async () => {
  const queue = new EncodeQueue();
  const done: number[] = [];
  function* busy(number: number): Steps {
    for (let step = 0; step < 2; step++) {
      const until = performance.now() + 1;
      while (performance.now() < until);
      if (step === 0) yield;
    }
    done.push(number);
  }
  for (let i = 0; i < 50; i++) queue.add(() => busy(i));
  // Ten milliseconds, two of them for each.
  expect(done.length).toBeLessThanOrEqual(5);
  while (done.length < 50) await nextTurn();
  expect(done).toEqual(Array.from({ length: 50 }, (_, i) => i));
  queue.add(() => busy(50));
  while (done.length < 51) await nextTurn();
});
