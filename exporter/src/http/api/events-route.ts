// SPDX-License-Identifier: Apache-2.0
// GET /events.

import { setMaxListeners } from 'node:events';
import type { RequestHandler } from 'express';
import { noQuery } from '../../contract/api.ts';
import type { HttpLogger } from '../deps.ts';
import { HttpProblem } from '../problems.ts';
import { callerOf } from './authentication.ts';
import type { EventFeed } from './event-feed.ts';
import { HEARTBEAT_MS, streamEvents } from './event-stream.ts';
import type { Fleet } from './fleet.ts';
import { queryOf } from './parameters.ts';

/** Streams open at once. */
export const STREAMS_MAX = 200;

/** What the route needs. */
export interface EventsRouteOptions {
  readonly fleet: Fleet;
  readonly feed: EventFeed;
  readonly logger: HttpLogger;
  readonly stopping: AbortSignal;
  /** {@link HEARTBEAT_MS} unless a test cannot wait for it. */
  readonly heartbeatMs?: number;
}

/** A stream of what happens in the caller's scope. */
export function eventsRoute({ fleet, feed, logger, stopping, heartbeatMs }: EventsRouteOptions): RequestHandler {
  let open = 0;
  // One for each stream, which are bounded here; Node would warn at eleven.
  setMaxListeners(STREAMS_MAX, stopping);
  return (request, response) => {
    const caller = callerOf(request);
    const { access } = fleet;
    queryOf(request, noQuery);
    access.requirePrivilege(caller, 'read');
    if (request.method === 'HEAD') {
      response.set('Content-Type', 'text/event-stream; charset=utf-8').end();
      return;
    }
    if (open >= STREAMS_MAX) {
      throw new HttpProblem('VIREO_BUSY', `${String(STREAMS_MAX)} event streams are open`, { 'Retry-After': '10' });
    }
    open += 1;
    response.once('close', () => {
      open -= 1;
    });
    streamEvents(response, {
      feed,
      lastEventId: request.get('Last-Event-ID'),
      mayHear: ({ host, domainName }) =>
        caller.principal.can('read', { host, ...(domainName === undefined ? {} : { domainName }) }),
      isCurrent: () => access.isCurrent(caller),
      stopping,
      heartbeatMs: heartbeatMs ?? HEARTBEAT_MS,
      onDropped: (reason, eventsBehind) => {
        const { tokenName } = caller.principal;
        const fields = { event: 'events.dropped', reason, eventsBehind, tokenName, address: caller.address };
        logger.info(fields, `event stream of ${tokenName} at ${caller.address} dropped: ${reason}`);
      },
    });
  };
}
