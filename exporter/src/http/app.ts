// SPDX-License-Identifier: Apache-2.0
// The express application: middleware in order, routes, and the errors last.

import express from 'express';
import type { Express } from 'express';
import { sessionTextRoute, upgradeWanted } from './api/console-routes.ts';
import { createApiRouter } from './api/router.ts';
import { consolePageRoutes } from './console/page.ts';
import { CONSOLE_SOCKET_PATH } from './console/upgrade.ts';
import type { WebGuard } from '../web/web-guard.ts';
import type { HttpDeps } from './deps.ts';
import { errorMiddleware, methodNotAllowed, notFound } from './error-middleware.ts';
import { renderLandingPage } from './landing-page.ts';
import { LANDING_STYLE_HASH } from './landing-style.ts';
import { metricsRoute } from './metrics-route.ts';
import { pathHygiene } from './path-hygiene.ts';
import { probeRoute } from './probe-route.ts';
import { HttpProblem } from './problems.ts';
import { requestLog } from './request-log.ts';
import { runbookRoute } from './runbook-route.ts';
import { scrapeAnswers } from './scrape-answers.ts';
import { sdRoute } from './sd-route.ts';
import { policyWithStyle, securityHeaders } from './security-headers.ts';
import { webAccess } from './web-access.ts';

/** Most host names listed in an answer of /-/ready. */
const NAMES_MAX = 20;

/** Builds the application; nothing listens yet. What has no end by itself ends when `stopping` is aborted. */
export function createApp(deps: HttpDeps, stopping: AbortSignal, guard: WebGuard | undefined): Express {
  const { version, startedAt, now = Date.now } = deps;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(requestLog(deps.logger), securityHeaders);
  if (guard !== undefined) app.use(webAccess(guard));
  app.use(pathHygiene);
  const readOnly = methodNotAllowed('GET', 'HEAD');

  app
    .route('/')
    .get((_request, response) => {
      response.set('Content-Security-Policy', policyWithStyle(LANDING_STYLE_HASH));
      response.type('html').send(renderLandingPage({ hosts: deps.hosts(), version, startedAt, now: now() }));
    })
    .all(readOnly);
  const answerScrape = scrapeAnswers(deps);
  app.route('/metrics').get(metricsRoute(deps, answerScrape)).all(readOnly);
  app.route('/probe').get(probeRoute(deps, answerScrape)).all(readOnly);
  app.route('/sd').get(sdRoute(deps)).all(readOnly);
  app
    .route('/-/healthy')
    .get((_request, response) => {
      response.type('text/plain').send('Vireo is healthy.\n');
    })
    .all(readOnly);
  app
    .route('/-/ready')
    .get((_request, response) => {
      const waiting = deps.hosts().filter((host) => host.state.kind === 'connecting');
      if (waiting.length > 0) throw notReady(waiting.map((host) => host.host));
      response.type('text/plain').send('Vireo is ready.\n');
    })
    .all(readOnly);

  app.route('/runbooks/:name').get(runbookRoute()).all(readOnly);
  app.use('/console', consolePageRoutes());
  const text = sessionTextRoute(deps.api.consoles.service);
  app.route(`${CONSOLE_SOCKET_PATH}/text`).post(text).all(methodNotAllowed('POST'));
  app.route(CONSOLE_SOCKET_PATH).get(upgradeWanted).all(readOnly);
  app.use('/api/v1', createApiRouter(deps, stopping));

  app.use(notFound);
  app.use(errorMiddleware(deps.logger));
  return app;
}

function notReady(names: readonly string[]): HttpProblem {
  const more = names.length > NAMES_MAX ? ` and ${String(names.length - NAMES_MAX)} more` : '';
  const detail = `first connection not decided yet: ${names.slice(0, NAMES_MAX).join(', ')}${more}`;
  return new HttpProblem('VIREO_NOT_READY', detail, { 'Retry-After': '1' });
}
