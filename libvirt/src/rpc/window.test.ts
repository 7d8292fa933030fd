// SPDX-License-Identifier: Apache-2.0

import { errorOf } from './peer.test-support.ts';
import type { Lane } from './window.ts';
import { CallWindow } from './window.ts';

interface Call {
  readonly lane: Lane;
  readonly procedure: { readonly name: string };
}

function calls(...lanes: Lane[]): Call[] {
  return lanes.map((lane, i) => ({ lane, procedure: { name: `${lane}-${String(i)}` } }));
}

function takeAll(window: CallWindow<Call>): string[] {
  const names: string[] = [];
  for (let call = window.take(); call !== undefined; call = window.take()) names.push(call.procedure.name);
  return names;
}

describe('call window', () => {
  test('gives urgent before normal before bulk, each in order', () => {
    const window = new CallWindow<Call>(10, 100);
    for (const call of calls('bulk', 'normal', 'urgent', 'bulk', 'normal', 'urgent')) window.enqueue(call);
    expect(window.queued).toBe(6);
    expect(takeAll(window)).toEqual(['urgent-2', 'urgent-5', 'normal-1', 'normal-4', 'bulk-0', 'bulk-3']);
    expect(window).toMatchObject({ queued: 0, occupied: 6 });
  });

  test('gives no more calls than it has slots until one is released', () => {
    const window = new CallWindow<Call>(2, 100);
    for (const call of calls('normal', 'normal', 'normal')) window.enqueue(call);
    expect(takeAll(window)).toEqual(['normal-0', 'normal-1']);
    window.release('normal');
    expect(takeAll(window)).toEqual(['normal-2']);
  });

  test('keeps one slot from bulk, so an urgent call goes out while bulk hangs', () => {
    const window = new CallWindow<Call>(4, 100);
    for (const call of calls('bulk', 'bulk', 'bulk', 'bulk', 'bulk')) window.enqueue(call);
    expect(takeAll(window)).toEqual(['bulk-0', 'bulk-1', 'bulk-2']);
    const [urgent] = calls('urgent');
    if (urgent !== undefined) window.enqueue(urgent);
    expect(takeAll(window)).toEqual(['urgent-0']);
    window.release('bulk');
    expect(takeAll(window)).toEqual(['bulk-3']);
  });

  test('lets bulk use the only slot of a window of one', () => {
    const window = new CallWindow<Call>(1, 100);
    for (const call of calls('bulk')) window.enqueue(call);
    expect(takeAll(window)).toEqual(['bulk-0']);
  });

  test('forgets a removed call', () => {
    const window = new CallWindow<Call>(4, 100);
    const [first, second] = calls('normal', 'normal');
    if (first === undefined || second === undefined) throw new Error('two calls were made');
    window.enqueue(first);
    window.enqueue(second);
    window.remove(first);
    expect(takeAll(window)).toEqual(['normal-1']);
  });

  test('refuses more waiting calls than its bound, retriably', () => {
    const window = new CallWindow<Call>(1, 2);
    for (const call of calls('normal', 'bulk')) window.enqueue(call);
    const [third] = calls('urgent');
    if (third === undefined) throw new Error('a call was made');
    expect(
      errorOf(() => {
        window.enqueue(third);
      }),
    ).toMatchObject({ code: 'LV_BUSY', retriable: true });
    expect(window.queued).toBe(2);
  });

  test('drains what waits, most urgent first, and only once', () => {
    const window = new CallWindow<Call>(1, 10);
    for (const call of calls('bulk', 'urgent')) window.enqueue(call);
    expect(window.drain().map((call) => call.procedure.name)).toEqual(['urgent-1', 'bulk-0']);
    expect(window.drain()).toEqual([]);
  });

  test.each([
    [0, 10],
    [1.5, 10],
    [NaN, 10],
    [4, 0],
    [4, NaN],
  ])('refuses %d slots with %d waiting', (maxInFlight, maxQueued) => {
    expect(errorOf(() => new CallWindow<Call>(maxInFlight, maxQueued))).toMatchObject({ code: 'LV_ARG_VALUE' });
  });
});
