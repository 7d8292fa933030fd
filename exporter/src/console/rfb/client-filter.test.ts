// SPDX-License-Identifier: Apache-2.0
import type { ConsoleMode } from '../../contract/console.ts';
import { ConsoleEnd } from '../console-end.ts';
import { ClientFilter } from './client-filter.ts';

function bytes(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

/** What passes, whole, byte by byte and in threes, which must be the same. */
function passed(mode: ConsoleMode, hex: string): string {
  const input = bytes(hex);
  const results = [Math.max(1, input.length), 1, 3].map((size) => {
    const filter = new ClientFilter(mode);
    const parts: Buffer[] = [];
    for (let at = 0; at < input.length; at += size) parts.push(...filter.push(input.subarray(at, at + size)));
    return Buffer.concat(parts).toString('hex');
  });
  expect(new Set(results).size).toBe(1);
  return results[0] ?? '';
}

const PIXEL_FORMAT = `00 000000 20180001 00ff00ff00ff 100800 000000`;
const ENCODINGS = `02 00 0002 00000007 ffffff21`;
const UPDATE = `03 01 0000 0000 0280 0190`;
const KEY = `04 01 0000 00000061`;
const POINTER = `05 01 0010 0020`;
const CUT = `06 000000 00000003 616263`;
const EXTENDED_CUT = `06 000000 fffffff8 1000000100000000`;
const CONTINUOUS = `96 01 0000 0000 0280 0190`;
const FENCE = `f8 000000 00000001 02 abcd`;
const XVP = `fa 00 01 02`;
const RESIZE = `fb 00 0280 0190 01 00 00000001 0000 0000 0280 0190 00000000`;
const QEMU_KEY = `ff 00 0001 00000061 0000001e`;

const LOOKS = { PIXEL_FORMAT, ENCODINGS, UPDATE, CONTINUOUS, FENCE };
const ACTS = { KEY, POINTER, CUT, EXTENDED_CUT, RESIZE, QEMU_KEY };

describe('ClientFilter', () => {
  it.each(Object.entries(LOOKS))('passes %s in both modes', (_name, message) => {
    for (const mode of ['view', 'control'] as const) expect(passed(mode, message)).toBe(message.replaceAll(' ', ''));
  });

  it.each(Object.entries(ACTS))(
    'passes %s with control, and drops it for a viewer, whatever stands around it',
    (_name, message) => {
      const around = `${UPDATE} ${message} ${message} ${FENCE}`;
      expect(passed('control', around)).toBe(around.replaceAll(' ', ''));
      expect(passed('view', around)).toBe(`${UPDATE}${FENCE}`.replaceAll(' ', ''));
    },
  );

  it('passes power buttons to nobody', () => {
    for (const mode of ['view', 'control'] as const) {
      expect(passed(mode, `${XVP} ${UPDATE} ${XVP}`)).toBe(UPDATE.replaceAll(' ', ''));
    }
  });

  it('does not announce what would change the form of messages, nor to a viewer’s server the clipboard', () => {
    // Raw, -316 extended mouse buttons, -309 XVP, -259 audio, the extended clipboard, -223 desktop size.
    const announced = `02 00 0006 00000000 fffffec4 fffffecb fffffefd c0a1e5ce ffffff21`;
    expect(passed('control', announced)).toBe('020000030000000' + '0c0a1e5ceffffff21');
    expect(passed('view', announced)).toBe('0200000200000000ffffff21');
  });

  it('passes a clipboard of a mebibyte piece by piece without holding it, and no longer one', () => {
    const filter = new ClientFilter('control');
    expect(filter.push(bytes('06 000000 00100000'))).toEqual([bytes('06 000000 00100000')]);
    let passedBytes = 0;
    for (let sent = 0; sent < 1024 * 1024; sent += 64 * 1024) {
      for (const part of filter.push(Buffer.alloc(64 * 1024))) passedBytes += part.length;
    }
    expect(passedBytes).toBe(1024 * 1024);
    expect(filter.push(bytes(KEY))).toEqual([bytes(KEY)]);
    expect(() => filter.push(bytes('06 000000 00100001'))).toThrow(ConsoleEnd);
    expect(() => new ClientFilter('view').push(bytes('06 000000 80000000'))).toThrow(ConsoleEnd);
  });

  it.each([
    ['an unknown message', '07'],
    ['more encodings than there are', '02 00 0101'],
    ['a long fence', 'f8 000000 00000000 41'],
    ['QEMU audio', 'ff 01 0000'],
  ])('ends the session over %s', (_what, message) => {
    for (const mode of ['view', 'control'] as const) {
      expect(() => passed(mode, message)).toThrow(ConsoleEnd);
    }
  });
});
