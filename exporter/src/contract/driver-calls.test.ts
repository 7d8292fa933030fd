// SPDX-License-Identifier: Apache-2.0

import { DRIVER_CALLS, DRIVER_NAMES, callSince, driverLacks } from './driver-calls.ts';

test('every call has a version or a dash for every driver', () => {
  for (const call of DRIVER_CALLS) {
    for (const driver of DRIVER_NAMES) {
      const since = callSince(driver, call);
      expect([driver, call, since ?? '0.0.0']).toEqual([driver, call, expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
    }
  }
});

test.each([
  ['ESX', '9.0.0', 'CONNECT_GET_ALL_DOMAIN_STATS', true],
  ['ESX', '12.5.0', 'CONNECT_GET_ALL_DOMAIN_STATS', true],
  // The table ends there: the daemon is asked.
  ['ESX', '12.5.1', 'CONNECT_GET_ALL_DOMAIN_STATS', false],
  ['ESX', undefined, 'CONNECT_GET_ALL_DOMAIN_STATS', true],
  ['QEMU', '9.0.0', 'CONNECT_GET_ALL_DOMAIN_STATS', false],
  ['QEMU', '1.2.7', 'CONNECT_GET_ALL_DOMAIN_STATS', true],
  ['QEMU', '1.10.0', 'CONNECT_GET_ALL_DOMAIN_STATS', false],
  ['BHYVE', '11.6.0', 'DOMAIN_BLOCK_STATS', true],
  ['BHYVE', '11.7.0', 'DOMAIN_BLOCK_STATS', false],
  ['CH', '9.0.0', 'DOMAIN_RESET', true],
  ['CH', '9.1.0', 'DOMAIN_RESET', false],
  ['Phantom', '9.0.0', 'DOMAIN_RESET', false],
  ['ESX', '9.0.0', 'CONNECT_LIST_ALL_NETWORKS', false],
] as const)('%s of libvirt %s lacks %s: %s', (driver, version, call, lacks) => {
  expect(driverLacks(driver, version, call)).toBe(lacks);
});
