// SPDX-License-Identifier: Apache-2.0
// Who the user behind Grafana is. Grafana's plugin proxy adds `X-Grafana-Id` to every request: a JWT that Grafana signs
// (ES256, ten minutes) and whose keys it publishes. Nothing else that Grafana forwards is signed, so nothing else counts.
// Source of the claims: grafana/grafana pkg/services/auth/idimpl/service.go.

import { verify } from 'node:crypto';
import { z } from 'zod';
import type { GrafanaConfig } from '../config/config.ts';
import type { ProblemCode } from '../contract/problems.ts';
import { KeySet, KeysUnavailableError } from './key-set.ts';
import type { KeySetTimes } from './key-set.ts';
import type { GrafanaUser } from './principal.ts';

/** How far the clocks of Grafana and this machine may be apart. */
const CLOCK_SKEW_SECONDS = 60;
/** Longest identity looked at, characters; Grafana's have about 800. */
const LENGTH_MAX = 8 * 1024;
/** Who can be held to account; `anonymous`, `render` and the like cannot. */
const ACCOUNTABLE = /^(?:user|service-account|api-key):./;

/** Why an identity does not count. */
export interface IdentityFailure {
  readonly code: ProblemCode;
  /** For whoever asked. */
  readonly detail: string;
  /** For the log: what exactly is wrong. Never holds the identity itself. */
  readonly reason: string;
  readonly retryAfterSeconds?: number;
}

/** `user` is absent when none was sent, or one nobody can be held to account for, and none is required. */
export type IdentityResult = { readonly user?: GrafanaUser } | IdentityFailure;

/** What a {@link GrafanaIdentity} may be told besides its configuration. */
export interface GrafanaIdentityOptions {
  readonly times?: Partial<KeySetTimes>;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

const headerSchema = z.looseObject({
  alg: z.literal('ES256'),
  kid: z.string().min(1).max(256),
  typ: z.string().regex(/^jwt$/i).optional(),
  // An extension that must be understood, and none is.
  crit: z.undefined().optional(),
});

const claimsSchema = z.looseObject({
  iss: z.string(),
  aud: z.union([z.string(), z.array(z.string()).max(100)]).optional(),
  exp: z.number(),
  iat: z.number(),
  nbf: z.number().optional(),
  sub: z.string().min(1),
  username: z.string().optional(),
  role: z.string().optional(),
});
type Claims = z.infer<typeof claimsSchema>;

/** Checks identities of one Grafana. */
export class GrafanaIdentity {
  readonly #config: GrafanaConfig;
  readonly #keys: KeySet;
  readonly #now: () => number;

  constructor(config: GrafanaConfig, { times = {}, now = () => Date.now() }: GrafanaIdentityOptions = {}) {
    this.#config = config;
    this.#keys = new KeySet({ url: config.jwksUrl, times });
    this.#now = now;
  }

  /**
   * Checks the value of `X-Grafana-Id`. One that is sent must be good, required or not: a bad one is a fault or a
   * forgery, and going on without it would hide who acted.
   */
  async verify(token: string | undefined, required: boolean): Promise<IdentityResult> {
    if (token === undefined || token === '') return nobody('no X-Grafana-Id', required);
    const parts = parse(token);
    if (typeof parts === 'string') return invalid(parts);
    let key;
    try {
      key = await this.#keys.find(parts.keyId);
    } catch (error) {
      if (!(error instanceof KeysUnavailableError)) throw error;
      const { message, retryAfterSeconds } = error;
      const detail = 'the keys of Grafana cannot be fetched, so who you are cannot be checked';
      return { code: 'VIREO_IDENTITY_UNAVAILABLE', detail, reason: message, retryAfterSeconds };
    }
    if (key === undefined) return invalid('signed with a key Grafana does not publish');
    const signed = verify('sha256', parts.signed, { key, dsaEncoding: 'ieee-p1363' }, parts.signature);
    if (!signed) return invalid('the signature is wrong');
    return this.#checkClaims(parts.payload, required);
  }

  #checkClaims(payload: string, required: boolean): IdentityResult {
    const parsed = claimsSchema.safeParse(parseJson(payload));
    if (!parsed.success) return invalid('a claim is missing or of the wrong type');
    const claims = parsed.data;
    // Grafana's root_url ends in a slash; what people configure often does not.
    if (withoutSlash(claims.iss) !== withoutSlash(this.#config.issuer)) {
      return invalid(`the issuer is ${show(claims.iss)}, not ${show(this.#config.issuer)}`);
    }
    const audience = [claims.aud ?? []].flat();
    const wanted = this.#config.audience;
    if (wanted !== undefined && !audience.includes(wanted)) {
      return invalid(`the audience is ${show(audience.join(' '))}, not ${show(wanted)}`);
    }
    const now = this.#now() / 1000;
    if (now >= claims.exp + CLOCK_SKEW_SECONDS) {
      const ago = Math.round(now - claims.exp);
      const reason = `expired ${String(ago)} s ago`;
      return { code: 'VIREO_IDENTITY_EXPIRED', detail: 'the identity of Grafana has expired', reason };
    }
    if (Math.max(claims.iat, claims.nbf ?? claims.iat) > now + CLOCK_SKEW_SECONDS) {
      return invalid('issued in the future: is a clock wrong?');
    }
    if (!ACCOUNTABLE.test(claims.sub)) return nobody(`${show(claims.sub)} is nobody in particular`, required);
    return { user: userOf(claims, audience) };
  }
}

function nobody(reason: string, required: boolean): IdentityResult {
  if (!required) return {};
  return { code: 'VIREO_IDENTITY_REQUIRED', detail: 'this token needs a known user: sign in to Grafana', reason };
}

function invalid(reason: string): IdentityFailure {
  return { code: 'VIREO_IDENTITY_INVALID', detail: 'the identity in X-Grafana-Id is not valid here', reason };
}

interface TokenParts {
  readonly keyId: string;
  readonly payload: string;
  readonly signed: Buffer;
  readonly signature: Buffer;
}

/** A JWT taken apart, unverified, or what is wrong with it. */
function parse(token: string): TokenParts | string {
  if (token.length > LENGTH_MAX) return 'longer than any of Grafana’s';
  const [header, payload, signature, ...rest] = token.split('.');
  if (header === undefined || payload === undefined || signature === undefined || rest.length > 0) return 'no JWT';
  if (![header, payload, signature].every((part) => /^[\w-]+$/.test(part))) return 'no JWT';
  const parsed = headerSchema.safeParse(parseJson(decode(header)));
  if (!parsed.success) return 'its header is not that of an ES256 JWT with a key id';
  return {
    keyId: parsed.data.kid,
    payload: decode(payload),
    signed: Buffer.from(`${header}.${payload}`),
    signature: Buffer.from(signature, 'base64url'),
  };
}

function decode(part: string): string {
  return Buffer.from(part, 'base64url').toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function userOf(claims: Claims, audience: readonly string[]): GrafanaUser {
  const orgId = /^org:(\d{1,15})$/.exec(audience[0] ?? '')?.[1];
  return {
    login: bounded(claims.username ?? claims.sub),
    userId: bounded(claims.sub),
    ...(orgId === undefined ? {} : { orgId: Number(orgId) }),
    ...(claims.role === undefined ? {} : { role: bounded(claims.role) }),
  };
}

function bounded(text: string): string {
  return text.slice(0, 256);
}

function show(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}

function withoutSlash(url: string): string {
  return url.endsWith('/') ? url.slice(0, -1) : url;
}
