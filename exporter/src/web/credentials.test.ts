// SPDX-License-Identifier: Apache-2.0
import { performance } from 'node:perf_hooks';
import { hashSync } from 'bcrypt';
import { CredentialsCheck } from './credentials.ts';

const ALICE = hashSync('wonder:land é', 4);
const USERS = new Map([['alice', ALICE]]);

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

describe('basic authentication', () => {
  it.each(['$2a$', '$2b$', '$2y$'])('lets a user with a hash of %s in', async (version) => {
    const users = new Map([['alice', ALICE.replace('$2b$', version)]]);
    const check = new CredentialsCheck();
    expect(await check.check(users, basic('alice', 'wonder:land é'))).toBe('granted');
    expect(await check.check(users, basic('alice', 'wonder:land é').replace('Basic', 'bAsIc'))).toBe('granted');
    expect(await check.check(users, basic('alice', 'wonderland'))).toBe('refused');
  });

  it.each([undefined, '', 'Basic', 'Basic ', 'Basic !', 'Basic YWxpY2U=', `Bearer ${'a'.repeat(9)}`])(
    'refuses %j',
    async (header) => {
      expect(await new CredentialsCheck().check(USERS, header)).toBe('refused');
    },
  );

  it('refuses who is no user, in as many comparisons of the same cost', async () => {
    const compared: string[] = [];
    const check = new CredentialsCheck((_, hash) => {
      compared.push(hash.slice(0, 7));
      // Even if the password were the one behind the hash of nobody.
      return Promise.resolve(true);
    });
    expect(await check.check(USERS, basic('mallory', 'x'))).toBe('refused');
    expect(await check.check(USERS, basic('__proto__', 'x'))).toBe('refused');
    expect(await check.check(USERS, basic('alice', 'x'))).toBe('granted');
    expect(compared).toEqual(['$2b$04$', '$2b$04$', '$2b$04$']);
  });

  it('compares once, also when asked at the same time, and again when the hash changes', async () => {
    let comparisons = 0;
    const check = new CredentialsCheck(() => {
      comparisons++;
      return Promise.resolve(true);
    });
    const header = basic('alice', 'x');
    await Promise.all(Array.from({ length: 20 }, () => check.check(USERS, header)));
    await check.check(USERS, header);
    expect(comparisons).toBe(1);
    await check.check(new Map([['alice', hashSync('y', 4)]]), header);
    expect(comparisons).toBe(2);
  });

  it('runs one comparison at a time and refuses to queue more than it can work off', async () => {
    let [running, most] = [0, 0];
    const check = new CredentialsCheck(async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      return false;
    });
    const verdicts = await Promise.all(
      Array.from({ length: 50 }, (_, i) => check.check(USERS, basic('alice', String(i)))),
    );
    expect(most).toBe(1);
    expect(verdicts.filter((verdict) => verdict === 'refused')).toHaveLength(32);
    expect(verdicts.filter((verdict) => verdict === 'busy')).toHaveLength(18);
  });

  it('keeps a user’s result through any number of wrong guesses', async () => {
    let comparisons = 0;
    const check = new CredentialsCheck((password) => {
      comparisons++;
      return Promise.resolve(password === 'right');
    });
    await check.check(USERS, basic('alice', 'right'));
    for (let i = 0; i < 300; i++) await check.check(USERS, basic('alice', String(i)));
    expect(comparisons).toBe(301);
    await check.check(USERS, basic('alice', 'right'));
    await check.check(USERS, basic('alice', '299'));
    expect(comparisons).toBe(301);
    await check.check(USERS, basic('alice', '0'));
    expect(comparisons).toBe(302);
  });

  it('goes on after a comparison that failed', async () => {
    let fail = true;
    const check = new CredentialsCheck(() => (fail ? Promise.reject(new Error('no thread')) : Promise.resolve(true)));
    await expect(check.check(USERS, basic('alice', 'x'))).rejects.toThrow('no thread');
    fail = false;
    expect(await check.check(USERS, basic('alice', 'x'))).toBe('granted');
  });

  it('does not hold up the event loop', async () => {
    const users = new Map([['alice', ALICE.replace('$04$', '$12$')]]);
    let [ticks, last] = [0, performance.now()];
    const blocks: number[] = [];
    const timer = setInterval(() => {
      const now = performance.now();
      blocks.push(now - last);
      last = now;
      ticks++;
    }, 1);
    await new CredentialsCheck().check(users, basic('alice', 'x'));
    clearInterval(timer);
    // On the event loop it would be one block of the whole time, and no tick.
    expect(ticks).toBeGreaterThan(5);
    expect(blocks.sort((a, b) => a - b)[Math.floor(blocks.length / 2)]).toBeLessThan(50);
  });
});
