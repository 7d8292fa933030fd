// SPDX-License-Identifier: Apache-2.0
// Requests that must not be carried out twice: the same key of the same token gives the task of the first time.

import { createHash } from 'node:crypto';
import type { Task } from '../contract/tasks.ts';
import { ActionError } from './action-error.ts';

const KEPT_MS = 24 * 3_600_000;
const KEPT_MAX = 10_000;

interface Kept {
  readonly bodyHash: string;
  readonly at: number;
  readonly task: Promise<Task>;
}

/** What keys were used for. */
export class IdempotencyKeys {
  readonly #kept = new Map<string, Kept>();
  readonly #now: () => number;

  /** @param now milliseconds since the epoch */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Runs `accept` unless the key was used for the same body within 24 h; a refused request leaves its key free.
   * Rejects with VIREO_IDEMPOTENCY_KEY when it was used for another body, or as `accept` does.
   */
  async once(token: string, key: string, body: unknown, accept: () => Promise<Task>): Promise<Task> {
    this.#forgetOld();
    const name = JSON.stringify([token, key]);
    const bodyHash = hashOf(body);
    const before = this.#kept.get(name);
    if (before !== undefined) {
      if (before.bodyHash === bodyHash) return await before.task;
      throw new ActionError('VIREO_IDEMPOTENCY_KEY', 'this Idempotency-Key was used with another request');
    }
    const task = accept();
    const kept = { bodyHash, at: this.#now(), task };
    this.#kept.set(name, kept);
    try {
      return await task;
    } catch (error) {
      if (this.#kept.get(name) === kept) this.#kept.delete(name);
      throw error;
    }
  }

  /** Insertion order is the order of age. */
  #forgetOld(): void {
    for (const [name, { at }] of this.#kept) {
      if (this.#now() - at < KEPT_MS && this.#kept.size < KEPT_MAX) return;
      this.#kept.delete(name);
    }
  }
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
