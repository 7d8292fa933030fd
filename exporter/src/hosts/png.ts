// SPDX-License-Identifier: Apache-2.0
// QEMU before 7.1 gives screens as PPM, which no browser shows: the least of PNG that holds one.
// @see https://www.w3.org/TR/png-3/ and https://netpbm.sourceforge.net/doc/ppm.html

import { promisify } from 'node:util';
import { crc32, deflate } from 'node:zlib';

export const PNG_SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');

/** Widest and highest picture taken. */
const SIDE_MAX = 16_384;
const RGB_BYTES = 3;
const FILTER_NONE = 0;

/** Speed over size: it is looked at once. */
const compress = promisify<Buffer, { level: number }, Buffer>(deflate);

/** A binary PPM (P6, 8 bits a colour) as PNG. Throws RangeError for any other bytes. */
export async function ppmToPng(ppm: Buffer): Promise<Buffer> {
  const { width, height, pixels } = readPpm(ppm);
  const rowBytes = width * RGB_BYTES;
  const rows = Buffer.allocUnsafe((rowBytes + 1) * height);
  for (let y = 0; y < height; y++) {
    rows[y * (rowBytes + 1)] = FILTER_NONE;
    pixels.copy(rows, y * (rowBytes + 1) + 1, y * rowBytes, (y + 1) * rowBytes);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // 8 bits a sample, colour type 2: RGB.
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    PNG_SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', await compress(rows, { level: 1 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function readPpm(ppm: Buffer): { width: number; height: number; pixels: Buffer } {
  // Signature, width, height and maximum, parted by white space and comments; one white space, then the pixels.
  const head = ppm.toString('latin1', 0, 512);
  const match = /^P6(?:\s|#[^\n]*\n)+(\d{1,5})(?:\s|#[^\n]*\n)+(\d{1,5})(?:\s|#[^\n]*\n)+255\s/.exec(head);
  const [token = '', width, height] = [match?.[0], Number(match?.[1]), Number(match?.[2])];
  const isSize = width > 0 && height > 0 && width <= SIDE_MAX && height <= SIDE_MAX;
  if (match === null || !isSize) throw new RangeError('not a PPM picture of 8 bits a colour');
  const pixels = ppm.subarray(token.length);
  if (pixels.length < width * height * RGB_BYTES) throw new RangeError('a PPM picture that is cut off');
  return { width, height, pixels };
}

function chunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
