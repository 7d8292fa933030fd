// SPDX-License-Identifier: Apache-2.0
// Requests that must not be carried out twice: the same key of the same caller stands for what was accepted first.

import { createHash } from 'node:crypto';
import { ActionError } from './action-error.ts';

const KEPT_MS = 24 * 3_600_000;
/** Keys remembered of one token; those of others do not count, so that nobody can make us forget them. */
export const KEPT_MAX = 10_000;

/** Whose key it is: users behind one token have keys of their own. */
export interface KeyOwner {
  readonly token: string;
  readonly user?: string | undefined;
}

interface Kept<T> {
  readonly bodyHash: string;
  readonly at: number;
  readonly accepted: Promise<T>;
}

/** What keys were used for. */
export class IdempotencyKeys<T> {
  /** By token, then by user and key. Tokens are configured, so they are few. */
  readonly #kept = new Map<string, Map<string, Kept<T>>>();
  readonly #now: () => number;

  /** @param now milliseconds since the epoch */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Runs `accept` unless the key was used for the same body within 24 h; a refused request leaves its key free.
   * Rejects with VIREO_IDEMPOTENCY_KEY when it was used for another body, or as `accept` does.
   */
  async once(
    owner: KeyOwner,
    key: string,
    body: unknown,
    accept: () => Promise<T>,
  ): Promise<{ readonly accepted: T; readonly isRepeat: boolean }> {
    this.#forgetOld();
    const ofToken = this.#kept.get(owner.token) ?? new Map<string, Kept<T>>();
    this.#kept.set(owner.token, ofToken);
    const name = nameOf(owner, key);
    const bodyHash = hashOf(body);
    const before = ofToken.get(name);
    if (before !== undefined) {
      if (before.bodyHash === bodyHash) return { accepted: await before.accepted, isRepeat: true };
      throw new ActionError('VIREO_IDEMPOTENCY_KEY', 'this Idempotency-Key was used with another request');
    }
    const kept = { bodyHash, at: this.#now(), accepted: accept() };
    ofToken.set(name, kept);
    const [oldest] = ofToken.keys();
    if (ofToken.size > KEPT_MAX && oldest !== undefined) ofToken.delete(oldest);
    try {
      return { accepted: await kept.accepted, isRepeat: false };
    } catch (error) {
      if (ofToken.get(name) === kept) ofToken.delete(name);
      throw error;
    }
  }

  /** What the key stands for with this body; undefined when nothing was accepted. Accepts nothing itself. */
  async find(owner: KeyOwner, key: string, body: unknown): Promise<T | undefined> {
    this.#forgetOld();
    const kept = this.#kept.get(owner.token)?.get(nameOf(owner, key));
    if (kept?.bodyHash !== hashOf(body)) return undefined;
    return await kept.accepted.catch(() => undefined);
  }

  /** Insertion order is the order of age. */
  #forgetOld(): void {
    for (const [token, ofToken] of this.#kept) {
      for (const [name, { at }] of ofToken) {
        if (this.#now() - at < KEPT_MS) break;
        ofToken.delete(name);
      }
      if (ofToken.size === 0) this.#kept.delete(token);
    }
  }
}

function nameOf({ user }: KeyOwner, key: string): string {
  return JSON.stringify([user ?? null, key]);
}

function hashOf(body: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(body)))
    .digest('hex');
}

/** Keys in one order, so that the same body has one text. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
