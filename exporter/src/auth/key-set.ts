// SPDX-License-Identifier: Apache-2.0
// The public keys of a signer, fetched from its JWKS URL when needed and held for a while. An outage of the URL is told
// from a key it does not have.

import { createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { FetchError, fetchBounded } from './fetch-bounded.ts';

/** How keys are fetched and held; milliseconds. */
export interface KeySetTimes {
  /** How long a fetch may take. */
  readonly fetchTimeoutMs: number;
  /** Keys older than this are fetched again while they are still used, so that a short outage is not noticed. */
  readonly refreshMs: number;
  /** Keys older than this are not used: what the signer withdrew is gone by then. */
  readonly maxAgeMs: number;
  /** An unknown key makes us fetch, but not more often than this. */
  readonly unknownKeyMs: number;
  /** After a failed fetch the next waits this long. */
  readonly retryMs: number;
}

const TIMES: KeySetTimes = {
  fetchTimeoutMs: 5_000,
  refreshMs: 300_000,
  maxAgeMs: 600_000,
  unknownKeyMs: 30_000,
  retryMs: 5_000,
};

const BYTES_MAX = 256 * 1024;
const KEYS_MAX = 100;
const KEY_ID_LENGTH_MAX = 256;

/** Whether a key exists cannot be known now. The message says why, for the log: it may show the URL. */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError';
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds: number, cause?: unknown) {
    super(message, { cause });
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** What a {@link KeySet} may be told. */
export interface KeySetOptions {
  readonly url: string;
  readonly times?: Partial<KeySetTimes>;
  /** Milliseconds, never going back. */
  readonly now?: () => number;
}

const documentSchema = z.looseObject({ keys: z.array(z.unknown()).max(KEYS_MAX).nullable() });
/** The only kind of key ES256 takes; others in the document are somebody else's. */
const keySchema = z.looseObject({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  kid: z.string().min(1).max(KEY_ID_LENGTH_MAX),
  use: z.literal('sig').optional(),
  alg: z.literal('ES256').optional(),
});

/** The ES256 keys of one JWKS URL. */
export class KeySet {
  readonly #url: string;
  readonly #times: KeySetTimes;
  readonly #now: () => number;
  #keys: ReadonlyMap<string, KeyObject> = new Map();
  #fetchedAt = -Infinity;
  #attemptedAt = -Infinity;
  /** Why the last attempt failed; absent when it did not. */
  #failure: FetchError | undefined;
  #pending: Promise<void> | undefined;

  constructor({ url, times, now = () => performance.now() }: KeySetOptions) {
    this.#url = url;
    this.#times = { ...TIMES, ...times };
    this.#now = now;
  }

  /**
   * The key of that id, or undefined when the signer has none such.
   *
   * @throws {@link KeysUnavailableError} when that cannot be found out
   */
  async find(keyId: string): Promise<KeyObject | undefined> {
    const { refreshMs, maxAgeMs, unknownKeyMs, retryMs } = this.#times;
    const age = this.#now() - this.#fetchedAt;
    const sinceAttempt = this.#now() - this.#attemptedAt;
    const key = age < maxAgeMs ? this.#keys.get(keyId) : undefined;
    if (key !== undefined) {
      if (age >= refreshMs && sinceAttempt >= retryMs) void this.#fetchOnce();
      return key;
    }
    const wait = age < maxAgeMs ? unknownKeyMs : retryMs;
    if (this.#pending !== undefined || sinceAttempt >= wait) await this.#fetchOnce();
    if (this.#failure !== undefined) {
      const left = wait - (this.#now() - this.#attemptedAt);
      const message = `${this.#url}: ${this.#failure.message}`;
      throw new KeysUnavailableError(message, Math.max(1, Math.ceil(left / 1000)), this.#failure);
    }
    return this.#keys.get(keyId);
  }

  /** Never rejects: an outcome is in the fields. Whoever comes while a fetch is under way waits for that one. */
  #fetchOnce(): Promise<void> {
    this.#pending ??= this.#fetch().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #fetch(): Promise<void> {
    try {
      const { fetchTimeoutMs } = this.#times;
      this.#keys = parseKeys(await fetchBounded(this.#url, { timeoutMs: fetchTimeoutMs, bytesMax: BYTES_MAX }));
      this.#fetchedAt = this.#now();
      this.#failure = undefined;
    } catch (error) {
      this.#failure = error instanceof FetchError ? error : new FetchError('cannot be read', { cause: error });
    } finally {
      this.#attemptedAt = this.#now();
    }
  }
}

/** @throws {@link FetchError} when there is no key to use in it */
function parseKeys(text: string): ReadonlyMap<string, KeyObject> {
  const document = documentSchema.safeParse(parseJson(text));
  if (!document.success) throw new FetchError('answered with what is no JSON Web Key Set; is the URL right?');
  const keys = new Map<string, KeyObject>();
  for (const candidate of document.data.keys ?? []) {
    const jwk = keySchema.safeParse(candidate);
    if (!jwk.success || keys.has(jwk.data.kid)) continue;
    const { kty, crv, x, y, kid } = jwk.data;
    try {
      keys.set(kid, createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' }));
    } catch {
      // Not a point of the curve: no key, but no reason to refuse the others.
    }
  }
  if (keys.size === 0) throw new FetchError('answered with no ES256 key; Grafana Cloud publishes none');
  return keys;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
