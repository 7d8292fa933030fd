// SPDX-License-Identifier: Apache-2.0
// A number for every request and a line at level debug when it is over.

import { randomUUID } from 'node:crypto';
import type { RequestHandler, Response } from 'express';
import type { HttpLogger } from './deps.ts';

const REQUEST_ID = 'X-Request-Id';

/** The id given to the request being answered. */
export function requestIdOf(response: Response): string {
  return String(response.getHeader(REQUEST_ID));
}

/** Middleware; comes first. */
export function requestLog(logger: HttpLogger): RequestHandler {
  return (request, response, next) => {
    const requestId = randomUUID();
    response.setHeader(REQUEST_ID, requestId);
    const startedAt = performance.now();
    // Not the query: it may one day carry what does not belong in a log.
    const { method, path } = request;
    const remote = request.socket.remoteAddress;
    response.once('close', () => {
      const durationMs = Math.round((performance.now() - startedAt) * 10) / 10;
      const finished = response.writableFinished;
      const fields = { event: 'http.request', requestId, method, path, status: response.statusCode, durationMs };
      logger.debug({ ...fields, finished, remote }, 'request');
    });
    next();
  };
}
