// SPDX-License-Identifier: Apache-2.0
// gzip in two parts, so that the large one (all hosts) can be compressed once and kept, and the small one (Vireo's own
// metrics, new every second) joined to it. The result is one ordinary gzip member: browsers stop after the first.

import { promisify } from 'node:util';
import { constants, crc32, createDeflateRaw, deflateRaw } from 'node:zlib';

const deflate = promisify<Buffer, { level: number; finishFlush: number }, Buffer>(deflateRaw);

/** Level 1: at 27 MB of metrics text four times as fast as level 6, and 7 % larger. */
const LEVEL = 1;

/** Magic, deflate, no flags, no time, fastest, unknown system (RFC 1952, 2.3.1). */
const HEADER = Buffer.from([0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 4, 255]);

/** A compressed beginning of a body, to be joined to a {@link GzipEnd}. */
export interface GzipBeginning {
  readonly deflated: Buffer;
  readonly crc: number;
  /** Bytes before compression. */
  readonly size: number;
}

/** Text that is compressed in one go, and bytes of output that come in one piece. */
const PIECE_BYTES = 2 * 1024 * 1024;
const OUTPUT_BYTES = 256 * 1024;

/** Where a body comes from, piece by piece. */
export interface BodySource {
  /** At least as many bytes as there are. */
  readonly bound: number;
  /** Goes on filling `target`, at least as large as `bound` or a piece; returns how many bytes it took, 0 at the end. */
  fill(target: Buffer): number;
}

/** Compresses the beginning of a body, in the thread pool. A body of any size takes the same memory. */
export async function beginGzip(source: BodySource): Promise<GzipBeginning> {
  // A full flush ends on a byte and forgets the window, so another deflate stream may follow.
  const stream = createDeflateRaw({ level: LEVEL, chunkSize: OUTPUT_BYTES, finishFlush: constants.Z_FULL_FLUSH });
  const deflated = stream.toArray();
  // Whoever waits for the end is told of a failure; this keeps it from being called unhandled until then.
  deflated.catch(() => undefined);
  const piece = Buffer.allocUnsafeSlow(Math.min(PIECE_BYTES, Math.max(1, source.bound)));
  let crc = 0;
  let size = 0;
  for (let length = source.fill(piece); length > 0; length = source.fill(piece)) {
    const text = piece.subarray(0, length);
    crc = crc32(text, crc);
    size += length;
    await new Promise((resolve) => stream.write(text, resolve));
  }
  stream.end();
  return { deflated: Buffer.concat(await deflated), crc, size };
}

/** A compressed end of a body, for any beginning. */
export interface GzipEnd {
  readonly deflated: Buffer;
  /** Before compression: the check sum runs on from the beginning's. */
  readonly body: Buffer;
}

/** Compresses the end of a body, in the thread pool. */
export async function endGzip(body: Buffer): Promise<GzipEnd> {
  return { deflated: await deflate(body, { level: LEVEL, finishFlush: constants.Z_FINISH }), body };
}

/** Joins both; the result is a whole gzip file. */
export function joinGzip(beginning: GzipBeginning, { deflated, body }: GzipEnd): Buffer {
  const trailer = Buffer.alloc(8);
  // zlib takes an empty buffer for "start anew" and gives 0 instead of the CRC so far.
  trailer.writeUInt32LE(body.length === 0 ? beginning.crc : crc32(body, beginning.crc), 0);
  trailer.writeUInt32LE((beginning.size + body.length) % 2 ** 32, 4);
  return Buffer.concat([HEADER, beginning.deflated, deflated, trailer]);
}

/** Whether an Accept-Encoding header allows gzip (RFC 9110, 12.5.3). */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  let any = false;
  for (const item of (acceptEncoding ?? '').split(',')) {
    const [coding, ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
    if (coding === 'gzip' || coding === 'x-gzip') return Number(quality) > 0;
    if (coding === '*') any = Number(quality) > 0;
  }
  return any;
}
