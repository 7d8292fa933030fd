// SPDX-License-Identifier: Apache-2.0
// The browser of a session at the end of its WebSocket: binary frames in and out, notices as text, pings that keep the
// proxies between from closing an idle console and find out when nobody is there any more.

import type { WebSocket } from 'ws';
import { ConsoleEnd } from '../../console/console-end.ts';
import type { SessionClient } from '../../console/session.ts';
import type { ConsoleNotice } from '../../contract/console.ts';

/** nginx closes what is silent for 60 s. */
export const PING_MS = 20_000;
/** So many pings unanswered mean that nobody is there. */
const UNANSWERED_MAX = 3;
/** How long a browser may take to confirm the close. */
const CLOSE_MS = 2000;

/** What the browser does. */
export interface ClientEvents {
  onBytes(bytes: Buffer): void;
  onEnd(end: ConsoleEnd): void;
}

/** Wraps a WebSocket that is open. */
export class WebSocketClient implements SessionClient {
  readonly #socket: WebSocket;
  readonly #pings: NodeJS.Timeout;
  #unanswered = 0;

  constructor(socket: WebSocket, events: ClientEvents) {
    this.#socket = socket;
    socket.on('message', (data, isBinary) => {
      if (isBinary && Buffer.isBuffer(data)) events.onBytes(data);
      else events.onEnd(new ConsoleEnd('client-protocol', 'a text frame'));
    });
    socket.on('pong', () => {
      this.#unanswered = 0;
    });
    socket.on('error', (error) => {
      events.onEnd(new ConsoleEnd('client-protocol', error.message, { cause: error }));
    });
    socket.once('close', () => {
      clearInterval(this.#pings);
      events.onEnd(new ConsoleEnd('left'));
    });
    this.#pings = setInterval(() => {
      if (this.#unanswered >= UNANSWERED_MAX) {
        events.onEnd(new ConsoleEnd('unresponsive'));
        return;
      }
      // While the console takes nothing its browser is not read, so its answers wait with what it typed.
      if (!socket.isPaused) this.#unanswered++;
      socket.ping();
    }, PING_MS);
  }

  get waitingBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(bytes: Buffer, taken: () => void): void {
    this.#socket.send(bytes, { binary: true }, taken);
  }

  notify(notice: ConsoleNotice): void {
    this.#socket.send(JSON.stringify(notice), { binary: false }, () => undefined);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    // What it answered meanwhile is only read now.
    this.#unanswered = 0;
    this.#socket.resume();
  }

  /** Says why, and is gone a moment later whatever the browser does. */
  close(end: ConsoleEnd): void {
    clearInterval(this.#pings);
    const socket = this.#socket;
    if (socket.readyState === socket.CLOSED) return;
    socket.resume();
    socket.close(end.code, end.reason);
    const cutOff = setTimeout(() => {
      socket.terminate();
    }, CLOSE_MS);
    socket.once('close', () => {
      clearTimeout(cutOff);
    });
  }
}
