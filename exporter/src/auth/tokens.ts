// SPDX-License-Identifier: Apache-2.0
// The bearer tokens. Only their SHA-256 is known here, and comparing takes as long whichever token it is, or none.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { TokenConfig } from '../config/config.ts';
import { Grant, Principal } from './principal.ts';

/** Longest token looked at, characters. */
export const TOKEN_LENGTH_MAX = 1024;

/** Why there is no principal. */
export interface AuthFailure {
  readonly code: 'VIREO_API_OFF' | 'VIREO_AUTH_MISSING' | 'VIREO_AUTH_TOKEN';
}

interface Entry {
  readonly token: TokenConfig;
  readonly hash: Buffer;
  readonly principal: Principal;
}

/** The tokens in force. */
export class TokenStore {
  #entries: readonly Entry[] = [];

  constructor(tokens: readonly TokenConfig[]) {
    this.replace(tokens);
  }

  /** Puts other tokens in force at once. Principals of a token that stays the same stay current. */
  replace(tokens: readonly TokenConfig[]): void {
    const old = this.#entries;
    this.#entries = tokens.map((token) => {
      const same = old.find((entry) => JSON.stringify(entry.token) === JSON.stringify(token));
      return same ?? { token, hash: Buffer.from(token.sha256, 'hex'), principal: new Principal(new Grant(token)) };
    });
  }

  /** Whose token this is; absent or empty counts as none given. */
  authenticate(bearer: string | undefined): Principal | AuthFailure {
    if (this.#entries.length === 0) return { code: 'VIREO_API_OFF' };
    if (bearer === undefined || bearer === '') return { code: 'VIREO_AUTH_MISSING' };
    if (bearer.length > TOKEN_LENGTH_MAX) return { code: 'VIREO_AUTH_TOKEN' };
    const hash = createHash('sha256').update(bearer, 'utf8').digest();
    let found: Principal | undefined;
    for (const entry of this.#entries) {
      if (timingSafeEqual(hash, entry.hash)) found = entry.principal;
    }
    return found ?? { code: 'VIREO_AUTH_TOKEN' };
  }

  /**
   * Whether the token behind a principal is still in force, unchanged. For what outlives a request: event streams,
   * consoles.
   */
  isCurrent(principal: Principal): boolean {
    return this.#entries.some((entry) => entry.principal.grant === principal.grant);
  }
}
