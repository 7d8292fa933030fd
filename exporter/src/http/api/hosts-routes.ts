// SPDX-License-Identifier: Apache-2.0
// GET /hosts and /hosts/{host}.

import type { RequestHandler } from 'express';
import { noQuery } from '../../contract/api.ts';
import type { HostList } from '../../contract/api.ts';
import type { DomainSnapshot, HostSnapshot } from '../../hosts/snapshot.ts';
import { callerOf } from './authentication.ts';
import type { Caller } from './authentication.ts';
import type { Fleet } from './fleet.ts';
import { viewHost, viewHostBrief } from './host-views.ts';
import { pathPart, queryOf } from './parameters.ts';
import { sendJson } from './send.ts';

/** The hosts the caller may see. */
export function listHostsRoute(fleet: Fleet): RequestHandler {
  return (request, response) => {
    const caller = callerOf(request);
    queryOf(request, noQuery);
    fleet.access.requirePrivilege(caller, 'read');
    const hosts = fleet.hostsFor(caller, 'read');
    const list: HostList = { items: hosts.map((host) => viewHostBrief(host, visibleAt(fleet, caller, host))) };
    sendJson(response, list);
  };
}

/** One host. */
export function hostRoute(fleet: Fleet): RequestHandler {
  return (request, response) => {
    const caller = callerOf(request);
    queryOf(request, noQuery);
    const host = fleet.host(caller, 'read', pathPart(request, 'host'));
    sendJson(response, viewHost(host, visibleAt(fleet, caller, host)));
  };
}

function visibleAt(fleet: Fleet, caller: Caller, { host }: HostSnapshot): (domain: DomainSnapshot) => boolean {
  return (domain) => fleet.access.seesDomain(caller, 'read', host, domain.name);
}
