// SPDX-License-Identifier: Apache-2.0
// The body of a POST: declared as JSON, at most 64 KiB, valid, and with no key its schema does not know.

import type { Request } from 'express';
import type { z } from 'zod';
import { HttpProblem } from '../problems.ts';
import { faultsOf } from './faults.ts';

/** Most bytes of a body. */
export const BODY_BYTES_MAX = 64 * 1024;
/** What is still read of a body that is too large, so that the client gets to read why it was refused. */
const DISCARDED_BYTES_MAX = 1024 * 1024;

/**
 * Reads a request's body.
 *
 * @throws HttpProblem VIREO_CONTENT_TYPE, VIREO_BODY_SIZE, VIREO_JSON or VIREO_BODY
 */
export async function readBody<T>(request: Request, schema: z.ZodType<T>): Promise<T> {
  requireJson(request);
  const value = parseJson(await readBytes(request));
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new HttpProblem('VIREO_BODY', faultsOf(parsed.error, 'the body'));
  return parsed.data;
}

function requireJson(request: Request): void {
  const type = request.get('Content-Type');
  const [media = '', ...parameters] = (type ?? '').split(';').map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.replaceAll('"', '');
  const plain = request.get('Content-Encoding') ?? 'identity';
  if (media !== 'application/json' || (charset ?? 'charset=utf-8') !== 'charset=utf-8' || plain !== 'identity') {
    const sent = type === undefined ? 'no Content-Type' : 'another Content-Type, charset or Content-Encoding';
    throw new HttpProblem(
      'VIREO_CONTENT_TYPE',
      `a body of application/json in UTF-8 is taken; the request has ${sent}`,
    );
  }
}

async function readBytes(request: Request): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length <= BODY_BYTES_MAX) chunks.push(chunk);
      else if (length > DISCARDED_BYTES_MAX) break;
    }
  } catch (error) {
    // Nobody is there to read this any more; it only must not look like a fault of ours.
    if (request.destroyed) throw new HttpProblem('VIREO_HTTP_BAD_REQUEST', 'the client left before its body was whole');
    throw error;
  }
  if (length > BODY_BYTES_MAX) {
    const headers = length > DISCARDED_BYTES_MAX ? { Connection: 'close' } : {};
    throw new HttpProblem('VIREO_BODY_SIZE', `the body has more than ${String(BODY_BYTES_MAX)} bytes`, headers);
  }
  return Buffer.concat(chunks);
}

function parseJson(bytes: Buffer): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new HttpProblem('VIREO_JSON', 'the body is not UTF-8');
  }
  try {
    return JSON.parse(text);
  } catch {
    // Not the parser's message: it quotes the body.
    throw new HttpProblem('VIREO_JSON', text.trim() === '' ? 'the body is empty' : 'the body is not valid JSON');
  }
}
