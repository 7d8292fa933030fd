// SPDX-License-Identifier: Apache-2.0
// driver+ext://…?command=PROGRAM: any program whose stdin and stdout lead to a daemon. Run without arguments, as libvirt
// does.

import type { Duplex } from 'node:stream';

import type { ConnectionUri } from '../uri.ts';
import { connectFailed, connectionLost } from './establish.ts';
import type { TransportOptions } from './options.ts';
import { openProcess } from './ssh.ts';

/** Starts the program of the URI. Resolves when it runs. */
export async function openExternal(uri: ConnectionUri, options: TransportOptions): Promise<Duplex> {
  const program = uri.params.command ?? '';
  return openProcess(uri, options, { program, args: [] }, ({ exitCode, signal, stderr, answered }) => {
    const how = signal ?? `status ${String(exitCode)}`;
    const why = `${program} ended with ${how}${stderr === '' ? '' : `: ${stderr}`}`;
    return answered ? connectionLost(uri, why) : connectFailed(uri, 'LV_CONN_CLOSED', why);
  });
}
