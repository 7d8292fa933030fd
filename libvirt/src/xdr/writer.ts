// SPDX-License-Identifier: Apache-2.0
// Writes XDR (RFC 4506) primitives into a buffer that grows.

import { XdrError } from './xdr-error.ts';

/** Collects the bytes of one message. */
export class XdrWriter {
  #bytes: Buffer;
  #length = 0;

  constructor(initialCapacityBytes = 256) {
    this.#bytes = Buffer.allocUnsafe(initialCapacityBytes);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** What was written; it shares the writer's memory, so write nothing afterwards. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** XDR int: 4 bytes, signed. */
  writeInt(value: number): void {
    if (!Number.isInteger(value) || value < -0x8000_0000 || value > 0x7fff_ffff) {
      throw new XdrError(`${String(value)} is no 32-bit signed integer`);
    }
    const at = this.#reserve(4);
    this.#bytes.writeInt32BE(value, at);
  }

  /** XDR unsigned int: 4 bytes. */
  writeUint(value: number): void {
    if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
      throw new XdrError(`${String(value)} is no 32-bit unsigned integer`);
    }
    const at = this.#reserve(4);
    this.#bytes.writeUInt32BE(value, at);
  }

  /** XDR hyper: 8 bytes, signed. */
  writeHyper(value: bigint): void {
    if (BigInt.asIntN(64, value) !== value) throw new XdrError(`${String(value)} is no 64-bit signed integer`);
    const at = this.#reserve(8);
    this.#bytes.writeBigInt64BE(value, at);
  }

  /** XDR unsigned hyper: 8 bytes. */
  writeUhyper(value: bigint): void {
    if (BigInt.asUintN(64, value) !== value) throw new XdrError(`${String(value)} is no 64-bit unsigned integer`);
    const at = this.#reserve(8);
    this.#bytes.writeBigUInt64BE(value, at);
  }

  /** XDR double: 8 bytes, IEEE 754. */
  writeDouble(value: number): void {
    const at = this.#reserve(8);
    this.#bytes.writeDoubleBE(value, at);
  }

  /** XDR opaque[n]: the bytes and their padding, no count. */
  writeOpaque(bytes: Uint8Array): void {
    const at = this.#reserve((bytes.length + 3) & ~3);
    this.#bytes.set(bytes, at);
    this.#bytes.fill(0, at + bytes.length, this.#length);
  }

  /** XDR opaque<maxLength>: the count, the bytes, padding. */
  writeVariableOpaque(bytes: Uint8Array, maxLength: number): void {
    if (bytes.length > maxLength) {
      throw new XdrError(`${String(bytes.length)} bytes, ${String(maxLength)} allowed`);
    }
    this.writeUint(bytes.length);
    this.writeOpaque(bytes);
  }

  /** XDR string<maxLength>, as UTF-8; `maxLength` counts bytes. */
  writeString(value: string, maxLength: number): void {
    this.writeVariableOpaque(Buffer.from(value, 'utf8'), maxLength);
  }

  /** The count of an XDR array<maxCount>; the elements follow. */
  writeCount(count: number, maxCount: number): void {
    if (count > maxCount) throw new XdrError(`array of ${String(count)} elements, ${String(maxCount)} allowed`);
    this.writeUint(count);
  }

  /** Replaces `#bytes` when it is full, so call it before naming `#bytes`, never within an argument of its method. */
  #reserve(length: number): number {
    const at = this.#length;
    const needed = at + length;
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
      this.#bytes.copy(grown, 0, 0, at);
      this.#bytes = grown;
    }
    this.#length = needed;
    return at;
  }
}
