// SPDX-License-Identifier: Apache-2.0
// Plain TCP: no encryption, and no more identity than the daemon's auth_tcp asks for. Also what tls.ts stands on.

import { connect } from 'node:net';
import type { TcpNetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';

import type { TransportError } from '../errors.ts';
import type { ConnectionUri } from '../uri.ts';
import { connectFailed, establish, refuseIfAborted } from './establish.ts';
import type { TransportOptions } from './options.ts';

const TCP_PORT = 16_509;

/** Idle time after which the kernel probes; libvirt's own keepalive is quicker, this one also works before it starts. */
const KERNEL_KEEPALIVE_DELAY_MS = 30_000;

/** Small packets at once (RPC is request and answer), and the kernel's keepalive. */
export function tcpOptions(
  uri: ConnectionUri,
  defaultPort: number,
): TcpNetConnectOpts & { host: string; port: number } {
  return {
    host: uri.host ?? 'localhost',
    port: uri.port ?? defaultPort,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KERNEL_KEEPALIVE_DELAY_MS,
  };
}

/** Connects to a daemon that listens on plain TCP. */
export async function openTcp(uri: ConnectionUri, options: TransportOptions): Promise<Duplex> {
  refuseIfAborted(options.signal);
  const address = tcpOptions(uri, TCP_PORT);
  const socket = connect(address);
  return establish(socket, uri, options, {
    wait: (ready) => socket.once('connect', ready),
    explain: (error) => explainTcp(uri, address, 'is listen_tcp on, and libvirtd started with --listen?', error),
    late: () => `no answer from ${address.host} port ${String(address.port)}`,
  });
}

/** Puts a failure of the TCP connection into words. */
export function explainTcp(
  uri: ConnectionUri,
  address: { readonly host: string; readonly port: number },
  refusedHint: string,
  error: NodeJS.ErrnoException | null,
): TransportError {
  const where = `${address.host} port ${String(address.port)}`;
  const code = error?.code ?? '';
  switch (code) {
    case 'ECONNREFUSED':
      return connectFailed(uri, 'LV_CONN_REFUSED', `nothing listens on ${where}: ${refusedHint}`, error);
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return connectFailed(
        uri,
        'LV_CONN_UNREACHABLE',
        `the host name ${address.host} does not resolve (${code})`,
        error,
      );
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return connectFailed(uri, 'LV_CONN_UNREACHABLE', `no route to ${where} (${code})`, error);
    case 'ETIMEDOUT':
      return connectFailed(uri, 'LV_CONN_TIMEOUT', `no answer from ${where}`, error);
    default:
      return connectFailed(uri, 'LV_CONN_CLOSED', `${where}: ${error?.message ?? 'closed while connecting'}`, error);
  }
}
