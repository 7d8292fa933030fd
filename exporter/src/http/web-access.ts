// SPDX-License-Identifier: Apache-2.0
// The web config file's say over every request. Users are not asked below /api/v1: it takes bearer tokens of its own,
// and a request has only one Authorization header. Nor below /console: its files hold nothing secret, its WebSocket takes a
// ticket, and a browser sends a WebSocket no user and password that can be relied on.

import type { RequestHandler } from 'express';
import type { WebGuard } from '../web/web-guard.ts';
import { HttpProblem } from './problems.ts';

/** What each refusal is to whoever asked. */
export const REFUSALS = {
  broken: () => new HttpProblem('VIREO_WEB_CONFIG', 'the web configuration is broken; the log says how'),
  rate: () => new HttpProblem('VIREO_WEB_RATE', 'too many requests', { 'Retry-After': '1' }),
  credentials: () =>
    new HttpProblem('VIREO_WEB_CREDENTIALS', 'name and password of a user are needed', {
      'WWW-Authenticate': 'Basic realm="vireo", charset="UTF-8"',
    }),
  busy: () => new HttpProblem('VIREO_BUSY', 'too many passwords wait to be checked', { 'Retry-After': '2' }),
} as const;

/** Middleware; comes before everything that answers. */
export function webAccess(guard: WebGuard): RequestHandler {
  return async (request, response, next) => {
    const admission = await guard.admit({
      authorization: request.get('Authorization'),
      ownCredentials: /^\/(?:api\/v1|console)(?:\/|$)/.test(request.path),
    });
    if (admission.kind === 'refused') throw REFUSALS[admission.why]();
    for (const [name, value] of admission.headers) response.setHeader(name, value);
    next();
  };
}
