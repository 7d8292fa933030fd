// SPDX-License-Identifier: Apache-2.0
// WS /api/v1/console. Express sees no upgrades, so what its middleware does is done here: the web config file's say, the
// path, and besides the page's origin. The ticket is all the credentials there are, and comes as a subprotocol, for a
// browser can send no header with a WebSocket and a query ends up in logs.

import { STATUS_CODES, ServerResponse } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { ConsoleService } from '../../console/console-service.ts';
import { CONSOLE_PROTOCOL, CONSOLE_TICKET_PREFIX } from '../../contract/console.ts';
import { PROBLEMS } from '../../contract/problems.ts';
import type { ProblemCode } from '../../contract/problems.ts';
import type { WebGuard } from '../../web/web-guard.ts';
import { REFUSALS } from '../web-access.ts';
import { WebSocketClient } from './web-socket-client.ts';

/** Where the WebSocket is. */
export const CONSOLE_SOCKET_PATH = '/api/v1/console';
/** Longest message of a browser; noVNC sends its queue of 10 KiB at once. */
const MESSAGE_BYTES_MAX = 256 * 1024;

/** What the upgrade needs. */
export interface ConsoleUpgradeOptions {
  readonly service: Pick<ConsoleService, 'open' | 'refuse'>;
  readonly guard: Pick<WebGuard, 'admit'> | undefined;
  /** Whether pages of this origin may open consoles. */
  readonly allowsOrigin: (origin: string, request: IncomingMessage) => boolean;
  readonly clientAddress: (request: IncomingMessage) => string;
}

/** Makes a server take consoles. */
export function takeConsoles(server: Server, options: ConsoleUpgradeOptions): void {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MESSAGE_BYTES_MAX,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: () => CONSOLE_PROTOCOL,
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    if (request.headers.upgrade?.toLowerCase() !== 'websocket' || pathOf(request) !== CONSOLE_SOCKET_PATH) {
      serveWithout(server, request, socket);
      return;
    }
    void admit(request, options).then(
      (admitted) => {
        if (typeof admitted === 'string') refuse(socket, admitted);
        else begin(sockets, request, socket, head, admitted.ticket, options);
      },
      () => {
        refuse(socket, 'VIREO_INTERNAL');
      },
    );
  });
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? '';
}

async function admit(
  request: IncomingMessage,
  { guard, service, allowsOrigin, clientAddress }: ConsoleUpgradeOptions,
): Promise<ProblemCode | { readonly ticket: string }> {
  const { authorization, origin } = request.headers;
  const admission = await guard?.admit({ authorization, ownCredentials: true });
  if (admission?.kind === 'refused') return REFUSALS[admission.why]().code;
  // A program can send any origin, or none: this is only against pages of others, and those cannot.
  if (origin === undefined || !allowsOrigin(origin, request)) {
    service.refuse('origin', clientAddress(request));
    return 'VIREO_CONSOLE_ORIGIN';
  }
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim());
  const tickets = offered.filter((protocol) => protocol.startsWith(CONSOLE_TICKET_PREFIX));
  const [ticket] = tickets;
  if (ticket === undefined || tickets.length > 1 || !offered.includes(CONSOLE_PROTOCOL)) {
    service.refuse('no-ticket', clientAddress(request));
    return 'VIREO_CONSOLE_TICKET';
  }
  return { ticket: ticket.slice(CONSOLE_TICKET_PREFIX.length) };
}

function begin(
  sockets: WebSocketServer,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  ticket: string,
  { service, clientAddress }: ConsoleUpgradeOptions,
): void {
  const address = clientAddress(request);
  sockets.handleUpgrade(request, socket, head, (webSocket) => {
    const client = new WebSocketClient(webSocket, {
      onBytes: (bytes) => session?.receive(bytes),
      onEnd: (end) => session?.end(end),
    });
    const session = service.open(ticket, address, client, (end) => {
      client.close(end);
    });
  });
}

function refuse(socket: Duplex, code: ProblemCode): void {
  const { status, meaning } = PROBLEMS[code];
  const title = STATUS_CODES[status] ?? 'Error';
  endWhole(socket);
  const body = JSON.stringify({ type: 'about:blank', title, status, code, detail: meaning });
  socket.end(
    `HTTP/1.1 ${String(status)} ${title}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n` +
      `Content-Length: ${String(Buffer.byteLength(body))}\r\nCache-Control: no-store\r\n\r\n${body}`,
  );
}

/** Whoever offers to go on in another protocol, HTTP/2 say, is answered in this one, as if there had been no offer. */
function serveWithout(server: Server, request: IncomingMessage, socket: Duplex): void {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  // Node's own sockets, whatever the declared type.
  response.assignSocket(request.socket);
  response.once('finish', () => {
    endWhole(socket);
    socket.end();
  });
  server.emit('request', request, response);
}

/** Gone when its last byte is out: the HTTP server no longer looks after it, so nobody may keep half of it open. */
function endWhole(socket: Duplex): void {
  socket.once('finish', () => socket.destroy());
}
