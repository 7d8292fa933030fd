// SPDX-License-Identifier: Apache-2.0
// Ways to answer: JSON, and documents that a client may keep and ask about again.

import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import type { AnswerPlaces } from './answer-places.ts';

const CHUNK_BYTES = 64 * 1024;

/** Answers with JSON. */
export function sendJson(response: Response, value: unknown, status = 200): void {
  response.status(status).type('application/json').send(JSON.stringify(value));
}

/**
 * Answers with a document, or 304 when the client already has it. libvirt hands a document over whole, and its secrets are
 * found in the whole, so it is in memory once at least; from there it is written piece by piece as the client reads, so a
 * slow reader costs no copies, and `places` bounds what all readers together cost.
 *
 * @throws HttpProblem VIREO_BUSY
 */
export async function sendDocument(
  request: Request,
  response: Response,
  places: AnswerPlaces,
  { type, text }: { readonly type: string; readonly text: string },
): Promise<void> {
  const body = Buffer.from(text);
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 32)}"`;
  places.reserve(response, body.length);
  // Kept by nobody but the client, and never shown again without asking.
  response.set({ ETag: etag, 'Cache-Control': 'private, no-cache', Vary: 'Authorization' });
  if (namesEtag(request.get('If-None-Match'), etag)) {
    response.status(304).end();
    return;
  }
  response.type(type);
  if (request.method === 'HEAD') {
    response.setHeader('Content-Length', body.length);
    response.end();
    return;
  }
  try {
    await pipeline(Readable.from(pieces(body)), response);
  } catch (error) {
    // The client left: nobody is there to be told.
    if (!response.destroyed) throw error;
  }
}

function* pieces(body: Buffer): Generator<Buffer> {
  for (let at = 0; at < body.length; at += CHUNK_BYTES) yield body.subarray(at, at + CHUNK_BYTES);
}

/** Whether If-None-Match names this ETag; it is compared weakly, as RFC 9110 wants it there. */
function namesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((part) => {
    const tag = part.trim();
    return tag === '*' || tag === etag || tag === `W/${etag}`;
  });
}
