// SPDX-License-Identifier: Apache-2.0
// The daemon answers each call with bytes written down here, not with ours.

import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { connect } from './connect.ts';
import type { ConnectOptions } from './connect.ts';

const AUTH_LIST = 66;
const FEATURE = 60;
const OPEN = 1;
const GET_URI = 110;
const CLOSE = 2;

/** Payloads by procedure; what is not here is never answered. */
type Answers = Readonly<Record<number, string | { readonly error: string }>>;

const HEALTHY: Answers = {
  // one type: none
  [AUTH_LIST]: '00000001 00000000',
  [FEATURE]: '00000001',
  [OPEN]: '',
  [CLOSE]: '',
  // "test:///default"
  [GET_URI]: '0000000f 746573743a2f2f2f64656661756c7400',
};

/** VIR_ERR_NO_CONNECT (5), domain 0, "no", level 2, and nothing else. */
const NO_CONNECT = {
  error:
    '00000005 00000000 00000001 00000002 6e6f0000 00000002 00000000 00000000 00000000 00000000 ffffffff ffffffff 00000000',
};

let directory = '';
let server: Server;
let received: { procedure: number; payload: string }[] = [];
const sockets: Socket[] = [];

async function daemon(answers: Answers): Promise<void> {
  received = [];
  server = createServer((socket) => {
    sockets.push(socket);
    let rest = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 4 && rest.length >= rest.readUInt32BE(0)) {
        const packet = rest.subarray(0, rest.readUInt32BE(0));
        rest = rest.subarray(packet.length);
        answer(socket, packet, answers);
      }
    });
  });
  server.listen(join(directory, 'libvirt-sock'));
  await once(server, 'listening');
}

function answer(socket: Socket, packet: Buffer, answers: Answers): void {
  const procedure = packet.readUInt32BE(12);
  received.push({ procedure, payload: packet.subarray(28).toString('hex') });
  const reply = answers[procedure];
  if (reply === undefined) return;
  const payload = Buffer.from((typeof reply === 'string' ? reply : reply.error).replaceAll(' ', ''), 'hex');
  const header = Buffer.from(packet.subarray(0, 28));
  header.writeUInt32BE(28 + payload.length, 0);
  header.writeUInt32BE(1, 16); // REPLY
  header.writeUInt32BE(typeof reply === 'string' ? 0 : 1, 24);
  socket.write(Buffer.concat([header, payload]));
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vireo-connect-'));
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.close();
  await once(server, 'close');
  await rm(directory, { recursive: true });
});

function open(options: ConnectOptions = {}, uri = 'test:///default') {
  return connect(`${uri}?socket=${join(directory, 'libvirt-sock')}`, options);
}

/** Resolves when the daemon has seen its client go. */
async function clientGone(): Promise<void> {
  for (const socket of sockets) if (!socket.closed) await once(socket, 'close');
}

describe('connect', () => {
  it('authenticates, asks for keepalive, opens read-only unless told otherwise, and learns what was opened', async () => {
    await daemon(HEALTHY);
    const connection = await open();
    expect(connection.uri).toBe('test:///default');
    expect(connection.readOnly).toBe(true);
    expect(received).toEqual([
      { procedure: AUTH_LIST, payload: '' },
      { procedure: FEATURE, payload: '0000000a' },
      // present, "test:///default", flags 1
      { procedure: OPEN, payload: '000000010000000f746573743a2f2f2f64656661756c740000000001' },
      { procedure: FEATURE, payload: '0000000e' },
      { procedure: GET_URI, payload: '' },
    ]);
    await connection.close();
  });

  it('does not ask for keepalive when told not to, or the daemon would begin to ping', async () => {
    await daemon(HEALTHY);
    const connection = await open({ keepalive: false });
    expect(received.map(({ procedure }) => procedure)).toEqual([AUTH_LIST, OPEN, FEATURE, GET_URI]);
    await connection.close();
  });

  it('opens read-write, and another name than its own, when told so', async () => {
    await daemon(HEALTHY);
    const connection = await open({ readOnly: false, name: 'esx://e/' });
    expect(connection.readOnly).toBe(false);
    expect(received[2]).toEqual({ procedure: OPEN, payload: '00000001000000086573783a2f2f652f00000000' });
    await connection.close();
  });

  it('tells its observer how every call went', async () => {
    await daemon(HEALTHY);
    const ends: string[] = [];
    const connection = await open({ onCallEnd: ({ procedure, outcome }) => ends.push(`${procedure} ${outcome}`) });
    expect(ends.slice(0, 3)).toEqual(['AUTH_LIST ok', 'CONNECT_SUPPORTS_FEATURE ok', 'CONNECT_OPEN ok']);
    await connection.close();
  });

  it('says that nobody answers, and hangs up', async () => {
    await daemon({});
    await expect(open({ deadlines: { connectMs: 100 } })).rejects.toMatchObject({
      code: 'LV_CONN_TIMEOUT',
      retriable: true,
      message: expect.stringContaining('connected, but no daemon answered within') as string,
    });
    await clientGone();
  });

  it("hands on the daemon's refusal to open, and hangs up", async () => {
    await daemon({ ...HEALTHY, [OPEN]: NO_CONNECT });
    await expect(open()).rejects.toMatchObject({
      code: 'LV_REMOTE',
      name: 'VIR_ERR_NO_CONNECT',
      procedure: 'CONNECT_OPEN',
    });
    await clientGone();
  });

  it('does not wait for ever for a daemon that is busy opening', async () => {
    await daemon({ [AUTH_LIST]: '00000001 00000000', [FEATURE]: '00000001' });
    await expect(open({ deadlines: { openMs: 100 } })).rejects.toMatchObject({
      code: 'LV_TIMEOUT',
      call: { procedure: 'CONNECT_OPEN' },
    });
    await clientGone();
  });

  it('refuses a daemon without callback events, and hangs up', async () => {
    await daemon({ ...HEALTHY, [FEATURE]: '00000000' });
    await expect(open()).rejects.toThrow('the daemon is older than libvirt 1.2.1');
    await clientGone();
  });

  it('names the URI when the daemon hangs up in the middle', async () => {
    await daemon({ [AUTH_LIST]: '00000001 00000000' });
    const opening = open();
    const failure = expect(opening).rejects.toMatchObject({
      code: 'LV_CONN_CLOSED',
      message: expect.stringMatching(/^connect failed: test:\/\/\/default/u) as string,
    });
    while (received.length < 2) await new Promise((resolve) => setImmediate(resolve));
    for (const socket of sockets) socket.destroy();
    await failure;
  });

  it('hangs up when its caller gives up', async () => {
    await daemon({});
    const abort = new AbortController();
    const opening = open({ signal: abort.signal });
    const failure = expect(opening).rejects.toMatchObject({ code: 'LV_ABORTED' });
    while (received.length === 0) await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    await failure;
    await clientGone();
  });
});
