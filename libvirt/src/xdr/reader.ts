// SPDX-License-Identifier: Apache-2.0
// Reads XDR (RFC 4506) primitives from one message. Every read is bounded by the message's end, and no length found in
// the bytes is believed before it is compared with what remains.

import { XdrError } from './xdr-error.ts';

/** A cursor over the bytes of one message. Reads advance it; a read past the end throws {@link XdrError}. */
export class XdrReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #offset: number;

  constructor(bytes: Buffer, offset = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#offset = offset;
    this.#end = end;
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.#end - this.#offset;
  }

  /** XDR int: 4 bytes, signed. */
  readInt(): number {
    return this.#bytes.readInt32BE(this.#take(4));
  }

  /** XDR unsigned int: 4 bytes. */
  readUint(): number {
    return this.#bytes.readUInt32BE(this.#take(4));
  }

  /** XDR hyper: 8 bytes, signed. */
  readHyper(): bigint {
    return this.#bytes.readBigInt64BE(this.#take(8));
  }

  /** XDR unsigned hyper: 8 bytes. */
  readUhyper(): bigint {
    return this.#bytes.readBigUInt64BE(this.#take(8));
  }

  /** An XDR hyper as a double, as bulk statistics want it: exact up to 2^53, nearest above. */
  readHyperAsDouble(): number {
    const at = this.#take(8);
    return this.#bytes.readInt32BE(at) * 0x1_0000_0000 + this.#bytes.readUInt32BE(at + 4);
  }

  /** An XDR unsigned hyper as a double: exact up to 2^53, nearest above. */
  readUhyperAsDouble(): number {
    const at = this.#take(8);
    return this.#bytes.readUInt32BE(at) * 0x1_0000_0000 + this.#bytes.readUInt32BE(at + 4);
  }

  /** XDR double: 8 bytes, IEEE 754. */
  readDouble(): number {
    return this.#bytes.readDoubleBE(this.#take(8));
  }

  /** XDR opaque[length]: exactly `length` bytes and their padding. The result shares the message's memory. */
  readOpaque(length: number): Buffer {
    const at = this.#take(padded(length));
    return this.#bytes.subarray(at, at + length);
  }

  /** XDR opaque<maxLength>: a count, that many bytes, padding. The result shares the message's memory. */
  readVariableOpaque(maxLength: number): Buffer {
    return this.readOpaque(this.#readLength(maxLength));
  }

  /** XDR string<maxLength>: UTF-8; broken UTF-8 becomes U+FFFD rather than an error, as names are user text. */
  readString(maxLength: number): string {
    const length = this.#readLength(maxLength);
    const at = this.#take(padded(length));
    return this.#bytes.toString('utf8', at, at + length);
  }

  /** Skips the next bytes if they are exactly these; cheaper than reading a string to compare it. */
  skipIf(bytes: Buffer): boolean {
    const { length } = bytes;
    if (length > this.#end - this.#offset) return false;
    const own = this.#bytes;
    // Names of one kind begin alike and end differently.
    for (let i = length - 1, at = this.#offset + i; i >= 0; i--, at--) if (own[at] !== bytes[i]) return false;
    this.#offset += length;
    return true;
  }

  /**
   * The count of an XDR array<maxCount>.
   * @param minElementBytes the fewest bytes one element takes; a count that cannot fit in what remains is refused
   * before anybody allocates for it.
   */
  readCount(maxCount: number, minElementBytes: number): number {
    const count = this.readUint();
    if (count > maxCount) throw new XdrError(`array of ${String(count)} elements, ${String(maxCount)} allowed`);
    if (count * minElementBytes > this.remaining) {
      throw new XdrError(`array of ${String(count)} elements in ${String(this.remaining)} bytes`);
    }
    return count;
  }

  #readLength(maxLength: number): number {
    const length = this.readUint();
    if (length > maxLength) throw new XdrError(`${String(length)} bytes, ${String(maxLength)} allowed`);
    return length;
  }

  #take(length: number): number {
    const at = this.#offset;
    if (length > this.#end - at) {
      throw new XdrError(`${String(length)} bytes needed, ${String(this.#end - at)} left`);
    }
    this.#offset = at + length;
    return at;
  }
}

/** XDR pads everything to a multiple of four bytes. */
function padded(length: number): number {
  return (length + 3) & ~3;
}
