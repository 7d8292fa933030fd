// SPDX-License-Identifier: Apache-2.0
// Bytes between a browser and a console, each way no faster than the other end takes them: what a stalled tab has not
// read waits in the hypervisor's own socket, not in our memory.

import type { Duplex } from 'node:stream';

/** The console stops being read while more than this waits for the browser, and is read again below the half. */
const WAITING_BYTES_MAX = 512 * 1024;

/** The browser's end. */
export interface ConsoleClient {
  /** Bytes given to {@link send} that the network has not taken. */
  readonly waitingBytes: number;
  send(bytes: Buffer, taken: () => void): void;
  pause(): void;
  resume(): void;
}

/** What has gone through. */
export interface Traffic {
  toClient: number;
  fromClient: number;
}

/** One bridge. */
export class Bridge {
  readonly traffic: Traffic = { toClient: 0, fromClient: 0 };
  readonly #client: ConsoleClient;
  readonly #stream: Duplex;

  constructor(client: ConsoleClient, stream: Duplex) {
    this.#client = client;
    this.#stream = stream;
  }

  /** Begins to pass on what the console says; `rest` was read of it already. */
  start(rest: Buffer): void {
    if (rest.length > 0) this.#toClient(rest);
    this.#stream.on('data', (chunk: Buffer) => {
      this.#toClient(chunk);
    });
    this.#stream.on('drain', () => {
      this.#client.resume();
    });
  }

  /** Passes on what the browser may say. */
  fromClient(parts: readonly Buffer[]): void {
    for (const part of parts) {
      this.traffic.fromClient += part.length;
      if (!this.#stream.write(part)) this.#client.pause();
    }
  }

  #toClient(chunk: Buffer): void {
    this.traffic.toClient += chunk.length;
    this.#client.send(chunk, () => {
      if (this.#stream.isPaused() && this.#client.waitingBytes < WAITING_BYTES_MAX / 2) this.#stream.resume();
    });
    if (this.#client.waitingBytes > WAITING_BYTES_MAX) this.#stream.pause();
  }
}
