// SPDX-License-Identifier: Apache-2.0
// GET /metrics and /metrics?host=NAME.

import type { RequestHandler } from 'express';
import type { HttpDeps } from './deps.ts';
import { requireHost, singleParameter } from './host-parameter.ts';
import type { AnswerScrape } from './scrape-answers.ts';

/** The route's handler. */
export function metricsRoute(deps: HttpDeps, answerScrape: AnswerScrape): RequestHandler {
  return (request, response) => {
    const host = singleParameter(request.query, 'host');
    if (host !== undefined) requireHost(host, deps);
    return answerScrape(request, response, host);
  };
}
