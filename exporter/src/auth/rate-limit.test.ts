// SPDX-License-Identifier: Apache-2.0

import { RateLimiter } from './rate-limit.ts';

function limiter(perMinute: number, keysMax?: number) {
  const clock = { ms: 0 };
  const bound = keysMax === undefined ? {} : { keysMax };
  return { clock, rate: new RateLimiter({ perMinute, ...bound, now: () => clock.ms }) };
}

/** How many of `count` are allowed. */
function allowed(rate: RateLimiter, key: string, count: number): number {
  return Array.from({ length: count }, () => rate.take(key)).filter((verdict) => verdict.allowed).length;
}

describe('a rate limiter', () => {
  it('allows as many at once as a minute may have, then one as each is refilled', () => {
    const { clock, rate } = limiter(60);
    expect(allowed(rate, 'a', 100)).toBe(60);
    clock.ms += 999;
    expect(allowed(rate, 'a', 1)).toBe(0);
    clock.ms += 1;
    expect(allowed(rate, 'a', 2)).toBe(1);
    clock.ms += 10 * 60_000;
    expect(allowed(rate, 'a', 100)).toBe(60);
  });

  it('counts every key by itself', () => {
    const { rate } = limiter(5);
    expect(allowed(rate, 'a', 10)).toBe(5);
    expect(allowed(rate, 'b', 10)).toBe(5);
  });

  it('says when to come back, and keeps its word', () => {
    const { clock, rate } = limiter(7);
    allowed(rate, 'a', 7);
    const verdict = rate.take('a');
    expect(verdict).toEqual({ allowed: false, retryAfterSeconds: 9, first: true });
    clock.ms += 9_000;
    expect(rate.take('a')).toEqual({ allowed: true });
  });

  it('never says to come back at once', () => {
    const { rate } = limiter(1_000_000);
    allowed(rate, 'a', 1_000_000);
    expect(rate.take('a')).toMatchObject({ retryAfterSeconds: 1 });
  });

  it('does not punish asking while refused', () => {
    const { clock, rate } = limiter(60);
    allowed(rate, 'a', 60);
    for (let i = 0; i < 100; i++) {
      clock.ms += 9;
      expect(rate.take('a').allowed).toBe(false);
    }
    clock.ms += 100;
    expect(rate.take('a').allowed).toBe(true);
  });

  it('marks the first refusal of a row', () => {
    const { clock, rate } = limiter(1);
    rate.take('a');
    expect([rate.check('a'), rate.take('a'), rate.check('a')].map((v) => !v.allowed && v.first)).toEqual([
      true,
      false,
      false,
    ]);
    clock.ms += 60_000;
    rate.take('a');
    expect(rate.check('a')).toMatchObject({ allowed: false, first: true });
  });

  it('takes nothing when only asked', () => {
    const { rate } = limiter(1);
    expect(rate.check('a').allowed).toBe(true);
    expect(rate.check('a').allowed).toBe(true);
    expect(rate.take('a').allowed).toBe(true);
    expect(rate.check('a').allowed).toBe(false);
  });

  it('keeps its memory bounded: the key not seen for longest is forgotten', () => {
    const { rate } = limiter(1, 3);
    for (const key of ['a', 'b', 'c']) rate.take(key);
    rate.check('a');
    for (let i = 0; i < 2; i++) rate.take(`new ${String(i)}`);
    expect(rate.size).toBe(3);
    expect(rate.check('a').allowed).toBe(false);
    expect(rate.check('b').allowed).toBe(true);
  });

  it('remembers nothing of a key that has all of its allowance', () => {
    const { clock, rate } = limiter(60);
    rate.check('a');
    expect(rate.size).toBe(0);
    rate.take('a');
    expect(rate.size).toBe(1);
    clock.ms += 60_000;
    rate.check('a');
    expect(rate.size).toBe(0);
  });

  it('applies a new limit at once, without forgetting what was used', () => {
    const { rate } = limiter(10);
    expect(allowed(rate, 'a', 8)).toBe(8);
    rate.configure(5);
    expect(allowed(rate, 'a', 5)).toBe(0);
    rate.configure(10);
    expect(allowed(rate, 'a', 10)).toBe(5);
    expect(allowed(rate, 'b', 20)).toBe(10);
  });
});
