// SPDX-License-Identifier: Apache-2.0
// One client's connection to a fake daemon: frames in and out, libvirtd's window of calls, keepalive, streams, events.
// What a call means is its handler's.

import type { Socket } from 'node:net';

import { REMOTE_PROGRAM, KEEPALIVE_PROGRAM } from '../protocol/procedure.ts';
import { remoteError } from '../protocol/types.ts';
import { FrameSplitter } from '../rpc/frame-splitter.ts';
import { MessageStatus, MessageType, decodePacket, encodePacket } from '../rpc/packet.ts';
import type { Packet, PacketHeader } from '../rpc/packet.ts';
import { LibvirtError } from '../errors.ts';
import { ERROR_FROM, daemonError } from './daemon-error.ts';
import type { DaemonError } from './daemon-error.ts';
import { Registrations } from './events.ts';
import type { CallbackIds, HostEvent } from './events.ts';
import { bend } from './faults.ts';
import type { Fault } from './faults.ts';
import { FakeStream } from './fake-stream.ts';
import type { Answer, CallContext } from './handlers.ts';
import { KeepaliveTimer } from './keepalive-timer.ts';
import type { DaemonKeepalive } from './keepalive-timer.ts';

/** What a session needs of its daemon. */
export interface SessionPort {
  readonly maxClientRequests: number;
  readonly keepalive: DaemonKeepalive;
  /** Replies are written in pieces of so many bytes; 0 is whole. */
  readonly pieceBytes: number;
  /** Besides 32 MiB, which no packet exceeds. */
  readonly replyBytesMax: number;
  readonly callbackIds: CallbackIds;
  serve(header: PacketHeader, payload: Buffer, context: CallContext): Promise<Answer>;
  /** Packets captured elsewhere that stand for the reply; `null` when none was set. */
  takeRecorded(procedure: number): readonly Buffer[] | null;
  takeFault(procedure: number): Fault | null;
  onCall(call: { readonly procedure: number; readonly serial: number }): void;
  onEnd(session: FakeSession): void;
}

const KEEPALIVE = { PING: 1, PONG: 2 } as const;
/** libvirt sends every event with this serial, whatever calls there are. */
const EVENT_SERIAL = 1;

/** One connection. */
export class FakeSession {
  /** Pongs the client sent. */
  pongs = 0;
  /** Pings the client sent, each answered. */
  pings = 0;
  readonly #socket: Socket;
  readonly #port: SessionPort;
  readonly #splitter = new FrameSplitter();
  readonly #streams = new Map<number, FakeStream>();
  readonly #keepalive: KeepaliveTimer;
  readonly #registrations: Registrations;
  #opened: { readonly name: string; readonly readOnly: boolean } | null = null;
  #serving = 0;

  constructor(socket: Socket, port: SessionPort) {
    this.#socket = socket;
    this.#port = port;
    this.#registrations = new Registrations(port.callbackIds);
    this.#keepalive = new KeepaliveTimer(
      port.keepalive,
      () => {
        this.ping();
      },
      () => {
        this.drop();
      },
    );
    socket.on('data', (chunk: Buffer) => {
      this.#splitter.push(chunk);
      this.#read();
    });
    // A client that vanishes is no event for a daemon; 'close' follows and cleans up.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#keepalive.stop();
      for (const stream of this.#streams.values()) stream.close('lost');
      this.#streams.clear();
      port.onEnd(this);
    });
  }

  /** Calls being served. */
  get serving(): number {
    return this.#serving;
  }

  /** Streams the client has not finished: each would hold a file descriptor of libvirtd. */
  get openStreams(): number {
    return [...this.#streams.values()].filter((stream) => stream.isOpen).length;
  }

  /** Sends a keepalive ping out of turn. */
  ping(): void {
    this.#write(keepalivePacket(KEEPALIVE.PING));
  }

  /** Ends the connection without a word. */
  drop(): void {
    this.#socket.destroy();
  }

  /** Ends it with a TCP RST; a unix socket has none and is only closed. */
  reset(): void {
    if (this.#socket.remoteAddress === undefined) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  /** Writes bytes as they are. */
  write(bytes: Buffer): void {
    this.#write(bytes);
  }

  /** Sends an event to each registration of this connection that asked for it. */
  emit(event: HostEvent): void {
    for (const callbackId of this.#registrations.matching(event)) {
      const header = { program: REMOTE_PROGRAM, procedure: event.procedure, type: MessageType.MESSAGE };
      this.#write(
        encodePacket({ ...header, serial: EVENT_SERIAL, status: MessageStatus.OK }, (writer) => {
          event.write(writer, callbackId);
        }),
      );
    }
  }

  /** With all slots taken libvirtd stops reading a connection: calls, pings and pongs wait in the kernel. */
  #read(): void {
    try {
      while (this.#serving < this.#port.maxClientRequests) {
        const bytes = this.#splitter.next();
        if (bytes === null) break;
        this.#receive(decodePacket(bytes));
      }
    } catch (error) {
      // As libvirtd: what is no message ends the connection without a reply.
      if (!(error instanceof LibvirtError)) throw error;
      this.drop();
      return;
    }
    if (this.#serving < this.#port.maxClientRequests) this.#socket.resume();
    else this.#socket.pause();
  }

  #receive(packet: Packet): void {
    const { header } = packet;
    this.#keepalive.noteReceived();
    if (header.program === KEEPALIVE_PROGRAM) {
      if (header.procedure === KEEPALIVE.PONG) this.pongs += 1;
      if (header.procedure !== KEEPALIVE.PING) return;
      this.pings += 1;
      this.#write(keepalivePacket(KEEPALIVE.PONG));
      return;
    }
    if (header.type === MessageType.STREAM) this.#streams.get(header.serial)?.receive(packet);
    // libvirtd swallows replies and messages of a client.
    if (header.type !== MessageType.CALL) return;
    this.#serving += 1;
    void this.#serve(packet);
  }

  async #serve({ header, payload }: Packet): Promise<void> {
    const { procedure, serial } = header;
    this.#port.onCall({ procedure, serial });
    const fault = this.#port.takeFault(procedure);
    const afterReply: (() => void)[] = [];
    const recorded = this.#port.takeRecorded(procedure);
    const packets =
      recorded === null
        ? await this.#answer(header, payload, this.#context(header, afterReply))
        : recorded.map((packet) => withSerial(packet, serial));
    if (packets === null || fault?.kind === 'mute') return;
    if (fault?.kind === 'slow') await new Promise((resolve) => setTimeout(resolve, fault.ms).unref());
    for (const packet of packets) {
      const { bytes, then } = bend(packet, header, fault);
      for (const piece of bytes) this.#write(piece);
      if (then === 'close') this.#socket.destroySoon();
      if (then === 'reset') this.reset();
    }
    for (const task of afterReply) task();
    this.#serving -= 1;
    this.#read();
  }

  async #answer(header: PacketHeader, payload: Buffer, context: CallContext): Promise<readonly Buffer[] | null> {
    const answer =
      header.program === REMOTE_PROGRAM
        ? await this.#port.serve(header, payload, context)
        : refusal(`Cannot find program ${String(header.program)} version 1`);
    if (answer.kind === 'never') return null;
    return [encodeAnswer(header, answer, this.#port.replyBytesMax)];
  }

  #context(header: PacketHeader, afterReply: (() => void)[]): CallContext {
    const { program, procedure, serial } = header;
    const opened = this.#opened;
    const openStream = (): FakeStream => this.#openStream(program, procedure, serial);
    return {
      serial,
      readOnly: opened?.readOnly ?? false,
      openedName: opened?.name ?? null,
      get stream() {
        return openStream();
      },
      afterReply: (task) => {
        afterReply.push(task);
      },
      register: (family, eventId, object) => this.#registrations.register(family, eventId, object),
      deregister: (family, callbackId) => {
        this.#registrations.deregister(family, callbackId);
      },
      emit: (event) => {
        this.emit(event);
      },
      open: (name, readOnly) => {
        // As in libvirtd, a second open destroys the first and fails.
        this.#opened = this.#opened === null ? { name, readOnly } : null;
        if (this.#opened === null) throw daemonError('INTERNAL_ERROR', ERROR_FROM.RPC, 'connection already open');
      },
      closeAfterReply: () => {
        this.#opened = null;
        afterReply.push(() => {
          this.#socket.end();
        });
      },
      startKeepalive: () => {
        this.#keepalive.start();
      },
    };
  }

  #openStream(program: number, procedure: number, serial: number): FakeStream {
    const open = this.#streams.get(serial);
    if (open !== undefined) return open;
    const header = { program, procedure, serial, type: MessageType.STREAM };
    const stream = new FakeStream({
      program,
      procedure,
      serial,
      send: (packet) => {
        this.#write(packet);
      },
      sendError: (error: DaemonError) => {
        this.#write(
          encodePacket({ ...header, status: MessageStatus.ERROR }, (w) => {
            remoteError.write(w, error.fields);
          }),
        );
      },
    });
    this.#streams.set(serial, stream);
    return stream;
  }

  #write(bytes: Buffer): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return;
    const piece = this.#port.pieceBytes === 0 ? bytes.length : this.#port.pieceBytes;
    for (let at = 0; at < bytes.length; at += piece) this.#socket.write(bytes.subarray(at, at + piece));
  }
}

function refusal(message: string): Answer {
  return { kind: 'error', fields: daemonError('RPC', ERROR_FROM.RPC, message).fields };
}

function encodeAnswer(call: PacketHeader, answer: Exclude<Answer, { kind: 'never' }>, bytesMax: number): Buffer {
  const header = { ...call, type: MessageType.REPLY };
  const tooLarge = (): Buffer =>
    encodePacket({ ...header, status: MessageStatus.ERROR }, (writer) => {
      remoteError.write(writer, daemonError('RPC', ERROR_FROM.RPC, 'Unable to encode message payload').fields);
    });
  if (answer.kind === 'error') {
    return encodePacket({ ...header, status: MessageStatus.ERROR }, (writer) => {
      remoteError.write(writer, answer.fields);
    });
  }
  try {
    const reply = encodePacket({ ...header, status: MessageStatus.OK }, answer.write);
    return reply.length > bytesMax ? tooLarge() : reply;
  } catch (error) {
    // Over 32 MiB; anything else is a mistake in a handler and must be seen.
    if (!(error instanceof LibvirtError)) throw error;
    return tooLarge();
  }
}

function withSerial(packet: Buffer, serial: number): Buffer {
  const copy = Buffer.from(packet);
  // Events keep the serial they were captured with.
  if (copy.readUInt32BE(16) !== MessageType.MESSAGE) copy.writeUInt32BE(serial, 20);
  return copy;
}

function keepalivePacket(procedure: number): Buffer {
  const header = { program: KEEPALIVE_PROGRAM, procedure, type: MessageType.MESSAGE };
  return encodePacket({ ...header, serial: 0, status: MessageStatus.OK });
}
