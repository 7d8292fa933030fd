// SPDX-License-Identifier: Apache-2.0
// The listening sockets around the application: limits on time and number, and an end that waits for answers under way.

import type { RequestListener, Server } from 'node:http';
import { formatListenAddress } from '../config/listen-address.ts';
import type { ListenAddress } from '../config/config.ts';
import { createWebServer } from '../web/web-server.ts';
import { WebGuard } from '../web/web-guard.ts';
import { createApp } from './app.ts';
import { allowsOrigin } from './console/origin.ts';
import { takeConsoles } from './console/upgrade.ts';
import type { HttpDeps } from './deps.ts';

/** How patient the server is, in milliseconds. */
export interface Patience {
  /** A client that has not sent its headers by then is cut off. */
  readonly headersMs: number;
  /** Nor its whole request by then. */
  readonly requestMs: number;
  /** A client that reads nothing of its answer for so long is cut off. */
  readonly idleMs: number;
  /** How often the first two are looked at; Node's own 30 s would make them as long at least. */
  readonly lookMs: number;
}

const PATIENCE: Patience = { headersMs: 10_000, requestMs: 30_000, idleMs: 60_000, lookMs: 1000 };
/** Above the usual scrape intervals, so that Prometheus keeps its connection. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
const CONNECTIONS_MAX = 1000;

/** A socket cannot be listened on. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  /** Stable: match on it. */
  readonly code = 'VIREO_LISTEN';
}

/** A server that may listen on several addresses. */
export interface HttpServer {
  /**
   * Begins to listen on one more address.
   *
   * @returns the port, which the operating system chose when it was 0
   * @throws ListenError saying which address and why
   */
  listen(address: ListenAddress): Promise<number>;
  /** Takes no more requests, lets those under way finish until `deadlineMs` has passed, then cuts them off. */
  close(deadlineMs: number): Promise<void>;
}

/** Builds the server; nothing listens yet. */
export function createHttpServer(deps: HttpDeps, patience: Patience = PATIENCE): HttpServer {
  const stopping = new AbortController();
  // One for both ways in, so that they share the rate limit.
  const guard = deps.web === undefined ? undefined : new WebGuard(deps.web, deps.onRefused);
  const app = createApp(deps, stopping.signal, guard);
  const { guard: tokens, consoles } = deps.api;
  const servers: Server[] = [];
  let closing = false;

  const newServer = (): Server => {
    const listener: RequestListener = (request, response) => {
      // Whoever is still answered while we close is told not to come back on this connection.
      if (closing) response.setHeader('Connection', 'close');
      response.once('finish', () => {
        if (closing) request.socket.end();
      });
      app(request, response);
    };
    const options = { connectionsCheckingInterval: patience.lookMs };
    const server = createWebServer(deps.web, options, listener, deps.onRefusedClient);
    takeConsoles(server, {
      service: consoles.service,
      guard,
      allowsOrigin: (origin, request) => allowsOrigin(consoles.place, origin, request),
      clientAddress: ({ socket, headers }) =>
        tokens.clientAddress(socket.remoteAddress, headers['x-forwarded-for']?.toString()),
    });
    server.headersTimeout = patience.headersMs;
    server.requestTimeout = patience.requestMs;
    server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS;
    server.maxConnections = CONNECTIONS_MAX;
    server.setTimeout(patience.idleMs);
    return server;
  };

  return {
    async listen(address) {
      const server = newServer();
      await begin(server, address);
      servers.push(server);
      const bound = server.address();
      return typeof bound === 'object' && bound !== null ? bound.port : address.port;
    },
    async close(deadlineMs) {
      closing = true;
      stopping.abort();
      const consolesEnd = consoles.service.stop();
      const cutOff = setTimeout(() => {
        for (const server of servers) server.closeAllConnections();
      }, deadlineMs);
      await Promise.all([consolesEnd, ...servers.map(end)]);
      clearTimeout(cutOff);
    },
  };
}

function begin(server: Server, address: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      const why = WHY_NOT.get(error.code ?? '') ?? error.message;
      const where = formatListenAddress(address);
      reject(new ListenError(`listen failed: ${where}: ${why}`, { cause: error }));
    };
    server.once('error', failed);
    server.listen({ port: address.port, ...(address.host === undefined ? {} : { host: address.host }) }, () => {
      server.off('error', failed);
      resolve();
    });
  });
}

const WHY_NOT: ReadonlyMap<string, string> = new Map([
  ['EADDRINUSE', 'the address is taken; stop what uses it or choose another with --web.listen-address'],
  ['EACCES', 'permission denied; choose a port above 1023 with --web.listen-address'],
  ['EADDRNOTAVAIL', 'this machine has no such address; correct --web.listen-address'],
  ['ENOTFOUND', 'the name does not resolve; correct --web.listen-address'],
]);

/** Idle connections are closed at once, the others when their answer is out. */
function end(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeIdleConnections();
  });
}
