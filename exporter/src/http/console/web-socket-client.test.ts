// SPDX-License-Identifier: Apache-2.0
import { EventEmitter } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WebSocket } from 'ws';
import { ConsoleService } from '../../console/console-service.ts';
import type { WebGuard } from '../../web/web-guard.ts';
import { takeConsoles } from './upgrade.ts';
import { PING_MS, WebSocketClient } from './web-socket-client.ts';

describe('WebSocketClient', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('pings, and gives a browser up that has not answered for a minute', () => {
    jest.useFakeTimers();
    const pings = { count: 0 };
    const socket = Object.assign(new EventEmitter(), { ping: () => pings.count++ });
    const ends: string[] = [];
    new WebSocketClient(socket as unknown as WebSocket, {
      onBytes: () => undefined,
      onEnd: ({ end }) => ends.push(end),
    });
    for (let n = 1; n <= 10; n++) {
      jest.advanceTimersByTime(PING_MS);
      expect(pings.count).toBe(n);
      socket.emit('pong');
    }
    jest.advanceTimersByTime(3 * PING_MS);
    expect(ends).toEqual([]);
    jest.advanceTimersByTime(PING_MS);
    expect(ends).toEqual(['unresponsive']);
    socket.emit('close');
    expect(ends.at(-1)).toBe('left');
  });

  it('does not give a browser up that is not read because the console takes nothing', () => {
    jest.useFakeTimers();
    const socket = Object.assign(new EventEmitter(), {
      isPaused: false,
      ping: jest.fn(),
      pause: () => (socket.isPaused = true),
      resume: () => (socket.isPaused = false),
    });
    const ends: string[] = [];
    const client = new WebSocketClient(socket as unknown as WebSocket, {
      onBytes: () => undefined,
      onEnd: ({ end }) => ends.push(end),
    });
    jest.advanceTimersByTime(2 * PING_MS);
    client.pause();
    jest.advanceTimersByTime(20 * PING_MS);
    expect(ends).toEqual([]);
    // The proxies between still see something.
    expect(socket.ping).toHaveBeenCalledTimes(22);
    client.resume();
    jest.advanceTimersByTime(3 * PING_MS);
    expect(ends).toEqual([]);
    jest.advanceTimersByTime(PING_MS);
    expect(ends).toEqual(['unresponsive']);
    socket.emit('close');
  });
});

describe('takeConsoles', () => {
  it('lets nobody in whom the web config file does not, ticket or none', async () => {
    const service = new ConsoleService({
      hosts: new Map(),
      limits: { sessionsPerDomain: 1, sessionsPerUser: 1, sessions: 1, longestSessionSeconds: 60 },
      tls: { caFile: '/none' },
      onEvent: () => undefined,
    });
    for (const [why, status] of [
      ['broken', 500],
      ['rate', 429],
    ] as const) {
      const server = createServer();
      const guard: Pick<WebGuard, 'admit'> = { admit: () => Promise.resolve({ kind: 'refused', why }) };
      takeConsoles(server, { service, guard, allowsOrigin: () => true, clientAddress: () => '::1' });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const headers = { connection: 'Upgrade', upgrade: 'websocket', origin: 'http://x' };
      const answered = await new Promise((resolve, reject) => {
        const sent = request({ host: '127.0.0.1', port, path: '/api/v1/console', headers }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        sent.on('error', reject).end();
      });
      expect(answered).toBe(status);
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
