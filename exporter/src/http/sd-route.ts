// SPDX-License-Identifier: Apache-2.0
// GET /sd: the configured hosts for Prometheus's http_sd_configs, each as a target of /probe. Always the whole list,
// hosts that are lost included: Prometheus drops what an answer does not name.

import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { RequestHandler } from 'express';
import { parseListenAddress } from '../config/listen-address.ts';
import type { HttpDeps } from './deps.ts';
import { HttpProblem } from './problems.ts';

/** The route's handler. */
export function sdRoute(deps: HttpDeps): RequestHandler {
  return (request, response) => {
    const target = addressSeenByClient(request);
    const scheme = request.socket instanceof TLSSocket ? { __scheme__: 'https' } : {};
    const groups = deps.hosts().map(({ host, simulated }) => ({
      targets: [target],
      labels: {
        ...scheme,
        __metrics_path__: '/probe',
        __param_target: host,
        // All targets have one address; `up` and its like must differ. Not `host`: every series has that label, and
        // Prometheus would rename theirs to exported_host.
        instance: host,
        __meta_vireo_host: host,
        __meta_vireo_simulated: String(simulated),
      },
    }));
    response.json(groups);
  };
}

/** From the Host header: the one address of ours that the client certainly reaches. */
function addressSeenByClient(request: IncomingMessage): string {
  const host = request.headers.host ?? '';
  const withPort = /:\d+$/.test(host) && !host.endsWith(']') ? host : `${host}:${defaultPort(request)}`;
  const address = parseListenAddress(withPort);
  if (typeof address === 'string' || address.host === undefined || address.port === 0) {
    throw new HttpProblem(
      'VIREO_HTTP_BAD_REQUEST',
      'the Host header is no HOST or HOST:PORT; the targets are built from it',
    );
  }
  return withPort;
}

function defaultPort(request: IncomingMessage): string {
  return request.socket instanceof TLSSocket ? '443' : '80';
}
