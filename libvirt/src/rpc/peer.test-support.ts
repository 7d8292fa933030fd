// SPDX-License-Identifier: Apache-2.0
// The other end of the pipe in this room's tests: sends exactly the bytes a test wants and cuts what it receives by
// length word, with code of its own so that it does not share a mistake with what it tests.

import { Duplex } from 'node:stream';

/** A pipe for an `RpcClient`, and the hand at its other end. */
export class Peer {
  /** Give this to the client. */
  readonly pipe: Duplex;
  /** Whole packets the client sent, in order. */
  readonly received: Buffer[] = [];
  /** Set to stop taking what the client writes, until it is called. */
  blocked: (() => void) | null = null;
  #waiting: (() => void)[] = [];
  #rest = Buffer.alloc(0);

  constructor(writableHighWaterMark = 65_536) {
    this.pipe = new Duplex({
      writableHighWaterMark,
      read: () => undefined,
      write: (chunk: Buffer, _encoding, callback) => {
        this.#take(chunk);
        if (this.blocked === null) callback();
        else {
          this.blocked = () => {
            this.blocked = null;
            callback();
          };
        }
      },
    });
  }

  /** Sends bytes, hex or not, in one chunk. */
  send(...parts: readonly (string | Buffer)[]): void {
    this.pipe.push(Buffer.concat(parts.map((part) => (typeof part === 'string' ? hex(part) : part))));
  }

  /** Closes the daemon's side. */
  end(): void {
    this.pipe.push(null);
  }

  /** Resolves with packet number `index` (from 0) the client sent, as hex. */
  async packet(index: number): Promise<string> {
    while (this.received.length <= index) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.received[index]?.toString('hex') ?? '';
  }

  #take(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= 4 && this.#rest.length >= this.#rest.readUInt32BE()) {
      const length = this.#rest.readUInt32BE();
      this.received.push(this.#rest.subarray(0, length));
      this.#rest = this.#rest.subarray(length);
    }
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** Bytes of a hex literal; blanks may separate its fields. */
export function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(/\s/gu, ''), 'hex');
}

/** One packet by its fields, for the cases nobody has captured. */
export function packet(
  fields: {
    readonly type: number;
    readonly serial: number;
    readonly status?: number;
    readonly program?: number;
    readonly procedure?: number;
    readonly version?: number;
  },
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(28);
  head.writeUInt32BE(28 + payload.length, 0);
  head.writeUInt32BE(fields.program ?? 0x2000_8086, 4);
  head.writeUInt32BE(fields.version ?? 1, 8);
  head.writeInt32BE(fields.procedure ?? 157, 12);
  head.writeUInt32BE(fields.type, 16);
  head.writeUInt32BE(fields.serial, 20);
  head.writeUInt32BE(fields.status ?? 0, 24);
  return Buffer.concat([head, payload]);
}

/** The same packets torn in every way a socket may tear them. */
export function torn(packets: readonly Buffer[]): readonly (readonly [how: string, chunks: readonly Buffer[]])[] {
  const all = Buffer.concat(packets);
  return [
    ['whole', packets],
    ['byte by byte', [...all].map((byte) => Buffer.from([byte]))],
    ['coalesced', [all]],
    ['in threes', Array.from({ length: Math.ceil(all.length / 3) }, (_, i) => all.subarray(i * 3, i * 3 + 3))],
  ];
}

/** What `action` throws; fails when it throws nothing. */
export function errorOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

/** Lets everything that is ready happen. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}
