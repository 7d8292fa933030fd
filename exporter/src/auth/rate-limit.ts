// SPDX-License-Identifier: Apache-2.0
// Token buckets, one per key, in bounded memory. (The tokens of a bucket are not those of the API.)

/** Most keys remembered; beyond it the one not seen for longest is forgotten. */
export const RATE_KEYS_MAX = 10_000;

/** Whether one more is within the limit. */
export type RateVerdict =
  | { readonly allowed: true }
  | {
      readonly allowed: false;
      /** When to try again: whole seconds, at least 1. */
      readonly retryAfterSeconds: number;
      /** The first refusal since one was allowed: the one to log. */
      readonly first: boolean;
    };

interface Bucket {
  left: number;
  at: number;
  refused: boolean;
}

/** What a {@link RateLimiter} may be told. */
export interface RateLimiterOptions {
  /** As many at once, and refilled evenly over a minute. */
  readonly perMinute: number;
  readonly keysMax?: number;
  /** Milliseconds, never going back. */
  readonly now?: () => number;
}

/** Counts per key: the name of a token, an address. */
export class RateLimiter {
  #perMinute: number;
  readonly #keysMax: number;
  readonly #now: () => number;
  /** In the order last used. */
  readonly #buckets = new Map<string, Bucket>();

  constructor({ perMinute, keysMax = RATE_KEYS_MAX, now = () => performance.now() }: RateLimiterOptions) {
    this.#perMinute = perMinute;
    this.#keysMax = keysMax;
    this.#now = now;
  }

  /** Keys remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Changes the limit; what was used stays used. */
  configure(perMinute: number): void {
    const more = perMinute - this.#perMinute;
    this.#perMinute = perMinute;
    for (const bucket of this.#buckets.values()) bucket.left = Math.min(perMinute, Math.max(0, bucket.left + more));
  }

  /** Takes one. What is refused takes nothing, so waiting helps however often one asked meanwhile. */
  take(key: string): RateVerdict {
    return this.#decide(key, 1);
  }

  /** Whether one could be taken, without taking it. */
  check(key: string): RateVerdict {
    return this.#decide(key, 0);
  }

  #decide(key: string, amount: 0 | 1): RateVerdict {
    const now = this.#now();
    const known = this.#buckets.get(key);
    this.#buckets.delete(key);
    const bucket = known ?? { left: this.#perMinute, at: now, refused: false };
    bucket.left = Math.min(this.#perMinute, bucket.left + ((now - bucket.at) * this.#perMinute) / 60_000);
    bucket.at = now;
    const allowed = bucket.left >= 1;
    if (allowed) bucket.left -= amount;
    const first = !allowed && !bucket.refused;
    bucket.refused = !allowed;
    // A full bucket is like none.
    if (bucket.left < this.#perMinute) this.#remember(key, bucket);
    if (allowed) return { allowed };
    const retryAfterSeconds = Math.max(1, Math.ceil(((1 - bucket.left) * 60) / this.#perMinute));
    return { allowed, retryAfterSeconds, first };
  }

  #remember(key: string, bucket: Bucket): void {
    this.#buckets.set(key, bucket);
    if (this.#buckets.size <= this.#keysMax) return;
    const [oldest] = this.#buckets.keys();
    if (oldest !== undefined) this.#buckets.delete(oldest);
  }
}
