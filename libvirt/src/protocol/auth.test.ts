// SPDX-License-Identifier: Apache-2.0

import { XdrReader } from '../xdr/reader.ts';
import { XdrWriter } from '../xdr/writer.ts';
import { AUTH_LIST, AUTH_SASL_START, AUTH_SASL_STEP } from './auth.ts';

function encoded(write: (writer: XdrWriter) => void): string {
  const writer = new XdrWriter();
  write(writer);
  return writer.bytes().toString('hex');
}

describe('AUTH_*', () => {
  it('reads the list of methods as captured from libvirtd 9.0.0', () => {
    const payload = Buffer.from('0000000100000000', 'hex');
    expect(AUTH_LIST.ret.read(new XdrReader(payload))).toEqual({ types: [0] });
  });

  it('writes SASL data as one signed int for each byte', () => {
    const args = { mech: 'PLAIN', nil: false, data: Uint8Array.of(0, 0x41, 0xff) };
    expect(
      encoded((writer) => {
        AUTH_SASL_START.args.write(writer, args);
      }),
    ).toBe(
      '00000005504c41494e000000' + // "PLAIN"
        '00000000' + // nil: there is data
        '00000003' +
        '00000000' +
        '00000041' +
        'ffffffff',
    );
  });

  it('writes and reads data larger than a message usually is', () => {
    const data = Uint8Array.from({ length: 1000 }, (_, i) => i & 0xff);
    const hex = encoded((writer) => {
      AUTH_SASL_STEP.args.write(writer, { nil: false, data });
    });
    expect(hex).toHaveLength(2 * (4 + 4 + 4 * 1000));
    const reply = Buffer.from(`00000001${hex}`, 'hex');
    expect(AUTH_SASL_STEP.ret.read(new XdrReader(reply))).toEqual({ complete: true, nil: false, data });
  });

  it('refuses more data than libvirt takes', () => {
    const data = new Uint8Array(65_537);
    expect(() =>
      encoded((writer) => {
        AUTH_SASL_STEP.args.write(writer, { nil: false, data });
      }),
    ).toThrow('65536 allowed');
  });
});
