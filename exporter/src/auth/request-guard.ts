// SPDX-License-Identifier: Apache-2.0
// Decides about a request from its plain facts: who makes it, and whether they may. Knows nothing of HTTP servers.

import type { ApiConfig } from '../config/config.ts';
import type { AuthRefusal } from '../contract/auth-refusals.ts';
import type { ProblemCode } from '../contract/problems.ts';
import type { Privilege } from '../contract/privileges.ts';
import { ClientAddress, failureKey } from './client-address.ts';
import { GrafanaIdentity } from './grafana-identity.ts';
import type { GrafanaIdentityOptions } from './grafana-identity.ts';
import { Principal } from './principal.ts';
import { RATE_KEYS_MAX, RateLimiter } from './rate-limit.ts';
import { TOKEN_LENGTH_MAX, TokenStore } from './tokens.ts';

/** What of a request matters here. */
export interface RequestFacts {
  /** The header `Authorization`. */
  readonly authorization: string | undefined;
  /** The header `X-Grafana-Id`. */
  readonly grafanaId: string | undefined;
  /** As {@link RequestGuard.clientAddress} says. */
  readonly address: string;
}

/** The problem to answer with. A 401 also wants the header `WWW-Authenticate: Bearer`. */
export interface Denial {
  readonly code: ProblemCode;
  readonly detail: string;
  /** For the header `Retry-After`. */
  readonly retryAfterSeconds?: number;
}

/** What somebody asked to do, as far as it is known: lists are of no host, and a host is of no domain. */
export interface Asked {
  readonly host?: string;
  /** The name of the domain. */
  readonly domain?: string;
  readonly uuid?: string;
  readonly action?: string;
}

/** The outcome of {@link RequestGuard.guard}. */
export type GuardResult = { readonly principal: Principal } | Denial;

/**
 * One line of the audit. Of requests refused because of a rate limit only the first in a row is told; whoever floods
 * us shall not flood the log.
 */
export interface AuthDenied extends Asked {
  readonly event: 'auth.denied';
  readonly code: ProblemCode;
  /** What exactly was wrong. Never holds a token or an identity. */
  readonly reason: string;
  readonly address: string;
  readonly tokenName?: string;
  /** Their login, as in all lines of the audit. */
  readonly user?: string;
  /** What was asked for, when that is why. */
  readonly privilege?: Privilege;
}

/** What a {@link RequestGuard} needs. */
export interface RequestGuardOptions {
  readonly api: ApiConfig;
  readonly onDenied: (denied: AuthDenied) => void;
  /** Told of every request nobody knows the maker of, those too that the audit no longer hears of. */
  readonly onRefused?: (refusal: AuthRefusal) => void;
  /** For tests. */
  readonly identity?: GrafanaIdentityOptions;
  /** Milliseconds, never going back; for the rate limits. */
  readonly now?: () => number;
}

/** What the denials of {@link RequestGuard.guard} are called in the metrics; who asks too often is known all the same. */
const REFUSALS: Readonly<Partial<Record<ProblemCode, AuthRefusal>>> = {
  VIREO_AUTH_MISSING: { method: 'token', reason: 'missing' },
  VIREO_AUTH_TOKEN: { method: 'token', reason: 'unknown' },
  VIREO_IDENTITY_REQUIRED: { method: 'grafana_identity', reason: 'missing' },
  VIREO_IDENTITY_INVALID: { method: 'grafana_identity', reason: 'invalid' },
  VIREO_IDENTITY_EXPIRED: { method: 'grafana_identity', reason: 'expired' },
  VIREO_IDENTITY_UNAVAILABLE: { method: 'grafana_identity', reason: 'unavailable' },
};

/** Guards the API. One for all requests. */
export class RequestGuard {
  readonly #onDenied: (denied: AuthDenied) => void;
  readonly #onRefused: (refusal: AuthRefusal) => void;
  readonly #identityOptions: GrafanaIdentityOptions;
  readonly #tokens: TokenStore;
  readonly #requests: RateLimiter;
  readonly #failures: RateLimiter;
  /** Addresses that a token once came from, by `address token`, in the order last used. */
  readonly #familiar = new Set<string>();
  #api: ApiConfig;
  #addresses: ClientAddress;
  #identity: GrafanaIdentity | undefined;

  constructor({ api, onDenied, onRefused = () => undefined, identity = {}, now }: RequestGuardOptions) {
    const clock = now === undefined ? {} : { now };
    this.#onDenied = onDenied;
    this.#onRefused = onRefused;
    this.#identityOptions = identity;
    this.#api = api;
    this.#tokens = new TokenStore(api.tokens);
    this.#requests = new RateLimiter({ perMinute: api.rateLimit.requestsPerMinutePerToken, ...clock });
    this.#failures = new RateLimiter({ perMinute: api.rateLimit.failuresPerMinutePerAddress, ...clock });
    this.#addresses = new ClientAddress(api.trustedProxies);
    this.#identity = api.grafana === undefined ? undefined : new GrafanaIdentity(api.grafana, identity);
  }

  /** The section in force. */
  get api(): ApiConfig {
    return this.#api;
  }

  /** Puts another section in force at once. */
  configure(api: ApiConfig): void {
    const { grafana } = api;
    if (JSON.stringify(grafana) !== JSON.stringify(this.#api.grafana)) {
      this.#identity = grafana === undefined ? undefined : new GrafanaIdentity(grafana, this.#identityOptions);
    }
    this.#api = api;
    this.#tokens.replace(api.tokens);
    this.#requests.configure(api.rateLimit.requestsPerMinutePerToken);
    this.#failures.configure(api.rateLimit.failuresPerMinutePerAddress);
    this.#addresses = new ClientAddress(api.trustedProxies);
  }

  /** Whose address a request comes from, from that of its connection and its header `X-Forwarded-For`. */
  clientAddress(socketAddress: string | undefined, forwardedFor: string | undefined): string {
    return this.#addresses.of(socketAddress, forwardedFor);
  }

  /** Whether the token of a principal is still in force, unchanged. For what outlives a request. */
  isCurrent(principal: Principal): boolean {
    return this.#tokens.isCurrent(principal);
  }

  /** Who makes a request, or why it is refused. What they may do is for {@link authorize}. */
  async guard(facts: RequestFacts): Promise<GuardResult> {
    const result = await this.#identify(facts);
    const refusal = 'code' in result ? REFUSALS[result.code] : undefined;
    if (refusal !== undefined) this.#onRefused(refusal);
    return result;
  }

  async #identify({ authorization, grafanaId, address }: RequestFacts): Promise<GuardResult> {
    const principal = this.#admit(authorization, address);
    if (!(principal instanceof Principal)) return principal;
    const { tokenName } = principal;
    const rate = this.#requests.take(tokenName);
    if (!rate.allowed) {
      const denial: Denial = {
        code: 'VIREO_AUTH_RATE',
        detail: `more requests than ${String(this.#api.rateLimit.requestsPerMinutePerToken)} a minute with this token`,
        retryAfterSeconds: rate.retryAfterSeconds,
      };
      if (rate.first) this.#tell(denial.code, { reason: denial.detail, address, tokenName });
      return denial;
    }
    if (this.#identity === undefined) return { principal };
    const identity = await this.#identity.verify(grafanaId, principal.grant.requireIdentity);
    if ('code' in identity) {
      const { reason, ...denial } = identity;
      this.#tell(denial.code, { reason, address, tokenName });
      return denial;
    }
    // Fetching keys may have taken seconds, in which the token was withdrawn.
    if (!this.isCurrent(principal))
      return { code: 'VIREO_AUTH_TOKEN', detail: detailOf('VIREO_AUTH_TOKEN', authorization) };
    return { principal: identity.user === undefined ? principal : principal.withUser(identity.user) };
  }

  /**
   * Whether the patterns of a principal match what it asks for. When not, the audit hears of it, and the answer is that
   * of what does not exist.
   */
  reaches(
    principal: Principal,
    privilege: Privilege,
    asked: Asked & { readonly host: string },
    address: string,
  ): boolean {
    const { host, domain } = asked;
    if (principal.reaches({ host, ...(domain === undefined ? {} : { domainName: domain }) })) return true;
    this.#tell('VIREO_AUTH_PRIVILEGE', {
      reason: 'host or domain out of scope',
      ...who(principal, address),
      privilege,
      ...asked,
    });
    return false;
  }

  /** Why a principal may not do something, or undefined when it has the privilege. Of its scope {@link reaches} tells. */
  authorize(principal: Principal, privilege: Privilege, asked: Asked, address: string): Denial | undefined {
    if (principal.privileges.has(privilege)) return undefined;
    const detail = `this needs the privilege ${privilege}, which the token ${principal.tokenName} does not have`;
    const denial: Denial = { code: 'VIREO_AUTH_PRIVILEGE', detail };
    this.#tell(denial.code, { reason: 'privilege not granted', ...who(principal, address), privilege, ...asked });
    return denial;
  }

  #admit(authorization: string | undefined, address: string): Principal | Denial {
    const key = failureKey(address);
    const bearer = bearerOf(authorization);
    const result = this.#tokens.authenticate(bearer);
    if (result instanceof Principal) {
      const familiar = `${key} ${result.tokenName}`;
      // Who only guesses must not learn at an address that is refused that a guess was right. A token that worked from
      // there before is no guess, and others behind the same address shall not be able to lock it out.
      if (!this.#familiar.delete(familiar)) {
        const blocked = this.#blocked(key, address);
        if (blocked !== undefined) return blocked;
      }
      this.#familiar.add(familiar);
      if (this.#familiar.size > RATE_KEYS_MAX) {
        const [oldest] = this.#familiar;
        if (oldest !== undefined) this.#familiar.delete(oldest);
      }
      return result;
    }
    const denial: Denial = { code: result.code, detail: detailOf(result.code, authorization) };
    // Nothing to guess then, and nothing to tell.
    if (denial.code === 'VIREO_API_OFF') return denial;
    const blocked = this.#blocked(key, address);
    if (blocked !== undefined) return blocked;
    this.#failures.take(key);
    this.#tell(denial.code, { reason: denial.detail, address });
    return denial;
  }

  #blocked(key: string, address: string): Denial | undefined {
    const rate = this.#failures.check(key);
    if (rate.allowed) return undefined;
    this.#onRefused({ method: 'token', reason: 'too_many' });
    const denial: Denial = {
      code: 'VIREO_AUTH_RATE',
      detail: 'too many requests without a valid token from this address',
      retryAfterSeconds: rate.retryAfterSeconds,
    };
    if (rate.first) this.#tell(denial.code, { reason: denial.detail, address });
    return denial;
  }

  #tell(code: ProblemCode, facts: Omit<AuthDenied, 'event' | 'code'>): void {
    this.#onDenied({ event: 'auth.denied', code, ...facts });
  }
}

function who({ tokenName, user }: Principal, address: string): Pick<AuthDenied, 'tokenName' | 'user' | 'address'> {
  return { address, tokenName, ...(user === undefined ? {} : { user: user.login }) };
}

/** The token of a header, or undefined when there is none in it. */
function bearerOf(authorization: string | undefined): string | undefined {
  if (authorization === undefined || authorization.length > TOKEN_LENGTH_MAX + 'Bearer '.length) return authorization;
  return /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
}

function detailOf(code: ProblemCode, authorization: string | undefined): string {
  if (code === 'VIREO_API_OFF') return 'no tokens are configured, so the API is off';
  if (code === 'VIREO_AUTH_TOKEN') return 'no configured token has this value';
  if (authorization === undefined) return 'the header Authorization is missing; send Authorization: Bearer TOKEN';
  return 'the header Authorization has another form than Bearer TOKEN';
}
