// SPDX-License-Identifier: Apache-2.0
import { RateLimiter } from './rate-limiter.ts';

describe('RateLimiter', () => {
  let now = 0;
  const limiter = new RateLimiter(() => now);
  const limit = { intervalMs: 100, burst: 3 };
  const admitted = (tries: number): number =>
    Array.from({ length: tries }, () => limiter.admits(limit)).filter(Boolean).length;

  it('admits a burst, then one request an interval, and never more than a burst', () => {
    expect(admitted(10)).toBe(3);
    now += 99;
    expect(admitted(10)).toBe(0);
    now += 1;
    expect(admitted(10)).toBe(1);
    now += 100_000;
    expect(admitted(10)).toBe(3);
  });

  it('takes a changed limit at once, and none for no limit', () => {
    expect(limiter.admits(undefined)).toBe(true);
    expect(limiter.admits({ intervalMs: 100, burst: 2 })).toBe(true);
    expect(admitted(10)).toBe(3);
  });
});
