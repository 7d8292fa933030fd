// SPDX-License-Identifier: Apache-2.0

import { setImmediate as settle } from 'node:timers/promises';
import { Gate } from './gate.ts';

const { signal: never } = new AbortController();

/** Work that ends when told to. */
function work(): { run: () => Promise<string>; end: () => void; fail: () => void; readonly began: boolean } {
  let began = false;
  let resolve: (result: string) => void = () => undefined;
  let reject: (reason: Error) => void = () => undefined;
  const promise = new Promise<string>((onResolve, onReject) => {
    [resolve, reject] = [onResolve, onReject];
  });
  return {
    run: () => {
      began = true;
      return promise;
    },
    end: () => {
      resolve('done');
    },
    fail: () => {
      reject(new Error('failed'));
    },
    get began() {
      return began;
    },
  };
}

it('runs so much at once, the rest in its order, whether or not what ran before failed', async () => {
  const gate = new Gate({ what: 'tests', width: 2, waitingMax: 8 });
  const all = Array.from({ length: 4 }, work);
  const results = all.map((each) => gate.run(each.run, never).catch(String));
  await settle();
  expect(all.map(({ began }) => began)).toEqual([true, true, false, false]);
  all[1]?.fail();
  await settle();
  expect(all.map(({ began }) => began)).toEqual([true, true, true, false]);
  for (const each of all) each.end();
  expect(await Promise.all(results)).toEqual(['done', 'Error: failed', 'done', 'done']);
});

it('refuses what comes when too much waits, and takes it again later', async () => {
  const gate = new Gate({ what: 'tests of one', width: 1, waitingMax: 1 });
  const [first, second] = [work(), work()];
  const results = [gate.run(first.run, never), gate.run(second.run, never)];
  const refused = gate.run(work().run, never);
  await expect(refused).rejects.toMatchObject({ code: 'VIREO_BUSY', message: 'tests of one: 1 requests wait already' });
  first.end();
  second.end();
  await Promise.all(results);
  const later = work();
  later.end();
  expect(await gate.run(later.run, never)).toBe('done');
});

it('lets who waits go, and gives the place to the next', async () => {
  const gate = new Gate({ what: 'tests', width: 1, waitingMax: 8 });
  const [first, gone, last] = [work(), work(), work()];
  const controller = new AbortController();
  const results = [gate.run(first.run, never), gate.run(last.run, never)];
  const left = gate.run(gone.run, controller.signal);
  controller.abort(new Error('gone'));
  await expect(left).rejects.toThrow('gone');
  first.end();
  last.end();
  expect(await Promise.all(results)).toEqual(['done', 'done']);
  expect(gone.began).toBe(false);
  await expect(gate.run(gone.run, controller.signal)).rejects.toThrow('gone');
});
