// SPDX-License-Identifier: Apache-2.0
// The handshake with the browser, where Vireo is the server: RFB 3.8 without security, for the ticket was that, and the
// real server's description passed on.

import { ConsoleEnd } from '../console-end.ts';
import type { Handshake } from './exchange.ts';
import { read, write } from './exchange.ts';

const VERSION = 'RFB 003.008\n';
const NO_SECURITY = 1;

/** Throws ConsoleEnd client-protocol. */
export function* clientHandshake(serverInit: Buffer): Handshake<void> {
  yield* write(Buffer.from(VERSION));
  if ((yield* read(VERSION.length)).toString('latin1') !== VERSION) throw refused('another version than RFB 3.8');
  yield* write(Buffer.from([1, NO_SECURITY]));
  if ((yield* read(1)).readUInt8(0) !== NO_SECURITY) throw refused('a security type that was not offered');
  yield* write(Buffer.alloc(4));
  // Whether it would share the screen. It does: the server was told so already.
  yield* read(1);
  yield* write(serverInit);
}

function refused(what: string): ConsoleEnd {
  return new ConsoleEnd('client-protocol', what);
}
