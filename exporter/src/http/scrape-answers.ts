// SPDX-License-Identifier: Apache-2.0
// The answer to a scrape, whichever path it came by: narrowed as asked, and never more of it in memory than is bounded.

import type { Request, Response } from 'express';
import { METRIC_GROUPS } from '../contract/groups.ts';
import type { MetricGroup } from '../contract/groups.ts';
import type { HttpDeps } from './deps.ts';
import { HttpProblem } from './problems.ts';

/** How much may be under way at once. Scrapers that do not read hold their pages in memory. */
export interface ScrapeLimits {
  readonly answers: number;
  /** Of all bodies not sent whole yet; the last one admitted may exceed it. */
  readonly bytes: number;
  /** How long a scraper may take to read its answer. Prometheus gives up after its scrape_timeout, 10 s by default. */
  readonly answerMs: number;
}

/** What the server uses. */
export const SCRAPE_LIMITS: ScrapeLimits = { answers: 40, bytes: 256 * 1024 * 1024, answerMs: 120_000 };

/** Answers one scrape, of one host or all. */
export type AnswerScrape = (request: Request, response: Response, host: string | undefined) => Promise<void>;

/** Builds the function behind all paths of scrapes; they share the limits. */
export function scrapeAnswers(deps: HttpDeps, limits: ScrapeLimits = SCRAPE_LIMITS): AnswerScrape {
  let answers = 0;
  let bytes = 0;
  return async (request, response, host) => {
    const groups = groupsOf(request.query);
    if (answers >= limits.answers) throw busy(`${String(limits.answers)} scrapes are under way`);
    if (bytes >= limits.bytes) throw busy(`${String(bytes)} bytes wait for scrapers that read slowly`);
    answers++;
    let held = 0;
    const cutOff = setTimeout(() => response.destroy(), limits.answerMs);
    response.once('close', () => {
      clearTimeout(cutOff);
      answers--;
      bytes -= held;
    });
    const [accept, acceptEncoding] = [request.get('Accept'), request.get('Accept-Encoding')];
    const page = await deps.metrics({
      ...(host === undefined ? {} : { host }),
      ...(groups === undefined ? {} : { groups }),
      ...(accept === undefined ? {} : { accept }),
      ...(acceptEncoding === undefined ? {} : { acceptEncoding }),
    });
    // It went away meanwhile.
    if (response.closed) return;
    held = page.body.length;
    bytes += held;
    response.setHeader('Content-Type', page.contentType);
    response.setHeader('Vary', 'Accept, Accept-Encoding');
    if (page.contentEncoding !== undefined) response.setHeader('Content-Encoding', page.contentEncoding);
    response.setHeader('Content-Length', page.body.length);
    response.end(page.body);
  };
}

function busy(detail: string): HttpProblem {
  return new HttpProblem('VIREO_BUSY', detail, { 'Retry-After': '1' });
}

/** `collect[]` and `exclude[]`, with the meaning node_exporter gives them. */
function groupsOf(query: Request['query']): ReadonlySet<MetricGroup> | undefined {
  const collect = groupList(query['collect[]'], 'collect[]');
  const exclude = groupList(query['exclude[]'], 'exclude[]');
  if (collect !== undefined && exclude !== undefined) {
    throw badRequest('collect[] and exclude[] cannot be combined; use one of them');
  }
  if (exclude === undefined) return collect;
  return new Set(METRIC_GROUPS.filter((group) => !exclude.has(group)));
}

function groupList(value: unknown, parameter: string): ReadonlySet<MetricGroup> | undefined {
  if (value === undefined) return undefined;
  const names: readonly unknown[] = Array.isArray(value) ? value : [value];
  return new Set(
    names.map((name) => {
      const known = METRIC_GROUPS.find((group) => group === name);
      if (known !== undefined) return known;
      const shown = JSON.stringify(String(name).slice(0, 60));
      throw badRequest(`${parameter}=${shown} is no group; the groups are ${METRIC_GROUPS.join(', ')}`);
    }),
  );
}

function badRequest(detail: string): HttpProblem {
  return new HttpProblem('VIREO_HTTP_BAD_REQUEST', detail);
}
