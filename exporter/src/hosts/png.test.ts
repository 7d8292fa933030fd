// SPDX-License-Identifier: Apache-2.0

import { crc32, inflateSync } from 'node:zlib';
import { PNG_SIGNATURE, ppmToPng } from './png.ts';

/** The chunks of a PNG, their checks checked. */
function chunksOf(png: Buffer): [string, Buffer][] {
  expect(png.subarray(0, 8)).toEqual(PNG_SIGNATURE);
  const chunks: [string, Buffer][] = [];
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    const body = png.subarray(at + 4, at + 8 + length);
    expect(png.readUInt32BE(at + 8 + length)).toBe(crc32(body));
    chunks.push([body.toString('latin1', 0, 4), body.subarray(4)]);
    at += 12 + length;
  }
  return chunks;
}

const PIXELS = Buffer.from('ff0000 00ff00 0000ff 010203 0a0d20 ffffff'.replaceAll(' ', ''), 'hex');

it.each([
  ['as QEMU writes it', 'P6\n3 2\n255\n'],
  ['with comments and other white space', 'P6 # by hand\n#\n 3\t2 \r\n255 '],
])('a PPM %s becomes a PNG of the same pixels', async (_, head) => {
  const chunks = chunksOf(await ppmToPng(Buffer.concat([Buffer.from(head), PIXELS])));
  expect(chunks.map(([type]) => type)).toEqual(['IHDR', 'IDAT', 'IEND']);
  expect(chunks[0]?.[1].toString('hex')).toBe('0000000300000002' + '0802000000');
  const rows = inflateSync(chunks[1]?.[1] ?? Buffer.alloc(0));
  expect(rows.toString('hex')).toBe('00' + 'ff000000ff000000ff' + '00' + '0102030a0d20ffffff');
});

it.each([
  ['nothing', ''],
  ['another kind', 'P5\n3 2\n255\n'],
  ['16 bits a colour', 'P6\n3 2\n65535\n'],
  ['no size', 'P6\n0 2\n255\n'],
  ['a size beyond all screens', 'P6\n99999 99999\n255\n'],
])('a picture of %s is refused', async (_, head) => {
  await expect(ppmToPng(Buffer.concat([Buffer.from(head), PIXELS]))).rejects.toThrow(RangeError);
});

it('a picture that is cut off is refused', async () => {
  const ppm = Buffer.concat([Buffer.from('P6\n3 2\n255\n'), PIXELS.subarray(1)]);
  await expect(ppmToPng(ppm)).rejects.toThrow('cut off');
});
