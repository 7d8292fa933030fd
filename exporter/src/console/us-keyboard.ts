// SPDX-License-Identifier: Apache-2.0
// Text as the keys of a US keyboard, in Linux's key codes, which DOMAIN_SEND_KEY takes (VIR_KEYCODE_SET_LINUX).
// @see Linux include/uapi/linux/input-event-codes.h

const SHIFT = 42;

/** Rows of keys from their first code on: what each is without shift, and with it. */
const ROWS: readonly (readonly [first: number, plain: string, shifted: string])[] = [
  [2, '1234567890-=', '!@#$%^&*()_+'],
  [16, 'qwertyuiop[]', 'QWERTYUIOP{}'],
  [30, "asdfghjkl;'`", 'ASDFGHJKL:"~'],
  [43, '\\zxcvbnm,./', '|ZXCVBNM<>?'],
];

const KEYS: ReadonlyMap<string, readonly number[]> = new Map([
  [' ', [57]],
  ['\t', [15]],
  ['\n', [28]],
  ...ROWS.flatMap(([first, plain, shifted]) => [
    ...Array.from(plain, (character, index): [string, readonly number[]] => [character, [first + index]]),
    ...Array.from(shifted, (character, index): [string, readonly number[]] => [character, [SHIFT, first + index]]),
  ]),
]);

/** The keys of each character, pressed together; or the place, from 1, of one that no US keyboard has. */
export function keysOf(text: string): readonly (readonly number[])[] | number {
  const keys: (readonly number[])[] = [];
  for (const character of text.replaceAll(/\r\n?/g, '\n')) {
    const together = KEYS.get(character);
    if (together === undefined) return keys.length + 1;
    keys.push(together);
  }
  return keys;
}
