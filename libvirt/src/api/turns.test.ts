// SPDX-License-Identifier: Apache-2.0

import { setImmediate as nextTurn } from 'node:timers/promises';
import { turns } from './turns.ts';

/** Works for `ms` as `gather` does, step by step. */
async function work(ms: number, onStep: () => void = () => undefined): Promise<void> {
  if (!turns.hasTime) await turns.next();
  for (let done = 0; done < ms; done++) {
    const until = performance.now() + 1;
    while (performance.now() < until);
    onStep();
    if (turns.isOver) await turns.next();
  }
}

/** The number of steps done in each turn of the event loop until all `expected` are. */
async function stepsOfTurns(expected: number, begin: (onStep: () => void) => void): Promise<number[]> {
  const counts: number[] = [];
  let steps = 0;
  begin(() => steps++);
  for (let done = 0; done < expected; done += steps, steps = 0) {
    await nextTurn();
    counts.push(steps);
  }
  return counts;
}

it('many that work at once take no more of a turn than one', async () => {
  const counts = await stepsOfTurns(100, (onStep) => {
    for (let i = 0; i < 20; i++) void work(5, onStep);
  });
  expect(counts.reduce((sum, count) => sum + count)).toBe(100);
  // A slice of 8 ms has at most eight whole steps and the one that crosses its end; of two turns the loop may run both.
  expect(Math.max(...counts)).toBeLessThanOrEqual(18);
});

it('who has little to do does not wait for those who have much to be done', async () => {
  let isOver = false;
  const long = work(200).then(() => {
    isOver = true;
  });
  await nextTurn();
  await work(1);
  expect(isOver).toBe(false);
  await long;
});

it('work may begin at once in a turn in which nobody worked', async () => {
  await nextTurn();
  await nextTurn();
  expect(turns.hasTime).toBe(true);
});
