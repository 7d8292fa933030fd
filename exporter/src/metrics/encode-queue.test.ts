// SPDX-License-Identifier: Apache-2.0
import { setImmediate as nextTurn } from 'node:timers/promises';
import { EncodeQueue } from './encode-queue.ts';

describe('EncodeQueue', () => {
  let now = 0;
  let done: string[];
  beforeEach(() => {
    done = [];
    jest.spyOn(performance, 'now').mockImplementation(() => now);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  /** Work of so many steps, each of which takes some milliseconds. */
  function work(name: string, count: number, stepMs = 1): () => Generator<undefined, void> {
    return function* () {
      for (let step = 0; step < count; step++) {
        now += stepMs;
        done.push(name);
        yield undefined;
      }
    };
  }

  it('many hosts that come in one turn take no more of it than one', async () => {
    const queue = new EncodeQueue();
    for (let host = 0; host < 20; host++) queue.add(work(`kvm${String(host)}`, 5));
    expect(done).toHaveLength(10);
    for (let before = done.length; before < 100; before = done.length) {
      await nextTurn();
      expect(done.length - before).toBeGreaterThan(0);
      // Of two turns the loop may have run both.
      expect(done.length - before).toBeLessThanOrEqual(20);
    }
  });

  it('what is small is done on return, also after other small work of the same turn', () => {
    const queue = new EncodeQueue();
    for (const host of ['kvm1', 'kvm2']) queue.add(work(host, 1));
    expect(done).toEqual(['kvm1', 'kvm2']);
  });

  it('does a step in each turn, however long it takes, and runs in the order of coming', async () => {
    const queue = new EncodeQueue();
    queue.add(work('slow', 3, 100));
    queue.add(work('fast', 1));
    expect(done).toEqual(['slow']);
    while (done.length < 4) await nextTurn();
    expect(done).toEqual(['slow', 'slow', 'slow', 'fast']);
  });
});
