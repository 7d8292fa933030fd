// SPDX-License-Identifier: Apache-2.0
// Consoles over HTTP with a VNC server that a test makes up; everything between is real.

import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import type { Duplex } from 'node:stream';
import { parseConnectionUri } from '@vireo/libvirt';
import { WebSocket } from 'ws';
import { ConsoleService } from '../../console/console-service.ts';
import type { ConsoleEvent } from '../../console/console-service.ts';
import type { ConsoleHost } from '../../console/session.ts';
import type { DomainListener } from '../../hosts/domain-watch.ts';
import type { DomainSnapshot, HostSnapshot } from '../../hosts/snapshot.ts';
import { hostSnapshot } from '../snapshots.fixture.ts';

/** A VNC server without security, called as told. */
export interface FakeVnc {
  readonly port: number;
  readonly sockets: Socket[];
  /** What clients sent after the handshake. */
  received(): Buffer;
  close(): Promise<void>;
}

/** Starts one. */
export async function startVnc(name = 'QEMU (vm1)'): Promise<FakeVnc> {
  const sockets: Socket[] = [];
  const received: Buffer[] = [];
  const init = Buffer.concat([
    Buffer.from('02d001902018000100ff00ff00ff10080000000000000000', 'hex'),
    Buffer.from(name),
  ]);
  init.writeUInt32BE(Buffer.byteLength(name), 20);
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    const answers = [Buffer.from([1, 1]), Buffer.alloc(4), init];
    const wanted = [12, 1, 1];
    let pending = Buffer.alloc(0);
    socket.write('RFB 003.008\n');
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      for (;;) {
        const [length] = wanted;
        if (length === undefined) {
          received.push(pending);
          pending = Buffer.alloc(0);
          return;
        }
        if (pending.length < length) return;
        pending = pending.subarray(length);
        wanted.shift();
        socket.write(answers.shift() ?? Buffer.alloc(0));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    received: () => Buffer.concat(received),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A host whose only domain a test moves about. */
export interface FakeHost extends ConsoleHost {
  snapshot: HostSnapshot;
  /** Keys that were pressed together. */
  readonly pressed: readonly (readonly number[])[];
  /** Puts another snapshot in place and tells whoever watches. */
  change(domain: DomainSnapshot | undefined, state?: HostSnapshot['state']): void;
}

/** Its screen is at `port`; its serial console sends back what it gets, if no other is given. */
export function fakeHost(port: number, domain: DomainSnapshot, serial: Duplex = new PassThrough()): FakeHost {
  const listeners = new Set<DomainListener>();
  const pressed: number[][] = [];
  const host: FakeHost = {
    name: 'kvm1',
    pressed,
    snapshot: hostSnapshot('kvm1', { domains: new Map([[domain.uuid, domain]]) }),
    watch: (_uuid, listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    consoles: {
      describe: ({ id, uuid }) =>
        Promise.resolve({ uuid, id, vnc: { port, listen: '0.0.0.0' }, otherGraphics: [], serial: false }),
      press: (_domain, keys) => {
        pressed.push([...keys]);
        return Promise.resolve();
      },
      openSerial: () => Promise.resolve(serial),
    },
    way: { via: 'auto', uri: parseConnectionUri('qemu:///system') },
    change: (now, state = host.snapshot.state) => {
      const domains = new Map(now === undefined ? [] : [[now.uuid, now]]);
      host.snapshot = hostSnapshot('kvm1', { domains, state });
      for (const listener of listeners) {
        listener({ kind: 'domain.removed', domain: { uuid: domain.uuid, name: domain.name } });
      }
    },
  };
  return host;
}

/** A service over one host, and its record. */
export function serviceOf(
  host: ConsoleHost,
  limits: Partial<ConstructorParameters<typeof ConsoleService>[0]['limits']> = {},
): { service: ConsoleService; events: ConsoleEvent[] } {
  const events: ConsoleEvent[] = [];
  const service = new ConsoleService({
    hosts: new Map([[host.name, host]]),
    limits: { sessionsPerDomain: 4, sessionsPerUser: 4, sessions: 4, longestSessionSeconds: 60, ...limits },
    tls: { caFile: '/none' },
    onEvent: (event) => events.push(event),
  });
  return { service, events };
}

/** A WebSocket with a ticket, its handshake done by hand; `end` is the close code and reason. */
export async function openConsole(
  port: number,
  ticket: string,
  path = '/api/v1/console',
): Promise<{
  socket: WebSocket;
  notices: string[];
  bytes: () => number;
  end: Promise<[number, string]>;
}> {
  const socket = new WebSocket(`ws://127.0.0.1:${String(port)}${path}`, ['binary', `ticket.${ticket}`], {
    origin: `http://127.0.0.1:${String(port)}`,
  });
  const notices: string[] = [];
  let bytes = 0;
  const answers = new Map([
    [12, Buffer.from('RFB 003.008\n')],
    [14, Buffer.from([1])],
    [18, Buffer.from([0])],
  ]);
  socket.on('message', (data: Buffer, isBinary) => {
    if (!isBinary) {
      notices.push(data.toString());
      return;
    }
    bytes += data.length;
    const answer = answers.get(bytes);
    if (answer !== undefined) socket.send(answer);
  });
  const end = new Promise<[number, string]>((resolve) => {
    socket.once('close', (code, reason) => {
      resolve([code, reason.toString()]);
    });
  });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return { socket, notices, bytes: () => bytes, end };
}
