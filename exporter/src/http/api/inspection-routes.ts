// SPDX-License-Identifier: Apache-2.0
// XML of hosts and domains, without secrets, their snapshots, and pictures of screens.

import type { RequestHandler, Response } from 'express';
import { noQuery, screenshotQuery, xmlQuery } from '../../contract/api.ts';
import type { InspectionPort } from '../deps.ts';
import { HttpProblem } from '../problems.ts';
import { AnswerPlaces } from './answer-places.ts';
import { callerOf } from './authentication.ts';
import { hostLost } from './fleet.ts';
import type { Fleet } from './fleet.ts';
import { pathPart, queryOf, uuidPart } from './parameters.ts';
import { sendDocument } from './send.ts';
import { viewSnapshots } from './snapshot-views.ts';

/** Documents and pictures under way at once, of all hosts; a document may have a million characters. */
const BOUNDS = { count: 32, bytes: 64 * 1024 * 1024, longestMs: 60_000 };

/** The routes; they share one limit. */
export interface InspectionRoutes {
  readonly hostXml: RequestHandler;
  readonly domainXml: RequestHandler;
  readonly snapshots: RequestHandler;
  readonly screenshot: RequestHandler;
}

const XML = 'application/xml; charset=utf-8';

/** Builds them. */
export function inspectionRoutes(fleet: Fleet, inspection: (host: string) => InspectionPort): InspectionRoutes {
  const places = new AnswerPlaces(BOUNDS);
  const limited = places.limited.bind(places);
  return {
    hostXml: limited(async (request, response) => {
      const caller = callerOf(request);
      queryOf(request, noQuery);
      const host = fleet.host(caller, 'xml', pathPart(request, 'host'));
      if (host.state.kind !== 'up') throw hostLost(host);
      const text = await inspection(host.host).capabilitiesXml(whileWanted(response));
      await sendDocument(request, response, places, { type: XML, text });
    }),
    domainXml: limited(async (request, response) => {
      const caller = callerOf(request);
      const uuid = uuidPart(request);
      const { view } = queryOf(request, xmlQuery);
      const { host, domain } = fleet.domain(caller, ['xml'], pathPart(request, 'host'), uuid);
      if (host.state.kind !== 'up') throw hostLost(host);
      const chosen = view ?? (domain.id === -1 ? 'config' : 'live');
      const port = inspection(host.host);
      const signal = whileWanted(response);
      const document =
        chosen === 'diff'
          ? { type: 'application/json', text: JSON.stringify(await port.domainXmlDiff(domain, signal)) }
          : { type: XML, text: await port.domainXml(domain, chosen, signal) };
      await sendDocument(request, response, places, document);
    }),
    snapshots: limited(async (request, response) => {
      const caller = callerOf(request);
      const uuid = uuidPart(request);
      queryOf(request, noQuery);
      const { host, domain } = fleet.domain(caller, ['read'], pathPart(request, 'host'), uuid);
      if (host.state.kind !== 'up') throw hostLost(host);
      const list = viewSnapshots(await inspection(host.host).snapshots(domain, whileWanted(response)));
      await sendDocument(request, response, places, { type: 'application/json', text: JSON.stringify(list) });
    }),
    screenshot: limited(async (request, response) => {
      const caller = callerOf(request);
      const uuid = uuidPart(request);
      const { screen } = queryOf(request, screenshotQuery);
      const { host, domain } = fleet.domain(caller, ['console.view'], pathPart(request, 'host'), uuid);
      if (host.state.kind !== 'up') throw hostLost(host);
      if (domain.id === -1) throw new HttpProblem('VIREO_STATE', `domain ${domain.name} is ${domain.state}: no screen`);
      const { mime, bytes } = await inspection(host.host).screenshot(domain, screen, whileWanted(response));
      places.reserve(response, bytes.length);
      response.type(mime).send(bytes);
    }),
  };
}

/** Aborted when the client leaves. */
function whileWanted(response: Response): AbortSignal {
  const left = new AbortController();
  response.once('close', () => {
    left.abort();
  });
  return left.signal;
}
