// SPDX-License-Identifier: Apache-2.0
// The web config file and the PEM files it names, read and checked. Every problem names file, line and key.

import { X509Certificate } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { SecureContextOptions } from 'node:tls';
import { readBounded, readYamlFile } from '../config/config-file.ts';
import type { KeyPath } from '../config/config-file.ts';
import { nearest } from '../config/nearest.ts';
import { CIPHER_SUITES, CURVES, opensslCiphers, TLS_VERSIONS } from './tls-names.ts';
import type { ClientAuthType, RateLimit, TlsConfig, WebConfig } from './web-config.ts';
import { webConfigSchema } from './web-schema.ts';
import type { TlsContent, WebConfigContent } from './web-schema.ts';

const PEM_BYTES_MAX = 1024 * 1024;
/** A comparison at cost 15 takes seconds, and only one runs at a time. */
const COST_MAX = 15;
const INTERVAL_MAX_MS = 3_600_000;
const USERS_MAX = 1000;

/** What came of reading. */
export interface ReadWebConfig {
  /** Absent when there are problems. */
  readonly config?: WebConfig;
  /** One line each. They hold no hash and no key. */
  readonly problems: readonly string[];
  /** The PEM files the file names, readable or not. */
  readonly files: readonly string[];
}

type Report = (path: KeyPath, text: string) => void;

/** Reads the file now. Never throws. */
export function readWebConfig(path: string): ReadWebConfig {
  const loaded = readYamlFile(path, webConfigSchema);
  const problems = [...loaded.problems];
  const files: string[] = [];
  if (loaded.content === undefined) return { problems, files };
  const report: Report = (at, text) => problems.push(loaded.problem(at, text));
  const { content } = loaded;
  const tls =
    content.tls_server_config === undefined
      ? undefined
      : decideTls(content.tls_server_config, dirname(path), files, report);
  const rateLimit = decideRateLimit(content, report);
  const config: WebConfig = {
    headers: decideHeaders(content, report),
    users: decideUsers(content, report),
    ...(tls === undefined ? {} : { tls }),
    ...(rateLimit === undefined ? {} : { rateLimit }),
  };
  return problems.length > 0 ? { problems, files } : { config, problems, files };
}

const TLS: KeyPath = ['tls_server_config'];

function decideTls(content: TlsContent, directory: string, files: string[], report: Report): TlsConfig | undefined {
  const at = (key: keyof TlsContent): KeyPath => [...TLS, key];
  const pem = (key: 'cert_file' | 'key_file' | 'client_ca_file'): string | undefined => {
    const name = content[key];
    if (name === undefined) return undefined;
    const file = resolve(directory, name);
    files.push(file);
    const text = readBounded(file, PEM_BYTES_MAX);
    if (typeof text === 'string') return text;
    report(at(key), `${file}: ${text.problem}`);
    return undefined;
  };
  const [cert, key, ca] = [pem('cert_file'), pem('key_file'), pem('client_ca_file')];
  if (ca !== undefined && !hasCertificate(ca)) report(at('client_ca_file'), 'the file holds no PEM certificate');

  const clientAuth = clientAuthOf(content);
  if (content.client_ca_file !== undefined && clientAuth === 'NoClientCert') {
    report(at('client_ca_file'), 'no client is asked for a certificate; set client_auth_type too');
  }
  if (clientAuth.includes('Verify') && content.client_ca_file === undefined) {
    report(at('client_auth_type'), `${clientAuth} needs client_ca_file, the authorities to verify with`);
  }
  if (content.client_allowed_sans !== undefined && clientAuth !== 'RequireAndVerifyClientCert') {
    report(
      at('client_allowed_sans'),
      'only a verified name means anything; set client_auth_type to RequireAndVerifyClientCert',
    );
  }
  const { min_version: minimum = 'TLS12', max_version: maximum = 'TLS13' } = content;
  if (minimum > maximum) report(at('min_version'), `${minimum} is newer than max_version, ${maximum}`);
  checkSuites(content.cipher_suites ?? [], report);

  const context: SecureContextOptions = {
    minVersion: TLS_VERSIONS[minimum],
    maxVersion: TLS_VERSIONS[maximum],
    honorCipherOrder: content.prefer_server_cipher_suites ?? true,
    ...(content.cipher_suites === undefined ? {} : { ciphers: opensslCiphers(content.cipher_suites) }),
    ...(content.curve_preferences === undefined
      ? {}
      : { ecdhCurve: content.curve_preferences.map((curve) => CURVES[curve]).join(':') }),
  };
  if (cert === undefined || key === undefined) return undefined;
  const whole = { ...context, cert, key, ...(ca === undefined ? {} : { ca }) };
  const fault = contextFault(whole);
  if (fault !== undefined) {
    report(at('cert_file'), fault);
    return undefined;
  }
  return { context: whole, clientAuth, clientAllowedSans: new Set(content.client_allowed_sans) };
}

function clientAuthOf({ client_auth_type: type = 'NoClientCert' }: TlsContent): ClientAuthType {
  // The toolkit's own name for it in old files.
  return type === 'RequireClientCert' ? 'RequireAnyClientCert' : type;
}

function checkSuites(suites: readonly string[], report: Report): void {
  for (const [index, suite] of suites.entries()) {
    if (CIPHER_SUITES.includes(suite)) continue;
    const meant = nearest(suite, CIPHER_SUITES);
    const hint = meant === undefined ? `known are ${CIPHER_SUITES.join(', ')}` : `did you mean ${meant}?`;
    report([...TLS, 'cipher_suites', index], `${JSON.stringify(suite)} is no suite that Vireo serves; ${hint}`);
  }
}

/** Node ignores what it cannot read in a CA file. */
function hasCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}

function contextFault(context: SecureContextOptions): string | undefined {
  try {
    createSecureContext(context);
    return undefined;
  } catch (error) {
    // OpenSSL's words: "key values mismatch", "no start line". Never the content of a file.
    const why = error instanceof Error || hasMessage(error) ? error.message : 'unknown reason';
    return `certificate and key cannot be used: ${why}`;
  }
}

/** Not instanceof alone: an error of Node's own may come from another realm. */
function hasMessage(error: unknown): error is { readonly message: string } {
  return typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string';
}

function decideHeaders({ http_server_config: http }: WebConfigContent, report: Report): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(http?.headers ?? {})) {
    if (value === undefined) continue;
    if (/^[\x20-\x7e]+$/.test(value)) headers.set(name, value);
    else report(['http_server_config', 'headers', name], 'must be one line of ASCII');
  }
  return headers;
}

function decideUsers({ basic_auth_users: users }: WebConfigContent, report: Report): ReadonlyMap<string, string> {
  const at: KeyPath = ['basic_auth_users'];
  if (users === undefined) return new Map();
  const entries = Object.entries(users);
  // Whoever wrote the key meant to ask for passwords.
  if (entries.length === 0) report(at, 'has no users; add one, or remove the key to let everybody in');
  if (entries.length > USERS_MAX) report(at, `has more than ${String(USERS_MAX)} users`);
  for (const [user, hash] of entries.slice(0, USERS_MAX)) {
    if (user === '' || /[:\u0000-\u001f\u007f]/.test(user))
      report([...at, user], 'a user name is not empty and holds no colon');
    const cost = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(hash)?.[1];
    if (cost === undefined) {
      report([...at, user], 'must be a bcrypt hash, which begins with $2y$, $2b$ or $2a$; htpasswd -B makes one');
    } else if (Number(cost) < 4 || Number(cost) > COST_MAX) {
      report([...at, user], `has a cost of ${cost}; must be 04 to ${String(COST_MAX)}, and 10 is usual`);
    }
  }
  return new Map(entries);
}

function decideRateLimit({ rate_limit: limit }: WebConfigContent, report: Report): RateLimit | undefined {
  if (limit === undefined) return undefined;
  const intervalMs = durationMs(limit.interval);
  if (intervalMs === undefined || intervalMs > INTERVAL_MAX_MS) {
    const shown = JSON.stringify(limit.interval);
    report(['rate_limit', 'interval'], `${shown} is not allowed; must be a duration up to 1h such as "100ms" or "1s"`);
    return undefined;
  }
  if (intervalMs === 0) return undefined;
  if (limit.burst === undefined) {
    report(['rate_limit', 'burst'], 'is missing; must be a whole number from 1 to 1000000');
    return undefined;
  }
  return { intervalMs, burst: limit.burst };
}

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['us', 0.001],
  ['µs', 0.001],
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

/** Go's durations: "1m30s", "0". */
function durationMs(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^(\d+(\.\d+)?(us|µs|ms|s|m|h))+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, number, unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(us|µs|ms|s|m|h)/g)) {
    sum += Number(number) * (UNIT_MS.get(unit) ?? NaN);
  }
  return sum;
}
