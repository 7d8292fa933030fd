// SPDX-License-Identifier: Apache-2.0
// The keys `groups` and `domains`, of the whole file and of one host: what of a host is watched.

import { z } from 'zod';
import { GROUPS } from '../contract/groups.ts';
import { KEY_DOCS } from './key-docs.ts';
import { pathShape } from './metadata-config.ts';

/** Most rules of one list; each domain is compared with all of them. */
const RULES_MAX = 1000;
const PATTERN_LENGTH_MAX = 256;
// Control characters are in no name anybody gave on purpose.
const PATTERN = /^[^\p{Cc}\p{Cs}]+$/u;

/** Builds the key `groups`. */
export function groupsSchema(help: string) {
  const shape = Object.fromEntries(
    GROUPS.map(({ name, what, cost }) => [
      name,
      z
        .boolean()
        .register(KEY_DOCS, { allowed: 'true or false', help: `${what}. Cost: ${cost}.` })
        .optional(),
    ]),
  );
  return z.strictObject(shape).register(KEY_DOCS, { allowed: 'a mapping of groups to true or false', help });
}

const ruleSchema = z
  .strictObject({
    name: z
      .string()
      .max(PATTERN_LENGTH_MAX)
      .regex(PATTERN)
      .register(KEY_DOCS, {
        allowed: `1 to ${String(PATTERN_LENGTH_MAX)} characters in quotes, * for any text, ? for any one character`,
        help: 'The domain’s name, a pattern; upper and lower case differ.',
      })
      .optional(),
    uuid: z
      .string()
      .regex(/^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/)
      .register(KEY_DOCS, { allowed: 'a UUID with its hyphens', help: 'The domain’s UUID.' })
      .optional(),
    metadata: z
      .strictObject({
        ...pathShape(),
        value: z
          .string()
          .max(PATTERN_LENGTH_MAX)
          .regex(PATTERN)
          .register(KEY_DOCS, {
            allowed: `1 to ${String(PATTERN_LENGTH_MAX)} characters in quotes, * for any text, ? for any one character`,
            help: 'What is there, a pattern; anything but nothing without it.',
          })
          .optional(),
      })
      .register(KEY_DOCS, {
        allowed: 'a mapping with xpath, namespaces and value',
        help: 'What the domain’s XML says, its metadata or anything else. A domain of which only this can decide is not shown before its XML was read, and what that said stands until it says something else: it follows within a minute, or at once when an event tells of the change.',
      })
      .optional(),
  })
  .refine((rule) => Object.keys(rule).length > 0)
  .register(KEY_DOCS, {
    allowed: 'a mapping with name, uuid or metadata, or several',
    help: 'Means the domains for which all that it says is true.',
  });

function rules(help: string) {
  return z
    .array(ruleSchema)
    .max(RULES_MAX)
    .register(KEY_DOCS, { allowed: `a list of at most ${String(RULES_MAX)} rules`, help })
    .optional();
}

/** Builds the key `domains`. */
export function domainsSchema(help: string) {
  return z
    .strictObject({
      include: rules('Only domains that one of these rules means are watched. Without any: all.'),
      exclude: rules('Domains that one of these rules means are left out.'),
      inactiveSeries: z
        .boolean()
        .register(KEY_DOCS, {
          allowed: 'true or false; true without it',
          help: 'Whether domains that are off have series of their own. Without, a domain that many hosts define has them where it runs; it is counted and in the API as before, but no alert can tell that it is off.',
        })
        .optional(),
    })
    .register(KEY_DOCS, { allowed: 'a mapping with include, exclude and inactiveSeries', help });
}
