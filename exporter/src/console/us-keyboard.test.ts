// SPDX-License-Identifier: Apache-2.0
import { keysOf } from './us-keyboard.ts';

describe('keysOf', () => {
  // KEY_* of Linux's input-event-codes.h.
  it.each([
    ['aZ', [[30], [42, 44]]],
    ['1!', [[2], [42, 2]]],
    ['0)', [[11], [42, 11]]],
    ['-_=+', [[12], [42, 12], [13], [42, 13]]],
    ['[{]}', [[26], [42, 26], [27], [42, 27]]],
    [';:', [[39], [42, 39]]],
    ['\'"`~', [[40], [42, 40], [41], [42, 41]]],
    ['\\|/?.>,<', [[43], [42, 43], [53], [42, 53], [52], [42, 52], [51], [42, 51]]],
    ['p q\tm', [[25], [57], [16], [15], [50]]],
    ['a\r\nb\rc\n', [[30], [28], [48], [28], [46], [28]]],
  ])('%j', (text, keys) => {
    expect(keysOf(text)).toEqual(keys);
  });

  it('has a key for every character of ASCII that can be seen', () => {
    const all = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('');
    const keys = keysOf(all);
    expect(typeof keys === 'number' ? [] : new Set(keys.map(String)).size).toBe(95);
  });

  it('says where a character is that has none', () => {
    expect(keysOf('ab\u00e4')).toBe(3);
    expect(keysOf('\u0007')).toBe(1);
  });
});
