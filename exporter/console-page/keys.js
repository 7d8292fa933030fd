// SPDX-License-Identifier: Apache-2.0
// Keys that a browser keeps for itself.

const CONTROL = [0xffe3, 'ControlLeft'];
const ALT = [0xffe9, 'AltLeft'];

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

/** Presses keys together. */
export function press(rfb, keys) {
  for (const [keysym, code] of keys) rfb.sendKey(keysym, code, true);
  for (const [keysym, code] of keys.toReversed()) rfb.sendKey(keysym, code, false);
}
