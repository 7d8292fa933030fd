// SPDX-License-Identifier: Apache-2.0
// Through the system's own ssh, so that keys, agents, jump hosts, ControlMaster and everything else of the user's
// ssh_config work as they do by hand.

import { spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';

import type { ConnectionUri } from '../uri.ts';
import { connectFailed, establish, refuseIfAborted } from './establish.ts';
import type { TransportOptions } from './options.ts';
import { ProcessPipe } from './process-pipe.ts';
import type { ProcessEnd } from './process-pipe.ts';
import { sshCommandLine } from './ssh-command.ts';
import type { CommandLine } from './ssh-command.ts';
import { explainSshEnd } from './ssh-failure.ts';
import type { TransportError } from '../errors.ts';

/**
 * Starts ssh. Resolves when the program runs: whether it gets through shows only with the first answer, so refused keys
 * and missing helpers are errors of the pipe.
 */
export async function openSsh(uri: ConnectionUri, options: TransportOptions): Promise<Duplex> {
  const line = sshCommandLine(uri, options.readOnly, options.sshArguments);
  return openProcess(uri, options, line, (end) => explainSshEnd(uri, end));
}

/** Starts a program whose stdin and stdout are the pipe. */
export async function openProcess(
  uri: ConnectionUri,
  options: TransportOptions,
  { program, args }: CommandLine,
  explainEnd: (end: ProcessEnd) => TransportError,
): Promise<Duplex> {
  refuseIfAborted(options.signal);
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const pipe = new ProcessPipe(child, explainEnd);
  return establish(pipe, uri, options, {
    wait: (ready, fail) => {
      child.once('spawn', ready);
      child.once('error', (error: NodeJS.ErrnoException) => {
        const install = program === 'ssh' ? '; install it (Debian: openssh-client)' : '';
        const why = error.code === 'ENOENT' ? `no such program${install}` : error.message;
        fail(
          connectFailed(
            uri,
            error.code === 'EACCES' ? 'LV_CONN_DENIED' : 'LV_CONN_SSH',
            `cannot run ${program}: ${why}`,
            error,
          ),
        );
      });
    },
    explain: (error) => connectFailed(uri, 'LV_CONN_SSH', error?.message ?? `${program} ended`, error),
    late: () => `${program} did not start`,
  });
}
