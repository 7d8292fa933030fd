// SPDX-License-Identifier: Apache-2.0
// What a console through Vireo costs beside a direct TCP connection to the same VNC server, with fifty open at once. The
// server is made up: it answers at once and sends as fast as it may, so what is measured is the way there. Three
// processes: server, Vireo's consoles behind its real HTTP server, and the clients. How to run it: README.md.
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseConnectionUri } from '@vireo/libvirt';
import { ConsoleService } from '../exporter/src/console/console-service.ts';
import type { ConsoleHost } from '../exporter/src/console/session.ts';
import { takeConsoles } from '../exporter/src/http/console/upgrade.ts';
import type { HostSnapshot } from '../exporter/src/hosts/snapshot.ts';
import { createServer as createHttpServer } from 'node:http';
import { connectSocket } from '../test/lab/console-client.ts';
import { cpuSeconds } from '../test/lab/process.ts';

const UUID = '00000000-0000-4000-8000-000000000001';
const NAME = 'QEMU (vm1)';
/** FramebufferUpdateRequest: answered with as many bytes as its width says, in KiB. */
const REQUEST_BYTES = 10;
const HANDSHAKE_BYTES = 42 + NAME.length;

/** RFB without security; then each request is answered with the bytes it asks for. */
function serveVnc(): void {
  const init = Buffer.concat([
    Buffer.from('02d001902018000100ff00ff00ff10080000000000000000', 'hex'),
    Buffer.from(NAME),
  ]);
  init.writeUInt32BE(NAME.length, 20);
  const filler = Buffer.alloc(64 * 1024 * 1024);
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    const steps: [number, Buffer][] = [
      [12, Buffer.from([1, 1])],
      [1, Buffer.alloc(4)],
      [1, init],
    ];
    let pending = Buffer.alloc(0);
    socket.write('RFB 003.008\n');
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      for (let step = steps[0]; step !== undefined && pending.length >= step[0]; step = steps[0]) {
        pending = pending.subarray(step[0]);
        socket.write(step[1]);
        steps.shift();
      }
      while (steps.length === 0 && pending.length >= REQUEST_BYTES) {
        socket.write(filler.subarray(0, Math.max(16, pending.readUInt16BE(6) * 1024)));
        pending = pending.subarray(REQUEST_BYTES);
      }
    });
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
}

/** Vireo's consoles before that server; a message is answered with a ticket. */
function serveConsoles(vncPort: number): void {
  const snapshot: HostSnapshot = {
    ...{ host: 'kvm1', uri: 'qemu:///system', simulated: false, generation: 1, domainsKnown: true, pools: [] },
    state: { kind: 'up', since: 0 },
    facts: { driver: 'QEMU', libvirtVersion: '9.0.0' },
    domains: new Map([[UUID, { uuid: UUID, name: 'vm1', id: 1, state: 'running', reason: 'booted' }]]),
    polls: new Map(),
    groups: new Set(),
  };
  const host: ConsoleHost = {
    name: 'kvm1',
    snapshot,
    watch: () => () => undefined,
    consoles: {
      describe: () =>
        Promise.resolve({
          uuid: UUID,
          id: 1,
          vnc: { port: vncPort, listen: '127.0.0.1' },
          otherGraphics: [],
          serial: false,
        }),
      press: () => Promise.reject(new Error('none here')),
      openSerial: () => Promise.reject(new Error('none here')),
    },
    way: { via: 'local', uri: parseConnectionUri('qemu:///system') },
  };
  const service = new ConsoleService({
    hosts: new Map([['kvm1', host]]),
    limits: { sessionsPerDomain: 100, sessionsPerUser: 100, sessions: 100, longestSessionSeconds: 3600 },
    tls: { caFile: '/none' },
    onEvent: () => undefined,
  });
  const server = createHttpServer();
  takeConsoles(server, { service, guard: undefined, allowsOrigin: () => true, clientAddress: () => '127.0.0.1' });
  process.on('message', () => {
    const actor = { token: 'bench', address: '127.0.0.1' };
    const grant = {
      host: 'kvm1',
      uuid: UUID,
      domain: 'vm1',
      mode: 'control',
      kind: 'vnc',
      actor,
      isAllowed: () => true,
    } as const;
    process.send?.(service.issue(grant).ticket);
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
}

/** A console, whichever way. */
interface Client {
  send(bytes: Buffer): void;
  onBytes(listener: (count: number) => void): void;
  close(): void;
}

async function shake(client: Client): Promise<void> {
  const answers = new Map([
    [12, Buffer.from('RFB 003.008\n')],
    [14, Buffer.from([1])],
    [18, Buffer.from([0])],
  ]);
  let bytes = 0;
  await new Promise<void>((resolve) => {
    client.onBytes((count) => {
      bytes += count;
      const answer = answers.get(bytes);
      if (answer !== undefined) client.send(answer);
      if (bytes === HANDSHAKE_BYTES) resolve();
    });
  });
}

async function direct(port: number): Promise<Client> {
  const socket: Socket = connect(port, '127.0.0.1').setNoDelay(true);
  let listener: (count: number) => void = () => undefined;
  socket.on('data', (chunk) => {
    listener(chunk.length);
  });
  const client: Client = {
    send: (bytes) => socket.write(bytes),
    onBytes: (next) => (listener = next),
    close: () => socket.destroy(),
  };
  await shake(client);
  return client;
}

async function through(port: number, vireo: ChildProcess): Promise<Client> {
  vireo.send('ticket');
  const [ticket] = (await once(vireo, 'message')) as [string];
  const socket = connectSocket(`http://127.0.0.1:${String(port)}`, ticket);
  let listener: (count: number) => void = () => undefined;
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) listener(data.length);
  });
  const client: Client = {
    send: (bytes) => {
      socket.send(bytes);
    },
    onBytes: (next) => (listener = next),
    close: () => {
      socket.terminate();
    },
  };
  await shake(client);
  return client;
}

function request(kibibytes: number): Buffer {
  const bytes = Buffer.alloc(REQUEST_BYTES);
  bytes[0] = 3;
  bytes.writeUInt16BE(kibibytes, 6);
  return bytes;
}

/** Sends a request and waits for all of its answer. */
async function ask(client: Client, kibibytes: number): Promise<number> {
  const wanted = Math.max(16, kibibytes * 1024);
  const began = performance.now();
  await new Promise<void>((resolve) => {
    let bytes = 0;
    client.onBytes((count) => {
      bytes += count;
      if (bytes >= wanted) resolve();
    });
    client.send(request(kibibytes));
  });
  return performance.now() - began;
}

interface Figures {
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly oneMbs: number;
  readonly allMbs: number;
}

const BLOCK_KIB = 32 * 1024;

/** Latency of one while all are open and a tenth of them get a screen's worth ten times a second; then throughput. */
async function measure(clients: readonly Client[], rounds: number): Promise<Figures> {
  const [first, ...others] = clients;
  if (first === undefined) throw new Error('no client');
  const state = { running: true };
  const load = others.map(async (client, n) => {
    while (state.running) {
      await ask(client, n % 10 === 0 ? 256 : 1);
      await delay(100);
    }
  });
  const times: number[] = [];
  for (let n = 0; n < rounds; n++) times.push(await ask(first, 0));
  state.running = false;
  await Promise.all(load);
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? Number.NaN;
  const oneMs = await ask(first, BLOCK_KIB);
  const began = performance.now();
  await Promise.all(clients.map((client) => ask(client, 8 * 1024)));
  const allMs = performance.now() - began;
  const mbs = (kibibytes: number, ms: number): number => (kibibytes * 1024) / 1e6 / (ms / 1000);
  return {
    medianMs: at(0.5),
    p99Ms: at(0.99),
    oneMbs: mbs(BLOCK_KIB, oneMs),
    allMbs: mbs(8 * 1024 * clients.length, allMs),
  };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { sessions: { type: 'string', default: '50' }, rounds: { type: 'string', default: '2000' } },
  });
  const [sessions, rounds] = [Number(values.sessions), Number(values.rounds)];
  const file = fileURLToPath(import.meta.url);
  const vnc = fork(file, ['--role-vnc']);
  const [vncPort] = (await once(vnc, 'message')) as [number];
  const vireo = fork(file, ['--role-vireo', String(vncPort)]);
  const [port] = (await once(vireo, 'message')) as [number];
  try {
    const straight = await Promise.all(Array.from({ length: sessions }, () => direct(vncPort)));
    const peer = await measure(straight, rounds);
    for (const client of straight) client.close();
    const consoles: Client[] = [];
    for (let n = 0; n < sessions; n++) consoles.push(await through(port, vireo));
    const cpuBefore = await cpuSeconds(vireo.pid ?? 0);
    await delay(5000);
    const idleCpu = (await cpuSeconds(vireo.pid ?? 0)) - cpuBefore;
    const ours = await measure(consoles, rounds);
    const row = (what: string, a: number, b: number, digits: number): string =>
      `| ${what} | ${a.toFixed(digits)} | ${b.toFixed(digits)} |`;
    process.stdout.write(
      [
        `| ${String(sessions)} sessions open | direct TCP | through Vireo |`,
        '| --- | ---: | ---: |',
        row('round trip, median (ms)', peer.medianMs, ours.medianMs, 2),
        row('round trip, p99 (ms)', peer.p99Ms, ours.p99Ms, 2),
        row('one session (MB/s)', peer.oneMbs, ours.oneMbs, 0),
        row('all sessions together (MB/s)', peer.allMbs, ours.allMbs, 0),
        `\nall idle for 5 s: ${idleCpu.toFixed(2)} s of CPU\n`,
      ].join('\n'),
    );
  } finally {
    vireo.kill();
    vnc.kill();
  }
}

const [role, argument] = process.argv.slice(2);
if (role === '--role-vnc') serveVnc();
else if (role === '--role-vireo') serveConsoles(Number(argument));
else {
  await main();
  process.exit(0);
}
