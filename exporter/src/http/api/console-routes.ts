// SPDX-License-Identifier: Apache-2.0
// Tickets for consoles, and addresses for viewers that go past us.

import type { Request, RequestHandler, Response } from 'express';
import { noQuery } from '../../contract/api.ts';
import { CONSOLE_KEY_HEADER, consoleRequest, consoleText } from '../../contract/console.ts';
import type { ConsoleTicket } from '../../contract/console.ts';
import type { ConsoleDeps } from '../deps.ts';
import { HttpProblem } from '../problems.ts';
import { consolePage } from '../console/origin.ts';
import { callerOf } from './authentication.ts';
import { hostLost } from './fleet.ts';
import type { Fleet, FoundDomain } from './fleet.ts';
import { readBody } from './json-body.ts';
import { pathPart, queryOf, uuidPart } from './parameters.ts';
import { sendJson } from './send.ts';

/** The routes. */
export interface ConsoleRoutes {
  readonly open: RequestHandler;
  readonly text: RequestHandler;
  readonly address: RequestHandler;
  readonly file: RequestHandler;
}

/** Builds them. */
export function consoleRoutes(fleet: Fleet, consoles: ConsoleDeps): ConsoleRoutes {
  const { service, place } = consoles;
  const direct = async (request: Request, response: Response): Promise<FoundDomain & { address: string }> => {
    const caller = callerOf(request);
    const uuid = uuidPart(request);
    queryOf(request, noQuery);
    // Past us nothing can be only looked at.
    const found = fleet.domain(caller, ['console.control'], pathPart(request, 'host'), uuid);
    if (!consoles.directAccess) {
      throw new HttpProblem('VIREO_CONSOLE_OFF', 'direct access is off: viewers outside are not let past Vireo');
    }
    const { host } = found;
    if (host.state.kind !== 'up') throw hostLost(host);
    const { host: address, port } = await service.address(host.host, uuid, whileWanted(response));
    return { ...found, address: `${address.includes(':') ? `[${address}]` : address}:${String(port)}` };
  };
  return {
    open: async (request, response) => {
      const caller = callerOf(request);
      const uuid = uuidPart(request);
      queryOf(request, noQuery);
      const body = await readBody(request, consoleRequest);
      const needed = body.mode === 'view' ? 'console.view' : 'console.control';
      const { host, domain } = fleet.domain(caller, [needed], pathPart(request, 'host'), uuid, 'console');
      const kind = service.kindFor(host.host, uuid, body.kind);
      const page = consolePage(place, request);
      const { ticket, expiresAt } = service.issue({
        host: host.host,
        uuid,
        domain: domain.name,
        mode: body.mode,
        kind,
        actor: caller.principal.actor(caller.address),
        isAllowed: () => fleet.access.isCurrent(caller),
      });
      const answer: ConsoleTicket = {
        url: `${page}#ticket=${ticket}`,
        expiresAt: new Date(expiresAt).toISOString(),
        mode: body.mode,
        kind,
      };
      sendJson(response, answer);
    },
    text: async (request, response) => {
      const caller = callerOf(request);
      const uuid = uuidPart(request);
      queryOf(request, noQuery);
      const { text } = await readBody(request, consoleText);
      const { host, domain } = fleet.domain(caller, ['console.control'], pathPart(request, 'host'), uuid, 'text');
      if (host.state.kind !== 'up') throw hostLost(host);
      service.kindFor(host.host, uuid, undefined);
      const actor = caller.principal.actor(caller.address);
      const isAllowed = (): boolean => fleet.access.isCurrent(caller);
      const target = { host: host.host, uuid, domain: domain.name, actor, isAllowed };
      sendJson(response, { characters: await service.type(target, text, whileWanted(response)) });
    },
    address: async (request, response) => {
      const { address } = await direct(request, response);
      sendJson(response, { url: `vnc://${address}` });
    },
    file: async (request, response) => {
      const { address, domain } = await direct(request, response);
      const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? [];
      // One line a key; a name cannot bring lines of its own.
      const title = domain.name.replaceAll(/[\p{Cc}]+/gu, ' ');
      const lines = [
        '[virt-viewer]',
        'type=vnc',
        `host=${host}`,
        `port=${port}`,
        `title=${title}`,
        'delete-this-file=1',
      ];
      response.set('Content-Disposition', 'attachment; filename="console.vv"');
      response.type('application/x-virt-viewer').send(`${lines.join('\n')}\n`);
    },
  };
}

/** Text from the page of a session, which has that session's key and no token. */
export function sessionTextRoute(service: ConsoleDeps['service']): RequestHandler {
  return async (request, response) => {
    const key = request.get(CONSOLE_KEY_HEADER) ?? '';
    const { text } = await readBody(request, consoleText);
    sendJson(response, { characters: await service.typeByKey(key, text, whileWanted(response)) });
  };
}

function whileWanted(response: Response): AbortSignal {
  const left = new AbortController();
  response.once('close', () => {
    left.abort();
  });
  return left.signal;
}

/** The WebSocket's path, asked for as a page: some proxy took the Upgrade away. */
export const upgradeWanted: RequestHandler = () => {
  throw new HttpProblem('VIREO_CONSOLE_UPGRADE', 'this is a WebSocket; the request has no Upgrade', {
    Upgrade: 'websocket',
  });
};
