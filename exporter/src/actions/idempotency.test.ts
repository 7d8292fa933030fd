// SPDX-License-Identifier: Apache-2.0

import { IdempotencyKeys, KEPT_MAX } from './idempotency.ts';

const OPS = { token: 'ops' };
const body = { action: 'start' };

let now = 0;
let made = 0;
let keys: IdempotencyKeys<number>;

beforeEach(() => {
  now = 0;
  made = 0;
  keys = new IdempotencyKeys(() => now);
});

/** The number of the acceptance that a request ends up with. */
async function accepted(owner: { token: string; user?: string }, key: string): Promise<number> {
  const { accepted: number } = await keys.once(owner, key, body, () => Promise.resolve((made += 1)));
  return number;
}

test('a key stands for its first acceptance, for a day', async () => {
  expect([await accepted(OPS, 'k'), await accepted(OPS, 'k')]).toEqual([1, 1]);
  now = 24 * 3_600_000 - 1;
  expect(await accepted(OPS, 'k')).toBe(1);
  now += 1;
  expect(await accepted(OPS, 'k')).toBe(2);
});

test('the same key of another token, or of another user of it, is another one', async () => {
  const owners = [OPS, { token: 'other' }, { token: 'ops', user: 'ada' }, { token: 'ops', user: 'bob' }];
  const numbers = [];
  for (const owner of owners) numbers.push(await accepted(owner, 'k'));
  expect(numbers).toEqual([1, 2, 3, 4]);
});

test('a token that uses many keys makes Vireo forget its own oldest ones only', async () => {
  await accepted(OPS, 'mine');
  for (let n = 0; n <= KEPT_MAX; n += 1) await accepted({ token: 'flood' }, String(n));
  expect(await accepted(OPS, 'mine')).toBe(1);
  expect(await accepted({ token: 'flood' }, '0')).toBe(made);
  expect(await accepted({ token: 'flood' }, String(KEPT_MAX))).toBe(KEPT_MAX + 2);
});

test('what was accepted can be asked for without accepting anything', async () => {
  expect(await keys.find(OPS, 'k', body)).toBeUndefined();
  await accepted(OPS, 'k');
  expect(await keys.find(OPS, 'k', { ...body })).toBe(1);
  expect(await keys.find(OPS, 'k', { action: 'reset' })).toBeUndefined();
  const refused = keys.once(OPS, 'no', body, () => Promise.reject(new Error('refused')));
  const meanwhile = keys.find(OPS, 'no', body);
  await expect(refused).rejects.toThrow('refused');
  expect(await meanwhile).toBeUndefined();
});
