// SPDX-License-Identifier: Apache-2.0
// The daemon's side of one stream: what a handler that opens a stream reads from and writes to.

import { MessageStatus, STREAM_CHUNK_MAX_BYTES, encodeStreamPacket } from '../rpc/packet.ts';
import type { Packet } from '../rpc/packet.ts';
import type { DaemonError } from './daemon-error.ts';

/** How a stream ended: the client finished or aborted it, the daemon failed it, or the connection went away. */
export type StreamEnd = 'finished' | 'aborted' | 'failed' | 'lost';

/** What a stream needs of its connection. */
export interface StreamWire {
  readonly program: number;
  readonly procedure: number;
  readonly serial: number;
  send(packet: Buffer): void;
  sendError(error: DaemonError): void;
}

/** One stream, from the daemon's side. */
export class FakeStream {
  /** Resolves once the stream is gone. Until then libvirtd would keep its file descriptor open. */
  readonly ended: Promise<StreamEnd>;
  /** Called with each piece the client sends. */
  onData: (data: Buffer) => void = () => undefined;
  readonly #wire: StreamWire;
  #resolveEnded: (end: StreamEnd) => void = () => undefined;
  #open = true;

  constructor(wire: StreamWire) {
    this.#wire = wire;
    this.ended = new Promise((resolve) => (this.#resolveEnded = resolve));
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Sends data in packets of at most libvirt's chunk; before the handler returns, it comes before the reply. */
  send(data: Uint8Array): void {
    for (let at = 0; at < data.length; at += STREAM_CHUNK_MAX_BYTES) {
      this.#packet(MessageStatus.CONTINUE, data.subarray(at, at + STREAM_CHUNK_MAX_BYTES));
    }
  }

  /** The end of what the daemon sends: an empty packet. The client still has to finish the stream. */
  end(): void {
    this.#packet(MessageStatus.CONTINUE);
  }

  /** Fails the stream. */
  fail(error: DaemonError): void {
    if (!this.#open) return;
    this.#wire.sendError(error);
    this.close('failed');
  }

  /** A packet of the client. */
  receive({ header, payload }: Packet): void {
    if (!this.#open) return;
    switch (header.status) {
      case MessageStatus.CONTINUE:
        if (payload.length > 0) this.onData(payload);
        return;
      case MessageStatus.OK:
      case MessageStatus.ERROR:
        this.#packet(MessageStatus.OK);
        this.close(header.status === MessageStatus.OK ? 'finished' : 'aborted');
        return;
    }
  }

  /** The stream is gone without another packet. */
  close(end: StreamEnd): void {
    if (!this.#open) return;
    this.#open = false;
    this.#resolveEnded(end);
  }

  #packet(status: MessageStatus, data?: Uint8Array): void {
    if (this.#open) this.#wire.send(encodeStreamPacket(this.#wire, status, data));
  }
}
