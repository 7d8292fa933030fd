// SPDX-License-Identifier: Apache-2.0

import { CallTable } from './call-table.ts';
import { PendingCall } from './pending-call.ts';

function call(): PendingCall {
  return new PendingCall({
    procedure: { program: 0x2000_8086, number: 157, name: 'CONNECT_GET_LIB_VERSION' },
    lane: 'normal',
    packet: Buffer.alloc(28),
    deadlineMs: Infinity,
    signal: undefined,
    session: null,
    onReply: () => 'ok',
    onFail: () => undefined,
    onGivenUp: () => undefined,
    onEnd: () => undefined,
  });
}

describe('serials', () => {
  test('start at 1 and count up', () => {
    const table = new CallTable(() => false);
    expect([table.add(call()), table.add(call())]).toEqual([1, 2]);
  });

  test('go round from 2^32-1 to 1, past those in use by calls and streams', () => {
    const table = new CallTable((serial) => serial === 2, 0xffff_fffe);
    const long = call();
    expect(table.add(long)).toBe(0xffff_fffe);
    expect([table.add(call()), table.add(call()), table.add(call())]).toEqual([0xffff_ffff, 1, 3]);
  });
});
