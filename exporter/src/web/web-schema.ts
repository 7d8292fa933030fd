// SPDX-License-Identifier: Apache-2.0
// The keys of exporter-toolkit's web config file, under its own names. What it accepts and Node cannot do is refused.

import { z } from 'zod';
import { KEY_DOCS } from '../config/key-docs.ts';
import type { KeyDoc } from '../config/key-docs.ts';
import { CLIENT_AUTH_TYPES } from './web-config.ts';

function text(doc: KeyDoc) {
  return z.string().min(1).max(4096).register(KEY_DOCS, doc).optional();
}

function choice<const Values extends readonly [string, ...string[]]>(values: Values, help: string, why = '') {
  const allowed = `one of ${values.join(', ')}${why}`;
  return z.enum(values).register(KEY_DOCS, { allowed, help }).optional();
}

function list(item: string, help: string) {
  const allowed = `a list of ${item}`;
  return z
    .array(
      z
        .string()
        .min(1)
        .max(255)
        .register(KEY_DOCS, { allowed: `one of ${item}`, help }),
    )
    .min(1)
    .max(100)
    .register(KEY_DOCS, { allowed, help })
    .optional();
}

const VERSIONS_WHY = '; older ones are broken, and OpenSSL refuses them';

const tlsSchema = z
  .strictObject({
    cert_file: z
      .string()
      .min(1)
      .max(4096)
      .register(KEY_DOCS, { allowed: 'the path of a PEM file', help: 'The certificate of the server and its chain.' }),
    key_file: z
      .string()
      .min(1)
      .max(4096)
      .register(KEY_DOCS, { allowed: 'the path of a PEM file', help: 'The private key of the certificate.' }),
    client_ca_file: text({ allowed: 'the path of a PEM file', help: 'The authorities that sign for clients.' }),
    client_auth_type: choice(
      [...CLIENT_AUTH_TYPES, 'RequireClientCert'],
      'What clients are asked for. Default: NoClientCert.',
    ),
    client_allowed_sans: list(
      'names, addresses and URIs',
      'The certificate of a client must carry one of these as a subject alternative name.',
    ),
    min_version: choice(['TLS12', 'TLS13'], 'The oldest TLS accepted. Default: TLS12.', VERSIONS_WHY),
    max_version: choice(['TLS12', 'TLS13'], 'The newest TLS accepted. Default: TLS13.', VERSIONS_WHY),
    cipher_suites: list('Go’s names of cipher suites', 'The suites of TLS 1.2; those of TLS 1.3 are fixed.'),
    prefer_server_cipher_suites: z
      .boolean()
      .register(KEY_DOCS, { allowed: 'true or false', help: 'Whether our order of suites counts. Default: true.' })
      .optional(),
    curve_preferences: z
      .array(
        z
          .enum(['CurveP256', 'CurveP384', 'CurveP521', 'X25519'])
          .register(KEY_DOCS, { allowed: 'one of CurveP256, CurveP384, CurveP521, X25519', help: 'A curve.' }),
      )
      .min(1)
      .max(4)
      .register(KEY_DOCS, {
        allowed: 'a list of CurveP256, CurveP384, CurveP521, X25519',
        help: 'Curves for the exchange of keys, best first.',
      })
      .optional(),
  })
  .register(KEY_DOCS, { allowed: 'a mapping with cert_file and key_file', help: 'Serve HTTPS instead of HTTP.' });

const headersSchema = z
  .strictObject({
    'Content-Security-Policy': text({
      allowed: 'a policy',
      help: 'Replaces Vireo’s own, pages with their own excepted.',
    }),
    'X-Frame-Options': choice(['deny', 'sameorigin'], 'Replaces Vireo’s own.'),
    'X-Content-Type-Options': choice(['nosniff'], 'As Vireo sends anyway.'),
    'X-XSS-Protection': text({ allowed: 'text', help: 'For old browsers.' }),
    'Strict-Transport-Security': text({ allowed: 'text', help: 'For browsers: HTTPS from now on.' }),
  })
  .register(KEY_DOCS, { allowed: 'a mapping', help: 'Headers of every answer.' });

const httpSchema = z
  .strictObject({
    http2: z
      .literal(false)
      .register(KEY_DOCS, {
        allowed: 'false: Vireo serves HTTP/1.1 only, which Prometheus and browsers speak as well',
        help: 'Whether to serve HTTP/2; only false.',
      })
      .optional(),
    headers: headersSchema.optional(),
  })
  .register(KEY_DOCS, { allowed: 'a mapping', help: 'HTTP.' });

const usersSchema = z
  .record(
    z.string(),
    z.string().register(KEY_DOCS, {
      secret: true,
      allowed: 'a bcrypt hash, as `htpasswd -nBC 10 "" | tr -d ":\\n"` makes it; in quotes',
      help: 'A user and the hash of the password.',
    }),
  )
  .register(KEY_DOCS, {
    secret: true,
    allowed: 'a mapping of user names to bcrypt hashes',
    help: 'Users and the bcrypt hashes of their passwords; without any nobody is asked.',
  });

const rateLimitSchema = z
  .strictObject({
    interval: z.string().max(40).register(KEY_DOCS, {
      allowed: 'a duration such as "100ms" or "1s"',
      help: 'One more request is admitted every so often. "0s": no limit.',
    }),
    burst: z
      .int()
      .min(1)
      .max(1_000_000)
      .register(KEY_DOCS, { allowed: 'a whole number from 1 to 1000000', help: 'So many at once after a pause.' })
      .optional(),
  })
  .register(KEY_DOCS, {
    allowed: 'a mapping with interval and burst',
    help: 'How many requests are admitted, of all clients together; the others are answered 429.',
  });

/** The whole file. */
export const webConfigSchema = z
  .strictObject({
    tls_server_config: tlsSchema.optional(),
    http_server_config: httpSchema.optional(),
    basic_auth_users: usersSchema.optional(),
    rate_limit: rateLimitSchema.optional(),
  })
  .register(KEY_DOCS, {
    secret: true,
    allowed: 'a mapping with tls_server_config, http_server_config, basic_auth_users or rate_limit',
    help: 'The whole file.',
  });

/** A web config file that fits the schema. */
export type WebConfigContent = z.infer<typeof webConfigSchema>;
/** Its part about TLS. */
export type TlsContent = z.infer<typeof tlsSchema>;
