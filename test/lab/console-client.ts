// SPDX-License-Identifier: Apache-2.0
// A hand-written client of consoles: it can do what no browser would.
import { WebSocket } from 'ws';
import { waitFor } from './wait-for.ts';

/** A WebSocket of a console. */
export interface ConsoleSocket {
  readonly notices: Readonly<Record<string, unknown>>[];
  /** All binary frames so far. */
  bytes(): Buffer;
  send(data: Buffer | string): void;
  /** Set when it is closed, or was never open: then `status` is that of the HTTP answer. */
  readonly end: Promise<{ readonly code: number; readonly reason: string; readonly status?: number }>;
  close(): void;
  readonly socket: WebSocket;
}

/** The WebSocket alone. `origin` null sends none. */
export function connectSocket(base: string, ticket: string | undefined, origin: string | null = base): WebSocket {
  const protocols = ticket === undefined ? ['binary'] : ['binary', `ticket.${ticket}`];
  const url = `${base.replace('http', 'ws')}/api/v1/console`;
  return new WebSocket(url, protocols, origin === null ? {} : { origin });
}

/** Opens one. `origin` null sends none. */
export function openSocket(base: string, ticket: string | undefined, origin: string | null = base): ConsoleSocket {
  const socket = connectSocket(base, ticket, origin);
  const notices: Record<string, unknown>[] = [];
  const chunks: Buffer[] = [];
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) chunks.push(data);
    else notices.push(JSON.parse(data.toString()) as Record<string, unknown>);
  });
  const end = new Promise<{ code: number; reason: string; status?: number }>((resolve) => {
    socket.on('unexpected-response', (_request, response) => {
      resolve({ code: 1006, reason: '', status: response.statusCode ?? 0 });
      socket.terminate();
    });
    socket.on('close', (code, reason) => {
      resolve({ code, reason: reason.toString() });
    });
    socket.on('error', () => undefined);
  });
  return {
    notices,
    bytes: () => Buffer.concat(chunks),
    send: (data) => {
      socket.send(data);
    },
    end,
    close: () => {
      socket.close();
    },
    socket,
  };
}

/** Goes through RFB's handshake by hand; resolves with the server's description. */
export async function shakeHands(console: ConsoleSocket): Promise<{ readonly width: number; readonly name: string }> {
  const received = (length: number): Promise<Buffer> =>
    waitFor(() => console.bytes().length >= length && console.bytes(), {
      what: `${String(length)} bytes of RFB`,
      deadlineMs: 20_000,
    });
  await received(12);
  console.send(Buffer.from('RFB 003.008\n'));
  await received(14);
  console.send(Buffer.from([1]));
  await received(18);
  console.send(Buffer.from([0]));
  const all = await received(42);
  const length = all.readUInt32BE(38);
  return { width: all.readUInt16BE(18), name: (await received(42 + length)).subarray(42, 42 + length).toString() };
}

/** A KeyEvent, pressed and let go. */
export function keyEvent(keysym: number): Buffer {
  const event = Buffer.alloc(16);
  event.set([4, 1], 0);
  event.writeUInt32BE(keysym, 4);
  event.set([4, 0], 8);
  event.writeUInt32BE(keysym, 12);
  return event;
}

/** FramebufferUpdateRequest of the whole screen. */
export function updateRequest(width: number, height: number): Buffer {
  const request = Buffer.alloc(10);
  request.writeUInt8(3, 0);
  request.writeUInt16BE(width, 6);
  request.writeUInt16BE(height, 8);
  return request;
}

/** A PointerEvent. */
export function pointerEvent(x: number, y: number, buttons: number): Buffer {
  const event = Buffer.alloc(6);
  event.set([5, buttons], 0);
  event.writeUInt16BE(x, 2);
  event.writeUInt16BE(y, 4);
  return event;
}
