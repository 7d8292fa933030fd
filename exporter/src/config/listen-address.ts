// SPDX-License-Identifier: Apache-2.0
// `HOST:PORT`, `[IPv6]:PORT` and `:PORT`, as Prometheus's exporters write them.

import { isIPv6 } from 'node:net';
import type { ListenAddress } from './config.ts';

/** Reads one address; a text is what is wrong with it. */
export function parseListenAddress(text: string): ListenAddress | string {
  const parts = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  if (parts === null) return `${show(text)} is no address; write HOST:PORT, [IPv6]:PORT or :PORT`;
  const [, bracketed, name, digits] = parts;
  const port = Number(digits);
  if (port > 65535) return `${show(text)} has a port above 65535`;
  if (bracketed !== undefined) {
    return isIPv6(bracketed) ? { host: bracketed, port } : `${show(text)} has no IPv6 address in its brackets`;
  }
  if (name === undefined || name === '') return { port };
  // What a resolver could ever answer for; `*` and URLs are what people try.
  if (!/^[\p{L}\p{N}]([\p{L}\p{N}_.-]*[\p{L}\p{N}])?$/u.test(name)) {
    return `${show(text)} has no host name before the colon; for all addresses write :${String(port)}`;
  }
  return { host: name, port };
}

/** The address as it is written. */
export function formatListenAddress({ host, port }: ListenAddress): string {
  return `${host?.includes(':') === true ? `[${host}]` : (host ?? '')}:${String(port)}`;
}

function show(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
}
