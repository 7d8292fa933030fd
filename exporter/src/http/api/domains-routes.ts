// SPDX-License-Identifier: Apache-2.0
// GET /domains and /hosts/{host}/domains/{uuid}.

import type { RequestHandler } from 'express';
import { REPEATABLE_PARAMETERS, domainsQuery, noQuery } from '../../contract/api.ts';
import type { ActionsPort, ConsoleDeps } from '../deps.ts';
import { callerOf } from './authentication.ts';
import { listDomains } from './domain-list.ts';
import { domainListJson } from './domain-list-json.ts';
import { viewDomain } from './domain-views.ts';
import type { Fleet } from './fleet.ts';
import { given } from './host-views.ts';
import { pathPart, queryOf, uuidPart } from './parameters.ts';
import { sendJson } from './send.ts';

/** One page of the domains the caller may see. */
export function listDomainsRoute(fleet: Fleet, actions: ActionsPort): RequestHandler {
  return (request, response) => {
    const caller = callerOf(request);
    const { principal } = caller;
    const { host, state, q, sort, limit, cursor } = queryOf(request, domainsQuery, REPEATABLE_PARAMETERS);
    fleet.access.requirePrivilege(caller, 'read');
    // A misspelt host would otherwise look like one without domains.
    for (const name of host ?? []) fleet.host(caller, 'read', name);
    const page = listDomains(
      fleet.domains(),
      {
        ...(host === undefined ? {} : { hosts: new Set(host) }),
        ...(state === undefined ? {} : { states: new Set(state) }),
        ...(q === undefined ? {} : { search: q }),
        ...(cursor === undefined ? {} : { cursor }),
        sort,
        limit,
      },
      (entry) => fleet.access.seesDomain(caller, 'read', entry.host.host, entry.domain.name),
    );
    response.type('application/json').send(domainListJson(page, actions, principal));
  };
}

/** One domain. */
export function domainRoute(
  fleet: Fleet,
  actions: ActionsPort,
  consoles: Pick<ConsoleDeps['service'], 'sessionsOf' | 'refusalFor'>,
): RequestHandler {
  return (request, response) => {
    const caller = callerOf(request);
    const uuid = uuidPart(request);
    queryOf(request, noQuery);
    const found = fleet.domain(caller, ['read'], pathPart(request, 'host'), uuid);
    const { host } = found.host;
    const refusal = consoles.refusalFor(host, uuid);
    const facts = {
      ...actions.describe(found, caller.principal),
      consoleSessions: consoles.sessionsOf(host, uuid),
      ...given('consoleRefusal', refusal?.message),
      ...given('consoleRefusalCode', refusal?.reasonCode),
    };
    sendJson(response, viewDomain(found, facts));
  };
}
