// SPDX-License-Identifier: Apache-2.0

import { TransportError } from '@vireo/libvirt';
import { hostError } from './host-error.ts';

test.each([
  [new TransportError('LV_CONN_REFUSED', 'proxy https://root:hunter2@gate.example refused'), 'LV_CONN_REFUSED'],
  [new Error('no such thing: https://root:hunter2@gate.example'), 'VIREO_INTERNAL'],
])('an error is shown without the secrets it quotes: %s', (error, code) => {
  const shown = hostError(error);
  expect(shown.code).toBe(code);
  expect(shown.message).toContain('gate.example');
  expect(shown.message).not.toContain('hunter2');
});
