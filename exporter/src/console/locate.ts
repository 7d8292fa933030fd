// SPDX-License-Identifier: Apache-2.0
// Where a domain's screen is right now, and which way leads there. Decided anew for every session: ports change with
// every start.

import type { ConnectionUri } from '@vireo/libvirt';
import type { VncScreen } from '../xml/console-xml.ts';
import { ConsoleEnd } from './console-end.ts';

/** How a host's consoles are reached. */
export interface ConsoleWay {
  readonly via: 'auto' | 'local' | 'ssh' | 'direct' | 'off';
  readonly uri: ConnectionUri;
  readonly address?: string;
  readonly tlsServerName?: string;
}

/** The end of the way. */
export type ScreenAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** Which way, and where to. */
export interface Route {
  readonly via: 'local' | 'ssh' | 'direct';
  readonly to: ScreenAddress;
}

/**
 * The route to a screen.
 *
 * @throws ConsoleEnd unreachable, with what would help
 */
export function routeTo(screen: VncScreen, way: ConsoleWay): Route {
  const via = viaOf(way);
  if (screen.socket !== undefined) {
    if (via === 'direct') throw unreachable('It listens on a unix socket of its host; use a qemu+ssh URI.');
    return { via, to: { kind: 'unix', path: screen.socket } };
  }
  if (screen.port === undefined || screen.listen === undefined) throw unreachable('It listens nowhere.');
  return { via, to: { kind: 'tcp', host: addressSeen(screen.listen, via, way), port: screen.port } };
}

/**
 * Where a viewer outside finds a screen.
 *
 * @throws ConsoleEnd unreachable
 */
export function outsideAddress(screen: VncScreen, way: ConsoleWay): { readonly host: string; readonly port: number } {
  if (screen.port === undefined || screen.listen === undefined) throw unreachable('It listens on no TCP port.');
  return { host: addressSeen(screen.listen, 'direct', way), port: screen.port };
}

function viaOf({ via, uri }: ConsoleWay): Route['via'] {
  if (via === 'off') throw unreachable('The consoles of this host are switched off.');
  if (via !== 'auto') return via;
  if (uri.transport === 'ssh') return 'ssh';
  return uri.host === undefined ? 'local' : 'direct';
}

function addressSeen(listen: string, via: Route['via'], { address, uri }: ConsoleWay): string {
  if (isWildcard(listen)) {
    if (via !== 'direct') return listen === '::' ? '::1' : '127.0.0.1';
    const host = address ?? uri.host;
    if (host === undefined) throw unreachable('It listens on all addresses; name one in hosts[].console.address.');
    return host;
  }
  if (via === 'direct' && isLoopback(listen)) {
    throw unreachable(`It listens on ${listen} of its host only; use a qemu+ssh URI, or let it listen elsewhere.`);
  }
  return listen;
}

function isWildcard(listen: string): boolean {
  return listen === '0.0.0.0' || listen === '::' || listen === '*';
}

function isLoopback(listen: string): boolean {
  return listen === 'localhost' || listen === '::1' || listen.startsWith('127.');
}

function unreachable(detail: string): ConsoleEnd {
  return new ConsoleEnd('unreachable', detail);
}
