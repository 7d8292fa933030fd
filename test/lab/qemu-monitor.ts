// SPDX-License-Identifier: Apache-2.0
// The monitor of a QEMU that no libvirt looks after (QMP).
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

interface Answer {
  readonly id?: string;
  readonly return?: unknown;
  readonly error?: { readonly desc: string };
}

/** Has one command done by the monitor at a unix socket; gives what it returns, throws what it refuses. */
export async function ask(
  path: string,
  command: string,
  args: Readonly<Record<string, unknown>> = {},
): Promise<unknown> {
  const socket = connect(path);
  try {
    const commands = [{ execute: 'qmp_capabilities' }, { execute: command, arguments: args, id: 'ours' }];
    socket.write(commands.map((each) => `${JSON.stringify(each)}\n`).join(''));
    // Before the answer come a greeting and, at any time, events.
    for await (const line of createInterface(socket)) {
      const { id, error, return: result } = JSON.parse(line) as Answer;
      if (id !== 'ours') continue;
      if (error !== undefined) throw new Error(`${command}: ${error.desc}`);
      return result;
    }
    throw new Error(`${command}: the monitor has gone`);
  } finally {
    socket.destroy();
  }
}
