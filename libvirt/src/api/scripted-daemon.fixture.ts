// SPDX-License-Identifier: Apache-2.0
// The other end of an RpcClient in memory: answers each procedure with bytes a test gives in hex, and sends events when
// told. It shares no code with the client, so both cannot be wrong in the same way.

import { duplexPair } from 'node:stream';
import type { Duplex } from 'node:stream';

import { RpcClient } from '../rpc/rpc-client.ts';

/** A call that arrived: the payload in hex. */
export interface ReceivedCall {
  readonly procedure: number;
  readonly args: string;
}

/** An answer in hex, an error's number, or 'later' for {@link ScriptedDaemon.reply}. */
export type Answer = { readonly ret: string } | { readonly error: number } | 'later' | 'hang-up';

const REPLY = 1;
const MESSAGE = 2;

/** Plays a daemon. */
export class ScriptedDaemon {
  readonly rpc: RpcClient;
  readonly calls: ReceivedCall[] = [];
  readonly #pipe: Duplex;
  readonly #answers = new Map<number, Answer[]>();
  readonly #waiting: { readonly procedure: number; readonly serial: number }[] = [];
  #received = Buffer.alloc(0);

  constructor() {
    const [client, daemon] = duplexPair();
    this.#pipe = daemon;
    daemon.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#read();
    });
    daemon.on('error', () => undefined);
    this.rpc = new RpcClient(client);
  }

  /** Answers calls of a procedure in turn; the last answer goes on for ever. */
  answer(procedure: number, ...answers: readonly Answer[]): this {
    this.#answers.set(procedure, [...answers]);
    return this;
  }

  /** Answers the oldest call that was to be answered later. */
  reply(ret: string): void {
    const call = this.#waiting.shift();
    if (call === undefined) throw new Error('no call waits for a reply');
    this.#write(call.procedure, REPLY, call.serial, 0, ret);
  }

  /** Sends an event; libvirt gives all of them the serial 1. */
  emit(procedure: number, payload: string): void {
    this.#write(procedure, MESSAGE, 1, 0, payload);
  }

  /** How often a procedure was called. */
  count(procedure: number): number {
    return this.calls.filter((call) => call.procedure === procedure).length;
  }

  /** Resolves when what was written has been read on both sides. */
  async settle(): Promise<void> {
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
  }

  #read(): void {
    while (this.#received.length >= 4 && this.#received.length >= this.#received.readUInt32BE(0)) {
      const length = this.#received.readUInt32BE(0);
      const packet = this.#received.subarray(0, length);
      this.#received = this.#received.subarray(length);
      this.#receive(packet.readInt32BE(12), packet.readUInt32BE(20), packet.toString('hex', 28));
    }
  }

  #receive(procedure: number, serial: number, args: string): void {
    this.calls.push({ procedure, args });
    const answers = this.#answers.get(procedure) ?? [];
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer === undefined) throw new Error(`no answer for procedure ${String(procedure)}`);
    if (answer === 'later') this.#waiting.push({ procedure, serial });
    else if (answer === 'hang-up') this.#pipe.end();
    else if ('ret' in answer) this.#write(procedure, REPLY, serial, 0, answer.ret);
    else this.#write(procedure, REPLY, serial, 1, errorHex(answer.error));
  }

  #write(procedure: number, type: number, serial: number, status: number, payload: string): void {
    const packet = Buffer.alloc(28 + payload.length / 2);
    packet.writeUInt32BE(packet.length, 0);
    packet.writeUInt32BE(0x2000_8086, 4);
    packet.writeUInt32BE(1, 8);
    packet.writeInt32BE(procedure, 12);
    packet.writeUInt32BE(type, 16);
    packet.writeUInt32BE(serial, 20);
    packet.writeUInt32BE(status, 24);
    packet.write(payload, 28, 'hex');
    this.#pipe.write(packet);
  }
}

/** A remote_error of this number and no text. */
function errorHex(number: number): string {
  return (
    number.toString(16).padStart(8, '0') +
    '0000000a' +
    '00000000' +
    '00000002' +
    '00000000'.repeat(4) +
    'ffffffff'.repeat(2) +
    '00000000'
  );
}
