// SPDX-License-Identifier: Apache-2.0
// What exporter-toolkit's web config file decides, ready for use.

import type { SecureContextOptions } from 'node:tls';

/** What a client's certificate is asked for; Go's names, as the file has them. */
export const CLIENT_AUTH_TYPES = [
  'NoClientCert',
  'RequestClientCert',
  'RequireAnyClientCert',
  'VerifyClientCertIfGiven',
  'RequireAndVerifyClientCert',
] as const;
/** One of {@link CLIENT_AUTH_TYPES}. */
export type ClientAuthType = (typeof CLIENT_AUTH_TYPES)[number];

/** TLS on the listening sockets. */
export interface TlsConfig {
  /** Certificate, key, client CA, versions, ciphers and curves for Node. */
  readonly context: SecureContextOptions;
  readonly clientAuth: ClientAuthType;
  /** One of these must be among the subject alternative names of a client's certificate; empty means any may. */
  readonly clientAllowedSans: ReadonlySet<string>;
}

/** Requests admitted in all, as Go's `rate.Limiter` counts them. */
export interface RateLimit {
  /** One more request every so many milliseconds. */
  readonly intervalMs: number;
  /** So many at once after a pause. */
  readonly burst: number;
}

/** The whole file. */
export interface WebConfig {
  /** Absent: plain HTTP. */
  readonly tls?: TlsConfig;
  /** Header names and values for every answer. */
  readonly headers: ReadonlyMap<string, string>;
  /** User names and bcrypt hashes; empty: nobody is asked. */
  readonly users: ReadonlyMap<string, string>;
  readonly rateLimit?: RateLimit;
}

/** Whether clients are asked for a certificate at all. */
export function asksForCertificate(tls: TlsConfig): boolean {
  return tls.clientAuth !== 'NoClientCert';
}
