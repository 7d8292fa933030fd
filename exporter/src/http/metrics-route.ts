// SPDX-License-Identifier: Apache-2.0
// GET /metrics and /metrics?host=NAME.

import type { RequestHandler } from 'express';
import { nearest } from '../config/nearest.ts';
import type { HttpDeps } from './deps.ts';
import { HttpProblem } from './problems.ts';

/** Answers under way at once: scrapers that do not read would otherwise hold ever more of the page in memory. */
export const SCRAPES_MAX = 40;

/** The route's handler. */
export function metricsRoute(deps: HttpDeps): RequestHandler {
  let underWay = 0;
  return async (request, response) => {
    const host = hostParameter(request.query['host']);
    if (host !== undefined) requireHost(host, deps);
    if (underWay >= SCRAPES_MAX) {
      throw new HttpProblem('VIREO_BUSY', `${String(SCRAPES_MAX)} scrapes are under way`, { 'Retry-After': '1' });
    }
    underWay++;
    response.once('close', () => {
      underWay--;
    });
    const acceptEncoding = request.get('Accept-Encoding');
    const page = await deps.metrics({
      ...(host === undefined ? {} : { host }),
      ...(acceptEncoding === undefined ? {} : { acceptEncoding }),
    });
    response.setHeader('Content-Type', page.contentType);
    response.setHeader('Vary', 'Accept-Encoding');
    if (page.contentEncoding !== undefined) response.setHeader('Content-Encoding', page.contentEncoding);
    response.setHeader('Content-Length', page.body.length);
    response.end(page.body);
  };
}

function hostParameter(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw new HttpProblem('VIREO_HTTP_BAD_REQUEST', 'host= must stand once');
}

function requireHost(host: string, deps: HttpDeps): void {
  const names = deps.hosts().map((snapshot) => snapshot.host);
  if (names.includes(host)) return;
  const shown = host.slice(0, 253);
  const meant = nearest(host, names);
  const hint = meant === undefined ? '' : `; did you mean "${meant}"?`;
  throw new HttpProblem('VIREO_HOST_UNKNOWN', `no host is called "${shown}"${hint}`);
}
