// SPDX-License-Identifier: Apache-2.0
// The parts of a request besides its body: path, query and headers, each checked before anything is looked up.

import type { Request } from 'express';
import type { z } from 'zod';
import { HttpProblem } from '../problems.ts';
import { faultsOf } from './faults.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,128}$/;

/** A part of the path by its name in the route. */
export function pathPart(request: Request, name: string): string {
  const value = request.params[name];
  if (typeof value !== 'string') throw new TypeError(`the route has no parameter ${name}`);
  return value;
}

/**
 * The domain's UUID in the path, in lower case.
 *
 * @throws HttpProblem VIREO_UUID
 */
export function uuidPart(request: Request): string {
  const uuid = pathPart(request, 'uuid').toLowerCase();
  if (!UUID.test(uuid)) {
    throw new HttpProblem('VIREO_UUID', 'the path needs a UUID, 32 hexadecimal digits with hyphens at 8-4-4-4-12');
  }
  return uuid;
}

/**
 * The query, as its schema reads it.
 *
 * @param repeatable keys that may stand more than once; their value is always a list
 * @throws HttpProblem VIREO_PARAMETER
 */
export function queryOf<T>(request: Request, schema: z.ZodType<T>, repeatable: readonly string[] = []): T {
  const text = request.originalUrl.split('?').slice(1).join('?');
  const parameters = new URLSearchParams(text);
  const fields = new Map<string, string | string[]>();
  for (const key of new Set(parameters.keys())) {
    const values = parameters.getAll(key);
    const [only = ''] = values;
    if (repeatable.includes(key)) fields.set(key, values);
    else if (values.length === 1) fields.set(key, only);
    else throw new HttpProblem('VIREO_PARAMETER', `${key.slice(0, 100)}= must stand once`);
  }
  const parsed = schema.safeParse(Object.fromEntries(fields));
  if (!parsed.success) throw new HttpProblem('VIREO_PARAMETER', faultsOf(parsed.error, 'the query'));
  return parsed.data;
}

/**
 * The header Idempotency-Key; undefined when there is none.
 *
 * @throws HttpProblem VIREO_PARAMETER
 */
export function idempotencyKey(request: Request): string | undefined {
  const key = request.get('Idempotency-Key');
  if (key === undefined || IDEMPOTENCY_KEY.test(key)) return key;
  throw new HttpProblem('VIREO_PARAMETER', 'Idempotency-Key must be 1 to 128 printable ASCII characters, no spaces');
}
