// SPDX-License-Identifier: Apache-2.0
// Whether a request may come in at all, by the web config file as it is now. Knows nothing of paths or answers.

import type { AuthRefusal } from '../contract/auth-refusals.ts';
import { CredentialsCheck } from './credentials.ts';
import { RateLimiter } from './rate-limiter.ts';
import type { WebConfigFile } from './web-config-file.ts';

/** What to do with a request. */
export type Admission =
  /** Let it in, and send these headers. */
  | { readonly kind: 'admitted'; readonly headers: ReadonlyMap<string, string> }
  /** The file is broken, the rate too high, the credentials missing or wrong, or too many wait to be checked. */
  | { readonly kind: 'refused'; readonly why: 'broken' | 'rate' | 'credentials' | 'busy' };

/** Decides about requests. */
export class WebGuard {
  private readonly file: WebConfigFile;
  private readonly onRefused: (refusal: AuthRefusal) => void;
  private readonly credentials = new CredentialsCheck();
  private readonly limiter = new RateLimiter();

  /** @param onRefused told of every request without the credentials it needs */
  constructor(file: WebConfigFile, onRefused: (refusal: AuthRefusal) => void = () => undefined) {
    this.file = file;
    this.onRefused = onRefused;
  }

  /**
   * Decides about one request.
   *
   * @param request.authorization The header of that name.
   * @param request.ownCredentials The path checks credentials of its own, so it needs none of the file's users.
   */
  async admit(request: {
    readonly authorization: string | undefined;
    readonly ownCredentials: boolean;
  }): Promise<Admission> {
    const { state } = this.file;
    if (state.kind === 'broken') return { kind: 'refused', why: 'broken' };
    const { headers, users, rateLimit } = state.config;
    if (!this.limiter.admits(rateLimit)) return { kind: 'refused', why: 'rate' };
    if (users.size === 0 || request.ownCredentials) return { kind: 'admitted', headers };
    const verdict = await this.credentials.check(users, request.authorization);
    if (verdict === 'granted') return { kind: 'admitted', headers };
    const given = request.authorization === undefined ? 'missing' : 'wrong';
    this.onRefused({ method: 'password', reason: verdict === 'busy' ? 'too_many' : given });
    return { kind: 'refused', why: verdict === 'busy' ? 'busy' : 'credentials' };
  }
}
