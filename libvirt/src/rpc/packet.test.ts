// SPDX-License-Identifier: Apache-2.0

import { decodePacket, encodePacket, encodeStreamPacket, MessageStatus, MessageType, setSerial } from './packet.ts';
import { errorOf, hex, packet } from './peer.test-support.ts';

describe('packet', () => {
  test('writes length, program, version, procedure, type, serial, status', () => {
    const bytes = encodePacket(
      { program: 0x2000_8086, procedure: 66, type: MessageType.CALL, serial: 0, status: MessageStatus.OK },
      (writer) => {
        writer.writeUint(0xcafe);
      },
    );
    setSerial(bytes, 7);
    // len 32, REMOTE, vers 1, AUTH_LIST, CALL, serial 7, OK, payload
    expect(bytes.toString('hex')).toBe(
      hex('00000020 20008086 00000001 00000042 00000000 00000007 00000000 0000cafe').toString('hex'),
    );
  });

  test('reads them back', () => {
    expect(decodePacket(hex('00000020 20008086 00000001 00000042 00000001 ffffffff 00000001 0000cafe'))).toEqual({
      header: { program: 0x2000_8086, procedure: 66, type: MessageType.REPLY, serial: 0xffff_ffff, status: 1 },
      payload: hex('0000cafe'),
    });
  });

  test.each([
    ['version', packet({ type: 1, serial: 1, version: 2 })],
    ['type', packet({ type: 7, serial: 1 })],
    ['status', packet({ type: 1, serial: 1, status: 3 })],
  ])('refuses a %s libvirt does not have', (_what, bytes) => {
    expect(errorOf(() => decodePacket(bytes))).toMatchObject({ name: 'ProtocolError', code: 'LV_PROTO_TYPE' });
  });

  test('puts stream data behind the header as it is, without count or padding', () => {
    const stream = { program: 0x2000_8086, procedure: 201, serial: 5 };
    expect(encodeStreamPacket(stream, MessageStatus.CONTINUE, Buffer.from('abc')).toString('hex')).toBe(
      hex('0000001f 20008086 00000001 000000c9 00000003 00000005 00000002 616263').toString('hex'),
    );
    expect(encodeStreamPacket(stream, MessageStatus.OK).toString('hex')).toBe(
      hex('0000001c 20008086 00000001 000000c9 00000003 00000005 00000000').toString('hex'),
    );
  });

  test('refuses to make a message larger than a daemon takes', () => {
    const blob = Buffer.alloc(33_554_436 - 28 + 1);
    const make = (bytes: Buffer): Buffer =>
      encodePacket({ program: 1, procedure: 1, type: 0, serial: 1, status: 0 }, (writer) => {
        writer.writeOpaque(bytes);
      });
    expect(errorOf(() => make(blob))).toMatchObject({ name: 'UsageError', code: 'LV_ARG_VALUE' });
    expect(make(blob.subarray(0, 33_554_436 - 28)).length).toBe(33_554_436);
  });
});
