// SPDX-License-Identifier: Apache-2.0
// Where browsers find us, and whose pages may open consoles.

import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { HttpProblem } from '../problems.ts';

/** What the configuration says of it. */
export interface ConsolePlace {
  /** Ends in a slash; absent: as the Host header says. */
  readonly publicUrl?: string;
  readonly allowedOrigins: readonly string[];
}

const HOST_AND_PORT = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

/**
 * The URL of the console page.
 *
 * @throws HttpProblem VIREO_HTTP_BAD_REQUEST when only the Host header could say, and does not
 */
export function consolePage({ publicUrl }: ConsolePlace, request: IncomingMessage): string {
  if (publicUrl !== undefined) return new URL('console/', publicUrl).href;
  const scheme = request.socket instanceof TLSSocket ? 'https' : 'http';
  const { host = '' } = request.headers;
  const base = `${scheme}://${host}`;
  // Nothing but a host and a port: the page's URL must not be steered elsewhere by what follows.
  if (!HOST_AND_PORT.test(host) || !URL.canParse(base)) {
    throw new HttpProblem(
      'VIREO_HTTP_BAD_REQUEST',
      'the Host header is no HOST or HOST:PORT; the URL is built from it',
    );
  }
  return new URL('/console/', base).href;
}

/** Whether a page of this origin may open a console. */
export function allowsOrigin(
  { publicUrl, allowedOrigins }: ConsolePlace,
  origin: string,
  request: IncomingMessage,
): boolean {
  if (allowedOrigins.includes(origin)) return true;
  if (publicUrl !== undefined) return new URL(publicUrl).origin === origin;
  // Its own host. The scheme may differ: a proxy that ends TLS before us passes the name on.
  return URL.canParse(origin) && new URL(origin).host === request.headers.host?.toLowerCase();
}
