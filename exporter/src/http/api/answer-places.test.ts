// SPDX-License-Identifier: Apache-2.0

import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import express from 'express';
import { errorMiddleware } from '../error-middleware.ts';
import { AnswerPlaces } from './answer-places.ts';
import type { AnswerBounds } from './answer-places.ts';

const BYTES = 8 * 1024 * 1024;
const logger = { debug: () => undefined, info: () => undefined, error: () => undefined };
const open: { close(): void }[] = [];

afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

/** A server of one large answer. */
async function serve(bounds: AnswerBounds): Promise<number> {
  const places = new AnswerPlaces(bounds);
  const route = places.limited((_request, response) => {
    places.reserve(response, BYTES);
    response.end(Buffer.alloc(BYTES));
  });
  const server = createServer(express().get('/', route).use(errorMiddleware(logger)));
  open.push({
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

/** Asks, and reads next to nothing of the answer. */
async function askAndStall(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  open.push({ close: () => socket.destroy() });
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(socket, 'readable');
  socket.read(1);
  return socket;
}

const statusOf = async (port: number): Promise<number> => {
  const response = await fetch(`http://127.0.0.1:${String(port)}/`);
  await response.arrayBuffer();
  return response.status;
};

test('a place is free again when the answer is read, or its reader has gone', async () => {
  const port = await serve({ count: 1, bytes: BYTES, longestMs: 60_000 });
  expect([await statusOf(port), await statusOf(port)]).toEqual([200, 200]);
  const stalled = await askAndStall(port);
  expect(await statusOf(port)).toBe(503);
  stalled.destroy();
  let status = 0;
  for (let tries = 0; tries < 100 && status !== 200; tries += 1) status = await statusOf(port);
  expect(status).toBe(200);
});

test('answers under way are bounded by their bytes too', async () => {
  const port = await serve({ count: 9, bytes: 2 * BYTES, longestMs: 60_000 });
  await askAndStall(port);
  expect(await statusOf(port)).toBe(200);
  await askAndStall(port);
  expect(await statusOf(port)).toBe(503);
});

test('one answer alone has room, however large', async () => {
  const port = await serve({ count: 9, bytes: 1, longestMs: 60_000 });
  expect(await statusOf(port)).toBe(200);
});

test('a reader that takes too long is cut off, though it reads a little all the time', async () => {
  const port = await serve({ count: 1, bytes: BYTES, longestMs: 300 });
  const socket = await askAndStall(port);
  const sip = setInterval(() => {
    socket.read(1);
  }, 10);
  socket.on('error', () => undefined);
  // Only who reads on is told that there is no more.
  setTimeout(() => socket.resume(), 500).unref();
  await once(socket, 'close');
  clearInterval(sip);
  expect(socket.bytesRead).toBeLessThan(BYTES);
  // Only the head of it: on a busy machine all of it may take too long as well.
  const { status, body } = await fetch(`http://127.0.0.1:${String(port)}/`);
  await body?.cancel();
  expect(status).toBe(200);
});
