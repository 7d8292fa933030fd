// SPDX-License-Identifier: Apache-2.0
// Basic authentication against bcrypt hashes. One comparison runs at a time, in the thread pool, and its result is kept,
// so neither scrapes nor a flood of guesses cost more than one thread, and never the event loop.

import { createHmac, randomBytes } from 'node:crypto';
import { compare } from 'bcrypt';

/** Results kept of each kind. Guesses never push out those of the scrapers that are let in. */
const KEPT_MAX = 100;
/** Comparisons waiting; at 60 ms each the last one waits 2 s. */
const WAITING_MAX = 32;
/** A hash of nothing: whoever is no user is compared with it, so that the time of an answer tells no names. */
const NOBODY = 'QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi';

/** `busy`: too many comparisons wait; nothing was compared. */
export type CredentialsVerdict = 'granted' | 'refused' | 'busy';

/** Compares a password with a bcrypt hash. */
export type CompareHash = (password: string, hash: string) => Promise<boolean>;

/** Checks `Authorization` headers. */
export class CredentialsCheck {
  private readonly compareHash: CompareHash;
  /** Kept results are found by a digest that means nothing outside this process. */
  private readonly secret = randomBytes(32);
  private readonly granted = new BoundedSet(KEPT_MAX);
  private readonly refused = new BoundedSet(KEPT_MAX);
  private readonly underWay = new Map<string, Promise<boolean>>();
  private last: Promise<unknown> = Promise.resolve();

  constructor(compareHash: CompareHash = compare) {
    this.compareHash = compareHash;
  }

  /**
   * Decides about one request.
   *
   * @param users Names and bcrypt hashes.
   * @param authorization The header; only the scheme Basic is understood.
   */
  async check(users: ReadonlyMap<string, string>, authorization: string | undefined): Promise<CredentialsVerdict> {
    const given = basicCredentials(authorization);
    if (given === undefined) return 'refused';
    const known = users.get(given.user);
    const hash = known ?? nobodysHash(users);
    const key = createHmac('sha256', this.secret)
      .update(JSON.stringify([given.user, known !== undefined, hash, given.password]))
      .digest('base64');
    if (this.granted.has(key)) return 'granted';
    if (this.refused.has(key)) return 'refused';
    const comparison = this.underWay.get(key) ?? this.begin(key, given.password, hash);
    if (comparison === undefined) return 'busy';
    const matches = (await comparison) && known !== undefined;
    (matches ? this.granted : this.refused).add(key);
    return matches ? 'granted' : 'refused';
  }

  private begin(key: string, password: string, hash: string): Promise<boolean> | undefined {
    if (this.underWay.size >= WAITING_MAX) return undefined;
    // bcrypt knows $2y$, PHP's name for the same algorithm, only as $2b$.
    const comparison = this.last
      .then(() => this.compareHash(password, hash.replace(/^\$2y\$/, '$2b$')))
      .finally(() => this.underWay.delete(key));
    this.last = comparison.catch(() => undefined);
    this.underWay.set(key, comparison);
    return comparison;
  }
}

/** Costs as much as the dearest user's. */
function nobodysHash(users: ReadonlyMap<string, string>): string {
  let cost = '04';
  for (const hash of users.values()) {
    const own = hash.slice(4, 6);
    if (own > cost) cost = own;
  }
  return `$2b$${cost}$${NOBODY}`;
}

function basicCredentials(authorization = ''): { readonly user: string; readonly password: string } | undefined {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization)?.[1];
  if (encoded === undefined) return undefined;
  const decoded = Buffer.from(encoded, 'base64').toString();
  const colon = decoded.indexOf(':');
  return colon === -1 ? undefined : { user: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

/** Forgets the one not used for longest when full. */
class BoundedSet {
  private readonly max: number;
  private readonly items = new Set<string>();

  constructor(max: number) {
    this.max = max;
  }

  has(item: string): boolean {
    if (!this.items.delete(item)) return false;
    this.items.add(item);
    return true;
  }

  add(item: string): void {
    this.items.add(item);
    if (this.items.size <= this.max) return;
    const [oldest] = this.items;
    if (oldest !== undefined) this.items.delete(oldest);
  }
}
