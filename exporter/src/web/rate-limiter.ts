// SPDX-License-Identifier: Apache-2.0
// A token bucket with the meaning of Go's rate.Limiter, which exporter-toolkit uses: for all clients together.

import type { RateLimit } from './web-config.ts';

/** Counts requests. */
export class RateLimiter {
  private limit: RateLimit | undefined;
  private tokens = 0;
  private at = 0;
  private readonly now: () => number;

  /** @param now A clock that never goes back, in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.now = now;
  }

  /** Whether one more request is admitted under this limit. A changed limit begins with a full bucket. */
  admits(limit: RateLimit | undefined): boolean {
    if (limit === undefined) return true;
    const now = this.now();
    if (this.limit?.intervalMs !== limit.intervalMs || this.limit.burst !== limit.burst) {
      this.limit = limit;
      this.tokens = limit.burst;
    } else {
      this.tokens = Math.min(limit.burst, this.tokens + (now - this.at) / limit.intervalMs);
    }
    this.at = now;
    if (this.tokens < 1) return false;
    this.tokens--;
    return true;
  }
}
