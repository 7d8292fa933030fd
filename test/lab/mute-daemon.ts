// SPDX-License-Identifier: Apache-2.0
// A daemon that accepts connections and never says a word, as a libvirtd does whose workers are all stuck.
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { Lab } from './lab.ts';

/** The mute daemon's socket. */
export interface MuteDaemon {
  /** A URI that leads to it. */
  readonly uri: string;
  /** How many connections were ever accepted. */
  accepted(): number;
  /** How many are open now. */
  open(): number;
}

/** Listens; closing the lab ends it. */
export async function startMuteDaemon(lab: Lab): Promise<MuteDaemon> {
  const path = join(lab.directory, 'mute-sock');
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer((socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    // Reads and drops what it is sent; without reading it would not notice the other side's end.
    socket.resume();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  lab.onClose(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { uri: `qemu:///system?socket=${path}`, accepted: () => accepted, open: () => sockets.size };
}
