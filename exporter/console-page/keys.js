// SPDX-License-Identifier: Apache-2.0
// Keys that a browser keeps for itself, and text as the keys of a US keyboard.

const CONTROL = [0xffe3, 'ControlLeft'];
const ALT = [0xffe9, 'AltLeft'];
const SHIFT = [0xffe1, 'ShiftLeft'];

function functionKey(number) {
  return [0xffbd + number, `F${number}`];
}

/** Combinations for the menu; pressed in order, let go in the opposite one. Each key is [keysym, code of DOM]. */
export const COMBINATIONS = [
  ...Array.from({ length: 12 }, (_, index) => ({
    name: `Ctrl-Alt-F${index + 1}`,
    keys: [CONTROL, ALT, functionKey(index + 1)],
  })),
  { name: 'Ctrl-Alt-Backspace', keys: [CONTROL, ALT, [0xff08, 'Backspace']] },
  { name: 'Alt-Tab', keys: [ALT, [0xff09, 'Tab']] },
  { name: 'Alt-F4', keys: [ALT, functionKey(4)] },
  { name: 'Super', keys: [[0xffeb, 'MetaLeft']] },
  { name: 'Escape', keys: [[0xff1b, 'Escape']] },
  { name: 'Print Screen', keys: [[0xff61, 'PrintScreen']] },
  { name: 'Alt-SysRq-B (reboot a Linux at once)', keys: [ALT, [0xff61, 'PrintScreen'], [0x62, 'KeyB']] },
];

/** By character: the code of its key, and whether shift belongs to it. */
const US = new Map();
for (const letter of 'abcdefghijklmnopqrstuvwxyz') {
  US.set(letter, { code: `Key${letter.toUpperCase()}`, shift: false });
  US.set(letter.toUpperCase(), { code: `Key${letter.toUpperCase()}`, shift: true });
}
[...'1234567890'].forEach((digit) => US.set(digit, { code: `Digit${digit}`, shift: false }));
[...'!@#$%^&*()'].forEach((sign, index) => US.set(sign, { code: `Digit${(index + 1) % 10}`, shift: true }));
for (const [code, plain, shifted] of [
  ['Minus', '-', '_'],
  ['Equal', '=', '+'],
  ['BracketLeft', '[', '{'],
  ['BracketRight', ']', '}'],
  ['Backslash', '\\', '|'],
  ['Semicolon', ';', ':'],
  ['Quote', "'", '"'],
  ['Backquote', '`', '~'],
  ['Comma', ',', '<'],
  ['Period', '.', '>'],
  ['Slash', '/', '?'],
]) {
  US.set(plain, { code, shift: false });
  US.set(shifted, { code, shift: true });
}
US.set(' ', { code: 'Space', shift: false });

const NAMED = new Map([
  ['\n', [0xff0d, 'Enter']],
  ['\t', [0xff09, 'Tab']],
]);

/** Presses keys together. */
export function press(rfb, keys) {
  for (const [keysym, code] of keys) rfb.sendKey(keysym, code, true);
  for (const [keysym, code] of keys.toReversed()) rfb.sendKey(keysym, code, false);
}

/** The keys of a text, a list for each character; null for a character no US keyboard has. */
export function keysOf(text) {
  const keys = [];
  for (const character of text.replaceAll('\r\n', '\n')) {
    const named = NAMED.get(character);
    const key = US.get(character);
    if (named !== undefined) keys.push([named]);
    else if (key === undefined) return { unknown: character };
    else keys.push([...(key.shift ? [SHIFT] : []), [character.codePointAt(0), key.code]]);
  }
  return { keys };
}
