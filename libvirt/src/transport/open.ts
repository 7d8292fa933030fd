// SPDX-License-Identifier: Apache-2.0
// The door of transport/: a URI becomes one byte pipe, whatever lies between.

import type { Duplex } from 'node:stream';

import type { ConnectionUri } from '../uri.ts';
import { openExternal } from './external.ts';
import type { TransportOptions } from './options.ts';
import { openSsh } from './ssh.ts';
import { openTcp } from './tcp.ts';
import { openTls } from './tls.ts';
import { openUnix } from './unix.ts';

/**
 * Opens the way to a daemon. Over unix, tcp and tls the daemon has accepted the connection when this resolves; over ssh
 * and ext the program runs, and its failure (a refused key, a missing helper) arrives as the pipe's error.
 * Destroying the pipe ends everything behind it.
 * @throws TransportError `LV_CONN_*`; ProtocolError `LV_PROTO_TLS_BYTE`; UsageError `LV_ARG_URI`; AbortError
 */
export function openTransport(uri: ConnectionUri, options: TransportOptions): Promise<Duplex> {
  switch (uri.transport) {
    case 'unix':
      return openUnix(uri, options);
    case 'tcp':
      return openTcp(uri, options);
    case 'tls':
      return openTls(uri, options);
    case 'ssh':
      return openSsh(uri, options);
    case 'ext':
      return openExternal(uri, options);
  }
}
