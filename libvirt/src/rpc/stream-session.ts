// SPDX-License-Identifier: Apache-2.0
// The wire side of one stream: what the daemon sends for it, what we answer, and until when its serial is taken.
// A stream we do not finish or abort costs the daemon a file descriptor until the connection closes.

import { ProtocolError, UsageError } from '../errors.ts';
import type { LibvirtError } from '../errors.ts';
import { XdrReader } from '../xdr/reader.ts';
import { decodeErrorReply } from './error-reply.ts';
import { encodeStreamPacket, MessageStatus, MessageType } from './packet.ts';
import type { Packet } from './packet.ts';
import { LibvirtStream } from './stream.ts';
import type { StreamWire } from './stream.ts';

/** What a session asks of its connection. */
export interface StreamPort {
  /** Sends a packet; `flushed` when the socket took it. */
  send(packet: Buffer, flushed?: () => void): void;
  /** Stops (`true`) reading the connection because of this stream, or no longer does. */
  setHeld(session: StreamSession, held: boolean): void;
  /** The daemon knows the stream no more: its serial is free. */
  forget(serial: number): void;
}

/** Bounds of a stream. */
export interface StreamLimits {
  /** Received and not read yet; above it the connection is not read. */
  readonly readBufferBytes: number;
  /** Received before the call that opened the stream is answered; above it the connection is closed. */
  readonly earlyBytes: number;
}

type SessionState =
  /** The call is on its way. Data may come before its reply and is kept for the reader. */
  | { readonly kind: 'opening'; readonly earlyBytes: number; readonly eof: boolean }
  /** Who opened it gave up before the reply: abort when it comes. */
  | { readonly kind: 'unwanted' }
  | { readonly kind: 'open' }
  /** We asked the daemon to finish and wait for its word. */
  | { readonly kind: 'finishing' }
  /** We told the daemon to abort and wait for its word. */
  | { readonly kind: 'aborting' }
  /** The daemon has let go, or the connection has. `error` is why, when that was before the reply. */
  | { readonly kind: 'gone'; readonly error: LibvirtError | null };

/** One stream of a connection, from before its call is sent until the daemon has confirmed its end. */
export class StreamSession {
  readonly stream: LibvirtStream;
  readonly #procedure: { readonly program: number; readonly number: number; readonly name: string };
  readonly #port: StreamPort;
  readonly #limits: StreamLimits;
  #serial = 0;
  #state: SessionState = { kind: 'opening', earlyBytes: 0, eof: false };
  #onFinished: (() => void) | null = null;

  constructor(
    procedure: { readonly program: number; readonly number: number; readonly name: string },
    port: StreamPort,
    limits: StreamLimits,
  ) {
    this.#procedure = procedure;
    this.#port = port;
    this.#limits = limits;
    const wire: StreamWire = {
      resume: () => {
        this.#port.setHeld(this, false);
      },
      send: (data, done) => {
        this.#sendData(data, done);
      },
      finish: (done) => {
        this.#onFinished = done;
        if (this.#state.kind === 'open') this.#sendFinish();
        if (this.#state.kind === 'gone') this.#confirmFinish();
      },
      drop: () => {
        this.#onFinished = null;
        this.#port.setHeld(this, false);
        if (this.#state.kind === 'open') this.#sendAbort();
      },
    };
    this.stream = new LibvirtStream(wire, limits.readBufferBytes);
  }

  /** The call goes out under this serial; packets may come from now on. */
  bind(serial: number): void {
    this.#serial = serial;
  }

  /**
   * Handles a stream packet of this serial.
   * @throws ProtocolError LV_PROTO_QUEUE when too much comes before the reply, LV_PROTO_PAYLOAD for a broken error
   */
  receive({ header, payload }: Packet): void {
    if (header.program !== this.#procedure.program || header.procedure !== this.#procedure.number) return;
    if (header.status === MessageStatus.ERROR) {
      this.#fail(decodeErrorReply(this.#procedure.name, new XdrReader(payload)));
    } else if (header.type === MessageType.STREAM_HOLE) {
      this.#refuseHole();
    } else if (header.status === MessageStatus.OK) {
      this.#confirm();
    } else if (payload.length === 0) {
      this.#receiveEof();
    } else {
      this.#receiveData(payload);
    }
  }

  /** The call was answered well. Returns why the stream is no good all the same, if so. */
  open(): LibvirtError | null {
    if (this.#state.kind === 'gone') return this.#state.error;
    if (this.#state.kind !== 'opening') return null;
    const { eof } = this.#state;
    this.#state = { kind: 'open' };
    if (eof) this.#sendFinish();
    else if (this.stream.readableLength >= this.stream.readableHighWaterMark) this.#port.setHeld(this, true);
    return null;
  }

  /** The call was answered well, but nobody wants the stream. */
  discard(): void {
    if (this.#state.kind === 'opening' || this.#state.kind === 'unwanted') this.#sendAbort();
    this.stream.destroy();
  }

  /** Who opened it gave up while the call was on its way. */
  markUnwanted(): void {
    if (this.#state.kind === 'opening') this.#state = { kind: 'unwanted' };
    this.stream.destroy();
  }

  /** The call was answered with an error: there is no stream. */
  refuse(): void {
    this.#release(null);
  }

  /** The connection is gone. */
  close(reason: LibvirtError): void {
    this.#fail(reason);
  }

  #receiveData(payload: Buffer): void {
    const state = this.#state;
    if (state.kind === 'opening') {
      const earlyBytes = state.earlyBytes + payload.length;
      if (earlyBytes > this.#limits.earlyBytes) {
        throw new ProtocolError(
          'LV_PROTO_QUEUE',
          `${this.#procedure.name} refused: ${String(earlyBytes)} bytes of its stream came before its reply, ` +
            `${String(this.#limits.earlyBytes)} allowed`,
        );
      }
      this.#state = { ...state, earlyBytes };
      this.stream.push(payload);
    } else if ((state.kind === 'open' || state.kind === 'finishing') && !this.stream.destroyed) {
      if (!this.stream.push(payload)) this.#port.setHeld(this, true);
    }
  }

  #receiveEof(): void {
    if (this.#state.kind === 'opening') this.#state = { ...this.#state, eof: true };
    // Everything is here, so the daemon can let go at once; the reader need not have read it.
    else if (this.#state.kind === 'open') this.#sendFinish();
  }

  #confirm(): void {
    const wasRead = this.#state.kind !== 'aborting' && this.#state.kind !== 'unwanted';
    this.#release(null);
    if (!wasRead) return;
    this.stream.push(null);
    this.#confirmFinish();
  }

  #fail(error: LibvirtError): void {
    const wasOpening = this.#state.kind === 'opening';
    this.#release(wasOpening ? error : null);
    // Nobody holds the stream yet, so nobody could catch its error: the call fails with it instead.
    if (wasOpening) this.stream.destroy();
    else this.stream.destroy(error);
  }

  #refuseHole(): void {
    const error = new UsageError(
      'LV_ARG_VALUE',
      `${this.#procedure.name} ended: sparse streams are not supported; leave the SPARSE_STREAM flag out`,
    );
    if (this.#state.kind === 'open' || this.#state.kind === 'finishing') this.stream.destroy(error);
    else if (this.#state.kind === 'opening') throw new ProtocolError('LV_PROTO_TYPE', error.message);
  }

  #sendData(data: Uint8Array, done: () => void): void {
    if (this.#state.kind === 'open') {
      this.#port.send(this.#encode(MessageStatus.CONTINUE, data), done);
    } else {
      // The daemon has ended it while this was written, as a console does when its domain stops: nowhere to go.
      process.nextTick(done);
    }
  }

  #sendFinish(): void {
    this.#state = { kind: 'finishing' };
    this.#port.send(this.#encode(MessageStatus.OK));
  }

  #sendAbort(): void {
    this.#state = { kind: 'aborting' };
    this.#port.send(this.#encode(MessageStatus.ERROR));
  }

  #encode(status: MessageStatus, data?: Uint8Array): Buffer {
    const { program, number } = this.#procedure;
    return encodeStreamPacket({ program, procedure: number, serial: this.#serial }, status, data);
  }

  #confirmFinish(): void {
    this.#onFinished?.();
    this.#onFinished = null;
  }

  #release(error: LibvirtError | null): void {
    if (this.#state.kind === 'gone') return;
    this.#state = { kind: 'gone', error };
    this.#port.setHeld(this, false);
    this.#port.forget(this.#serial);
  }
}
