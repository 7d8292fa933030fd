// SPDX-License-Identifier: Apache-2.0
// /api/v1: who asks is decided before anything else, also before whether a path exists.

import { Router } from 'express';
import type { HttpDeps } from '../deps.ts';
import { methodNotAllowed } from '../error-middleware.ts';
import { actionRoute, bulkRoute } from './actions-routes.ts';
import { Access, authentication } from './authentication.ts';
import { consoleRoutes } from './console-routes.ts';
import { domainRoute, listDomainsRoute } from './domains-routes.ts';
import { eventsRoute } from './events-route.ts';
import { Fleet } from './fleet.ts';
import { hostRoute, listHostsRoute } from './hosts-routes.ts';
import { inspectionRoutes } from './inspection-routes.ts';
import { openapiRoute } from './openapi-route.ts';
import { listTasksRoute, taskRoute } from './tasks-routes.ts';
import { tokenRoute } from './token-route.ts';

/** Builds the router. Streams end when `stopping` is aborted. */
export function createApiRouter(deps: HttpDeps, stopping: AbortSignal): Router {
  const { api, logger, version } = deps;
  const { actions, feed, guard, heartbeatMs } = api;
  const fleet = new Fleet(() => deps.hosts(), new Access(guard));
  const router = Router({ caseSensitive: true, strict: true });
  const readOnly = methodNotAllowed('GET', 'HEAD');
  const inspect = inspectionRoutes(fleet, (host) => api.inspection(host));
  const consoles = consoleRoutes(fleet, api.consoles);
  const domain = '/hosts/:host/domains/:uuid';

  router.use(authentication(guard));
  router.route('/hosts').get(listHostsRoute(fleet)).all(readOnly);
  router.route('/hosts/:host').get(hostRoute(fleet)).all(readOnly);
  router.route('/hosts/:host/xml').get(inspect.hostXml).all(readOnly);
  router.route('/domains').get(listDomainsRoute(fleet, actions)).all(readOnly);
  router
    .route(domain)
    .get(domainRoute(fleet, actions, api.consoles.service))
    .all(readOnly);
  router.route(`${domain}/xml`).get(inspect.domainXml).all(readOnly);
  router.route(`${domain}/snapshots`).get(inspect.snapshots).all(readOnly);
  router.route(`${domain}/screenshot`).get(inspect.screenshot).all(readOnly);
  router.route(`${domain}/console`).post(consoles.open).all(methodNotAllowed('POST'));
  router.route(`${domain}/console/text`).post(consoles.text).all(methodNotAllowed('POST'));
  router.route(`${domain}/console/address`).get(consoles.address).all(readOnly);
  router.route(`${domain}/console/file.vv`).get(consoles.file).all(readOnly);
  router.route(`${domain}/actions`).post(actionRoute(fleet, actions)).all(methodNotAllowed('POST'));
  router
    .route('/actions')
    .post(bulkRoute(fleet, actions, logger))
    .all(methodNotAllowed('POST'));
  router.route('/tasks').get(listTasksRoute(fleet, actions)).all(readOnly);
  router.route('/tasks/:id').get(taskRoute(fleet, actions)).all(readOnly);
  router
    .route('/events')
    .get(eventsRoute({ fleet, feed, logger, stopping, ...(heartbeatMs === undefined ? {} : { heartbeatMs }) }))
    .all(readOnly);
  router.route('/token').get(tokenRoute).all(readOnly);
  router.route('/openapi.json').get(openapiRoute(version)).all(readOnly);
  return router;
}
