// SPDX-License-Identifier: Apache-2.0
// The keys below `api`: who may do what through /api/v1.

import { isIP } from 'node:net';
import { z } from 'zod';
import { PRIVILEGES } from '../contract/privileges.ts';
import { KEY_DOCS, count } from './key-docs.ts';

/** Most tokens: every request is compared with all of them. */
const TOKENS_MAX = 1_000;
/** Most patterns of one token, for hosts and for domains. */
const PATTERNS_MAX = 100;
/** Longest pattern; matching one takes at most its length times that of the name. */
const PATTERN_LENGTH_MAX = 256;

const TOKEN_NAME = /^[A-Za-z0-9][\w.-]{0,62}$/;
// Control characters are in no name anybody gave on purpose.
const PATTERN = /^[^\p{Cc}\p{Cs}]+$/u;

function patterns(what: string) {
  const pattern = z
    .string()
    .max(PATTERN_LENGTH_MAX)
    .regex(PATTERN)
    .register(KEY_DOCS, {
      allowed: `1 to ${String(PATTERN_LENGTH_MAX)} characters in quotes, * for any text, ? for any one character`,
      help: 'One pattern.',
    });
  return z
    .array(pattern)
    .min(1)
    .max(PATTERNS_MAX)
    .register(KEY_DOCS, {
      allowed: `a list of 1 to ${String(PATTERNS_MAX)} patterns`,
      help: `The ${what} it may touch: names, with \`*\` for any text and \`?\` for any one character; upper and lower case differ.`,
    })
    .optional();
}

/** One entry of `api.tokens`. */
export const tokenSchema = z
  .strictObject({
    name: z.string().regex(TOKEN_NAME).register(KEY_DOCS, {
      allowed: '1 to 63 letters, digits, dots, dashes or underscores, the first a letter or digit',
      help: 'What the log and the tasks call whoever uses it; no two tokens share one.',
    }),
    // Secret: some paste the token itself.
    sha256: z
      .string()
      .regex(/^[0-9A-Fa-f]{64}$/)
      .register(KEY_DOCS, {
        secret: true,
        allowed: '64 hexadecimal digits in quotes: the SHA-256 of the token, as vireo token prints it',
        help: 'The SHA-256 of the token in hexadecimal; the token itself is nowhere in this file.',
      }),
    privileges: z
      .array(
        z.enum(PRIVILEGES).register(KEY_DOCS, {
          allowed: `one of ${PRIVILEGES.join(', ')}`,
          help: 'One privilege.',
        }),
      )
      .min(1)
      .register(KEY_DOCS, {
        allowed: `a list of ${PRIVILEGES.join(', ')}: at least one`,
        help: 'What it may do. No privilege includes another.',
      }),
    hosts: patterns('hosts'),
    domains: patterns('domains'),
    requireIdentity: z
      .boolean()
      .register(KEY_DOCS, {
        allowed: 'true or false',
        help: 'Refuse requests with this token without the identity of a user of Grafana: false for a script’s token.',
      })
      .optional(),
  })
  .register(KEY_DOCS, { allowed: 'a mapping with name, sha256 and privileges', help: 'One bearer token.' });

function url(help: string) {
  // Secret, as a URL may hold a password, which is one of the reasons to refuse it.
  return z
    .string()
    .max(2048)
    .refine(isHttpUrl)
    .register(KEY_DOCS, { secret: true, allowed: 'an http or https URL without user and password', help });
}

function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, hash } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && username === '' && password === '' && hash === '';
}

const text = z.string().min(1).max(2048);

const grafanaSchema = z
  .strictObject({
    url: url('The `root_url` of the Grafana whose signed identity (`X-Grafana-Id`) is checked.'),
    requireIdentity: z
      .boolean()
      .register(KEY_DOCS, {
        allowed: 'true or false',
        help: 'Refuse requests without the identity of a user, unless their token says otherwise. One that is sent is always checked.',
      })
      .optional(),
    jwksUrl: url('Where the public keys of Grafana are, if not at `/api/signing-keys/keys` below `url`.').optional(),
    issuer: text
      .clone()
      .register(KEY_DOCS, {
        allowed: 'a text that is not empty',
        help: 'The issuer (`iss`) of the identity, if not `url`.',
      })
      .optional(),
    audience: text
      .clone()
      .register(KEY_DOCS, {
        allowed: 'a text such as org:1',
        help: 'The audience (`aud`) the identity must have, `org:1` say; without it every organisation is let in.',
      })
      .optional(),
  })
  .register(KEY_DOCS, { allowed: 'a mapping with url', help: 'Who the user behind Grafana’s plugin proxy is.' });

const rateLimitSchema = z
  .strictObject({
    requestsPerMinutePerToken: count(1, 1_000_000, 'Requests a minute with one token; more are answered 429.'),
    failuresPerMinutePerAddress: count(
      1,
      10_000,
      'Requests a minute from one address without a valid token; then that address is answered 429.',
    ),
  })
  .register(KEY_DOCS, { allowed: 'a mapping', help: 'How much the API answers.' });

/** The mapping `api`. */
export const apiSchema = z
  .strictObject({
    readOnly: z
      .boolean()
      .register(KEY_DOCS, { allowed: 'true or false', help: 'Refuse every action, whatever the token.' })
      .optional(),
    tokens: z
      .array(tokenSchema)
      .max(TOKENS_MAX)
      .register(KEY_DOCS, {
        allowed: `a list of at most ${String(TOKENS_MAX)} mappings with name, sha256 and privileges`,
        help: 'Who may use the API. Without any it is off.',
      })
      .optional(),
    grafana: grafanaSchema.optional(),
    rateLimit: rateLimitSchema.optional(),
    trustedProxies: z
      .array(
        z.string().refine(isNetwork).register(KEY_DOCS, {
          allowed: 'an IP address or a network such as 10.0.0.0/8, in quotes',
          help: 'One proxy.',
        }),
      )
      .max(100)
      .register(KEY_DOCS, {
        allowed: 'a list of at most 100 IP addresses and networks',
        help: 'Proxies whose `X-Forwarded-For` is believed; else the address of the connection counts.',
      })
      .optional(),
  })
  .register(KEY_DOCS, { allowed: 'a mapping', help: 'The API, `/api/v1`. Read again when the file changes.' });

/** `10.0.0.1`, `10.0.0.0/8`, `2001:db8::/32`. */
function isNetwork(network: string): boolean {
  const [address = '', prefix, ...rest] = network.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0 || address.includes('%')) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
}

/** What the file says below `api`. */
export type ApiSection = z.infer<typeof apiSchema>;
