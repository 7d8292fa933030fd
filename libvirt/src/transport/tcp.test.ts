// SPDX-License-Identifier: Apache-2.0

import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

import { parseConnectionUri } from '../uri.ts';
import { openTransport } from './open.ts';
import { explainTcp } from './tcp.ts';

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe('a TCP connection', () => {
  it('carries bytes both ways', async () => {
    const server = createServer((socket: Socket) => socket.pipe(socket));
    const port = await listen(server);
    const pipe = await openTransport(parseConnectionUri(`qemu+tcp://127.0.0.1:${String(port)}/system`), {
      readOnly: true,
    });
    pipe.write('ping');
    const [echo] = (await once(pipe, 'data')) as [Buffer];
    expect(echo.toString()).toBe('ping');
    pipe.destroy();
    server.close();
    await once(server, 'close');
  });

  it('says that nothing listens', async () => {
    const server = createServer();
    const port = await listen(server);
    server.close();
    await once(server, 'close');
    const uri = parseConnectionUri(`qemu+tcp://127.0.0.1:${String(port)}/system`);
    await expect(openTransport(uri, { readOnly: true })).rejects.toMatchObject({
      code: 'LV_CONN_REFUSED',
      message: `connect failed: ${uri.text}: nothing listens on 127.0.0.1 port ${String(port)}: is listen_tcp on, and libvirtd started with --listen?`,
    });
  });

  it.each([
    ['ENOTFOUND', 'LV_CONN_UNREACHABLE', true],
    ['EHOSTUNREACH', 'LV_CONN_UNREACHABLE', true],
    ['ETIMEDOUT', 'LV_CONN_TIMEOUT', true],
    ['ECONNRESET', 'LV_CONN_CLOSED', true],
  ])('turns %s into %s', (code, expected, retriable) => {
    const uri = parseConnectionUri('qemu+tcp://kvm1/system');
    const cause = Object.assign(new Error(code), { code });
    const error = explainTcp(uri, { host: 'kvm1', port: 16509 }, '', cause);
    expect(error).toMatchObject({ code: expected, retriable, cause });
  });
});
