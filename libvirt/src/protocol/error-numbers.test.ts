// SPDX-License-Identifier: Apache-2.0

import { ERROR_NUMBERS, errorNumber } from './error-numbers.ts';

describe('error numbers', () => {
  test('are complete and in order from 0 to 114, each name once', () => {
    expect(ERROR_NUMBERS.map((entry) => entry.number)).toEqual(Array.from({ length: 115 }, (_, i) => i));
    expect(new Set(ERROR_NUMBERS.map((entry) => entry.name)).size).toBe(115);
  });

  test.each(ERROR_NUMBERS)('$number is found as $name', (entry) => {
    expect(errorNumber(entry.number)).toBe(entry);
    expect(entry.name).toMatch(/^VIR_(ERR|WAR)_[A-Z_]+$/u);
  });

  // Codes of research/libvirt-rpc.md section 7, one of each class.
  test.each([
    [42, 'VIR_ERR_NO_DOMAIN', 'gone'],
    [68, 'VIR_ERR_OPERATION_TIMEOUT', 'retry'],
    [3, 'VIR_ERR_NO_SUPPORT', 'unsupported'],
    [29, 'VIR_ERR_OPERATION_DENIED', 'permanent'],
    [40, 'VIR_ERR_GNUTLS_ERROR', 'connection'],
    [1, 'VIR_ERR_INTERNAL_ERROR', 'unknown'],
    [114, 'VIR_ERR_INVALID_ENCR_KEY_SECRET', 'permanent'],
  ])('%i is %s, class %s', (number, name, errorClass) => {
    expect(errorNumber(number)).toEqual({ number, name, class: errorClass });
  });

  test('of a newer daemon get a name made of their number and promise nothing', () => {
    expect(errorNumber(4711)).toEqual({ number: 4711, name: 'VIR_ERR_4711', class: 'unknown' });
  });
});
