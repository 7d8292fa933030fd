// SPDX-License-Identifier: Apache-2.0
// What people are told about a key, and the keys whose range is all there is to tell.

import { z } from 'zod';

/** What people are told about a key. */
export interface KeyDoc {
  /** One sentence. */
  readonly help: string;
  /** Completes "must be ...". */
  readonly allowed: string;
  /** Its value must not appear in a message. */
  readonly secret?: true;
}

/** The {@link KeyDoc} of every key. */
export const KEY_DOCS = z.registry<KeyDoc>();

/** A duration that may be left out. */
export function seconds(minimum: number, maximum: number, help: string) {
  const allowed = `a number of seconds from ${String(minimum)} to ${String(maximum)}`;
  return z.number().min(minimum).max(maximum).register(KEY_DOCS, { allowed, help }).optional();
}

/** A whole number that may be left out. */
export function count(minimum: number, maximum: number, help: string) {
  const allowed = `a whole number from ${String(minimum)} to ${String(maximum)}`;
  return z.int().min(minimum).max(maximum).register(KEY_DOCS, { allowed, help }).optional();
}
