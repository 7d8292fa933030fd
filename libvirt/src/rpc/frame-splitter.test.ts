// SPDX-License-Identifier: Apache-2.0

import { FrameSplitter } from './frame-splitter.ts';
import { errorOf, hex, packet, torn } from './peer.test-support.ts';

/** Takes what is whole after each chunk. */
function split(chunks: readonly Buffer[]): Buffer[] {
  const splitter = new FrameSplitter();
  const packets: Buffer[] = [];
  for (const chunk of chunks) {
    splitter.push(chunk);
    for (let next = splitter.next(); next !== null; next = splitter.next()) packets.push(next);
  }
  expect(splitter.pendingBytes).toBe(0);
  return packets;
}

const PACKETS = [
  packet({ type: 1, serial: 1 }),
  packet({ type: 1, serial: 2 }, Buffer.from('some payload')),
  packet({ type: 2, serial: 1 }),
  packet({ type: 1, serial: 3 }, Buffer.alloc(5000, 7)),
];

describe('frame splitter', () => {
  test.each(torn(PACKETS))('gives the packets that went in, %s', (_how, chunks) => {
    expect(split(chunks)).toEqual(PACKETS);
  });

  test.each([0, 4, 27, 0x0200_0005, 0xffff_ffff])('refuses the length %i with its first four bytes', (length) => {
    const word = Buffer.alloc(4);
    word.writeUInt32BE(length);
    for (const [how, chunks] of torn([word])) {
      const splitter = new FrameSplitter();
      for (const chunk of chunks) splitter.push(chunk);
      expect({ how, error: errorOf(() => splitter.next()) }).toMatchObject({
        how,
        error: { name: 'ProtocolError', code: 'LV_PROTO_LENGTH' },
      });
    }
  });

  test('allocates nothing for a length that is only announced', () => {
    const splitter = new FrameSplitter();
    const concat = jest.spyOn(Buffer, 'concat');
    const allocUnsafe = jest.spyOn(Buffer, 'allocUnsafe');
    const alloc = jest.spyOn(Buffer, 'alloc');
    splitter.push(hex('02000004 20008086'));
    expect(splitter.next()).toBeNull();
    expect(concat).not.toHaveBeenCalled();
    expect(allocUnsafe).not.toHaveBeenCalled();
    expect(alloc).not.toHaveBeenCalled();
    jest.restoreAllMocks();
  });

  test('takes the largest packet libvirt sends', () => {
    const largest = Buffer.alloc(33_554_436);
    largest.writeUInt32BE(largest.length);
    const splitter = new FrameSplitter();
    splitter.push(largest);
    expect(splitter.next()?.length).toBe(largest.length);
  });

  test('joins a 1 MiB packet of 64 KiB chunks with one copy', () => {
    const large = packet({ type: 1, serial: 9 }, Buffer.alloc(0x10_0000, 1));
    const chunks = Array.from({ length: 17 }, (_, i) => large.subarray(i * 65_536, (i + 1) * 65_536));
    const concat = jest.spyOn(Buffer, 'concat');
    const [joined] = split(chunks);
    expect(joined?.equals(large)).toBe(true);
    expect(concat).toHaveBeenCalledTimes(1);
    jest.restoreAllMocks();
  });

  test('copies nothing of a packet that lies in one chunk', () => {
    const chunk = Buffer.concat(PACKETS);
    for (const part of split([chunk])) expect(part.buffer).toBe(chunk.buffer);
  });

  test('holds few objects of a large packet that comes byte by byte, and copies each byte a bounded number of times', () => {
    const large = packet({ type: 1, serial: 9 }, Buffer.alloc(300_000, 5));
    const concat = jest.spyOn(Buffer, 'concat');
    const [joined] = split([...large].map((byte) => Buffer.from([byte])));
    expect(joined?.equals(large)).toBe(true);
    const mostHeld = Math.max(...concat.mock.calls.map(([list]) => list.length));
    const copied = concat.mock.calls.reduce((sum, [list]) => sum + list.reduce((bytes, b) => bytes + b.length, 0), 0);
    jest.restoreAllMocks();
    expect(mostHeld).toBeLessThan(large.length / 200);
    expect(copied).toBeLessThanOrEqual(2 * large.length);
  });

  test.each(torn([packet({ type: 5, serial: 1 }), Buffer.from([1, 2, 3]), packet({ type: 1, serial: 2 })]))(
    'skips stray bytes after a packet, %s',
    (_how, chunks) => {
      const splitter = new FrameSplitter();
      const serials: number[] = [];
      for (const chunk of chunks) {
        splitter.push(chunk);
        for (let next = splitter.next(); next !== null; next = splitter.next()) {
          serials.push(next.readUInt32BE(20));
          if (next.readUInt32BE(16) === 5) splitter.skip(3);
        }
      }
      expect(serials).toEqual([1, 2]);
    },
  );
});
