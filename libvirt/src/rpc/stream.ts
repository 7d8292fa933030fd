// SPDX-License-Identifier: Apache-2.0
// What the user of a stream holds: a Node Duplex. What goes over the wire is stream-session.ts's business.

import { Duplex } from 'node:stream';

import { STREAM_CHUNK_MAX_BYTES } from './packet.ts';

/** What a {@link LibvirtStream} asks of the connection. */
export interface StreamWire {
  /** The reader has room again. */
  resume(): void;
  /** Sends at most {@link STREAM_CHUNK_MAX_BYTES}; `done` when the socket took them. */
  send(data: Uint8Array, done: () => void): void;
  /** Asks the daemon to finish; `done` when it has confirmed. */
  finish(done: () => void): void;
  /** Nobody reads or writes any more. */
  drop(): void;
}

/**
 * The bytes of one libvirt stream, both ways. libvirt knows no half-closed stream, so ending either side ends it:
 *
 * - It is readable until the daemon has sent everything *and* confirmed the end: `'end'` means the daemon has let go.
 *   What it failed with instead comes as `'error'`, a `RemoteError`.
 * - `end()` finishes an upload or a console; `'finish'` means the daemon has confirmed.
 * - `destroy()` before the end aborts it.
 *
 * A reader that stops reading stops everything else on its connection too (libvirt has no flow control of its own), so
 * consoles and downloads want a connection to themselves. A stream takes no call slot once it is open.
 */
export class LibvirtStream extends Duplex {
  readonly #wire: StreamWire;

  constructor(wire: StreamWire, readBufferBytes: number) {
    super({
      allowHalfOpen: false,
      readableHighWaterMark: readBufferBytes,
      writableHighWaterMark: STREAM_CHUNK_MAX_BYTES,
    });
    this.#wire = wire;
  }

  override _read(): void {
    this.#wire.resume();
  }

  override _write(data: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    const sendFrom = (offset: number): void => {
      if (offset >= data.length) {
        callback();
        return;
      }
      const end = offset + STREAM_CHUNK_MAX_BYTES;
      this.#wire.send(data.subarray(offset, end), () => {
        sendFrom(end);
      });
    };
    // An empty packet would mean the end of the data, so empty writes send nothing.
    sendFrom(0);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#wire.finish(callback);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#wire.drop();
    if (error === null) {
      callback(null);
      return;
    }
    // The daemon may refuse right after it accepted, in one chunk. Whoever awaits the stream has only now got it and
    // must be able to listen before the error comes, or it would end the process.
    setImmediate(callback, error);
  }
}
