// SPDX-License-Identifier: Apache-2.0
// Cuts a byte stream into packets. Chunks go in as they arrive, whole packets come out; nothing is copied when a packet
// lies in one chunk, and once when it does not.

import { ProtocolError } from '../errors.ts';
import { HEADER_BYTES, PACKET_MAX_BYTES } from './packet.ts';

// A peer that dribbles single bytes would otherwise cost a Buffer object for each of 32 Mi bytes.
const SMALL_CHUNK_BYTES = 1024;
const SMALL_CHUNKS_MAX = 256;

/** Push a chunk, then take packets with {@link next} until it has none. */
export class FrameSplitter {
  #chunks: Buffer[] = [];
  #bytes = 0;
  #smallChunks = 0;
  #skip = 0;

  /** Bytes held that belong to no finished packet. */
  get pendingBytes(): number {
    return this.#bytes;
  }

  /** Adds what was received. The chunk is kept, not copied: do not write to it afterwards. */
  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    this.#smallChunks = chunk.length < SMALL_CHUNK_BYTES ? this.#smallChunks + 1 : 0;
    if (this.#smallChunks === SMALL_CHUNKS_MAX) {
      this.#chunks.push(Buffer.concat(this.#chunks.splice(-SMALL_CHUNKS_MAX)));
      this.#smallChunks = 0;
    }
  }

  /** Drops the next `bytes` bytes before the next packet: what stands for passed file descriptors. */
  skip(bytes: number): void {
    this.#skip += bytes;
  }

  /**
   * The next whole packet, its length word included; `null` until more arrives.
   * @throws ProtocolError LV_PROTO_LENGTH as soon as a length word is known to be wrong, before anything is allocated
   * for it. There is no way back into step: push no more.
   */
  next(): Buffer | null {
    if (!this.#dropSkipped() || this.#bytes < 4) return null;
    const length = this.#peekLength();
    if (length < HEADER_BYTES || length > PACKET_MAX_BYTES) {
      throw new ProtocolError(
        'LV_PROTO_LENGTH',
        `message refused: its length says ${String(length)} bytes, ` +
          `allowed are ${String(HEADER_BYTES)} to ${String(PACKET_MAX_BYTES)}`,
      );
    }
    return this.#bytes < length ? null : this.#take(length);
  }

  #dropSkipped(): boolean {
    while (this.#skip > 0 && this.#bytes > 0) {
      this.#skip -= this.#take(Math.min(this.#skip, this.#chunks[0]?.length ?? 0)).length;
    }
    return this.#skip === 0;
  }

  #peekLength(): number {
    let length = 0;
    let seen = 0;
    for (const chunk of this.#chunks) {
      for (let i = 0; i < chunk.length && seen < 4; i++, seen++) length = length * 256 + (chunk[i] ?? 0);
      if (seen === 4) break;
    }
    return length;
  }

  /** Takes `length` bytes off the front; so many must be there. */
  #take(length: number): Buffer {
    let first = this.#chunks[0] ?? Buffer.alloc(0);
    if (first.length < length) {
      first = Buffer.concat(this.#chunks, this.#bytes);
      this.#chunks = [first];
    }
    this.#bytes -= length;
    if (first.length > length) this.#chunks[0] = first.subarray(length);
    else this.#chunks.shift();
    if (this.#chunks.length === 0) this.#smallChunks = 0;
    return first.subarray(0, length);
  }
}
