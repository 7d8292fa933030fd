// SPDX-License-Identifier: Apache-2.0
// A server of Node, HTTP or HTTPS as the web config file says; its certificates follow the file.

import { createServer as createHttpServer } from 'node:http';
import type { RequestListener, Server, ServerOptions } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { constants } from 'node:crypto';
import { refusalOf } from './client-certificate.ts';
import type { RefusedClient } from './client-certificate.ts';
import { asksForCertificate } from './web-config.ts';
import type { TlsConfig } from './web-config.ts';
import type { WebConfigFile } from './web-config-file.ts';

/** A client that is not through with TLS by then is cut off. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/**
 * Builds a server; it does not listen yet. Without a file, or with one that says nothing of TLS, plain HTTP.
 *
 * @param onRefused told of every client that is cut off because of its certificate
 */
export function createWebServer(
  file: WebConfigFile | undefined,
  options: ServerOptions,
  listener: RequestListener,
  onRefused: (client: RefusedClient) => void = () => undefined,
): Server {
  const tls = file?.initial.tls;
  if (file === undefined || tls === undefined) return createHttpServer(options, listener);
  let current = tls;
  const server = createHttpsServer(
    {
      ...options,
      ...contextOf(tls),
      requestCert: asksForCertificate(tls),
      // We cut off whom we refuse ourselves, below: of whom Node cuts off it does not tell the address.
      rejectUnauthorized: false,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    },
    listener,
  );
  server.prependListener('secureConnection', (socket) => {
    const refused = refusalOf(socket, current);
    if (refused === undefined) return;
    socket.destroy();
    onRefused(refused);
  });
  const unsubscribe = file.onChange(({ tls: changed }) => {
    if (changed === undefined) return;
    const before = current;
    current = changed;
    server.setSecureContext(contextOf(changed));
    // Whoever is connected was let in by the old rules.
    if (clientRules(before) !== clientRules(changed)) server.closeAllConnections();
  });
  server.once('close', unsubscribe);
  return server;
}

function contextOf(tls: TlsConfig): TlsConfig['context'] {
  // A session taken up again is not verified again.
  return asksForCertificate(tls) ? { ...tls.context, secureOptions: constants.SSL_OP_NO_TICKET } : tls.context;
}

function clientRules({ clientAuth, clientAllowedSans, context }: TlsConfig): string {
  return JSON.stringify([clientAuth, [...clientAllowedSans].sort(), String(context.ca)]);
}
