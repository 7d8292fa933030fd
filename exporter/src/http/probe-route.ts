// SPDX-License-Identifier: Apache-2.0
// GET /probe?target=NAME: one configured host, for Prometheus configurations with a target per host. Never connects to
// anything: a target that could be any URI would let whoever scrapes make Vireo connect to whatever they like.

import type { RequestHandler } from 'express';
import type { HttpDeps } from './deps.ts';
import { requireHost, singleParameter } from './host-parameter.ts';
import { HttpProblem } from './problems.ts';
import type { AnswerScrape } from './scrape-answers.ts';

/** The route's handler. */
export function probeRoute(deps: HttpDeps, answerScrape: AnswerScrape): RequestHandler {
  return (request, response) => {
    const target = singleParameter(request.query, 'target');
    if (target === undefined || target === '')
      throw badTarget('target= is missing; it takes the name of a configured host');
    const known = deps.hosts().some(({ host }) => host === target);
    if (!known && /:\/\/|^[a-z]+:\//i.test(target)) {
      throw badTarget(
        'target= takes the name of a configured host, not a URI: Vireo connects only to what its file says',
      );
    }
    requireHost(target, deps);
    return answerScrape(request, response, target);
  };
}

function badTarget(detail: string): HttpProblem {
  return new HttpProblem('VIREO_HTTP_BAD_REQUEST', detail);
}
