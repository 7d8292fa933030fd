// SPDX-License-Identifier: Apache-2.0
// Bytes that real daemons sent, against the declarations, both ways. Payloads only: what comes after the 28 bytes of
// header. Captured from libvirtd 9.0.0 (Debian 9.0.0-4+deb12u2): test:///default, and a qemu:///session with QEMU 7.2.22
// under KVM. Arguments too, but for this: all calls about a domain name the same one here, and a path is a shorter one.

import { XdrReader } from '../xdr/reader.ts';
import { XdrWriter } from '../xdr/writer.ts';
import { XdrError } from '../xdr/xdr-error.ts';
import * as protocol from './index.ts';
import type { Layout } from './layout.ts';
import type { Procedure } from './procedure.ts';

interface Vector {
  readonly name: string;
  readonly layout: Layout<unknown>;
  readonly value: unknown;
  readonly hex: string;
}

function call<A, R>(procedure: Procedure<A, R>, args: A, argsHex: string, ret: R, retHex: string): Vector[] {
  return [
    { name: `${procedure.name} args`, layout: procedure.args, value: args, hex: argsHex },
    { name: `${procedure.name} ret`, layout: procedure.ret, value: ret, hex: retHex },
  ];
}

const test = { name: 'test', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f', id: 1 };
const testHex = '00000004' + '74657374' + '6695eb01f6a4830479aa97f2502e193f' + '00000001';
const q1 = { name: 'q1', uuid: '00003fd0-2897-9e39-4366-ade06702dfb6', id: 1 };
const p1 = { name: 'p1', uuid: 'ae698343-c9ac-4aa0-841b-f3fb11a00931' };
const p1Hex = '00000002' + '70310000' + 'ae698343c9ac4aa0841bf3fb11a00931';

const VECTORS: readonly Vector[] = [
  ...call(
    protocol.CONNECT_OPEN,
    { name: 'test:///default', flags: 0 },
    '00000001' + '0000000f' + '746573743a2f2f2f64656661756c7400' + '00000000',
    {},
    '',
  ),
  ...call(protocol.CONNECT_GET_LIB_VERSION, {}, '', { lib_ver: 9_000_000n }, '0000000000895440'),
  ...call(protocol.CONNECT_SUPPORTS_FEATURE, { feature: 10 }, '0000000a', { supported: true }, '00000001'),
  ...call(
    protocol.CONNECT_LIST_ALL_DOMAINS,
    { need_results: 1, flags: 3 },
    '00000001' + '00000003',
    { domains: [test], ret: 1 },
    '00000001' + testHex + '00000001',
  ),
  ...call(
    protocol.CONNECT_GET_ALL_DOMAIN_STATS,
    { doms: [], stats: 1, flags: 0 },
    '00000000' + '00000001' + '00000000',
    {
      retStats: [
        {
          dom: test,
          params: [
            { field: 'state.state', type: 'int', value: 1 },
            { field: 'state.reason', type: 'int', value: 0 },
          ],
        },
      ],
    },
    '00000001' +
      testHex +
      '00000002' +
      ('0000000b' + '73746174652e737461746500' + '00000001' + '00000001') +
      ('0000000c' + '73746174652e726561736f6e' + '00000001' + '00000000'),
  ),
  ...call(
    protocol.CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY,
    { eventID: 0, dom: null },
    '00000000' + '00000000',
    { callbackID: 0 },
    '00000000',
  ),
  ...call(
    protocol.NODE_GET_INFO,
    {},
    '',
    {
      model: 'x86_64',
      memory: 5_335_244n,
      cpus: 2,
      mhz: 2600,
      nodes: 1,
      sockets: 1,
      cores: 2,
      threads: 1,
    },
    '00000078' +
      '00000038' +
      '00000036' +
      '0000005f' +
      '00000036' +
      '00000034' +
      '00000000'.repeat(26) +
      ('00000000005168cc' + '00000002' + '00000a28' + '00000001' + '00000001' + '00000002' + '00000001'),
  ),
  ...call(
    protocol.NODE_GET_CPU_STATS,
    { cpuNum: -1, nparams: 4, flags: 0 },
    'ffffffff' + '00000004' + '00000000',
    {
      params: [
        { field: 'kernel', value: 132_530_000_000n },
        { field: 'user', value: 441_950_000_000n },
        { field: 'idle', value: 3_151_990_000_000n },
        { field: 'iowait', value: 8_700_000_000n },
      ],
      nparams: 0,
    },
    '00000004' +
      ('00000006' + '6b65726e656c0000' + '0000001edb675080') +
      ('00000004' + '75736572' + '00000066e645d380') +
      ('00000004' + '69646c65' + '000002dde13e8980') +
      ('00000006' + '696f776169740000' + '00000002068f7700') +
      '00000000',
  ),
  ...call(
    protocol.NODE_GET_MEMORY_STATS,
    { nparams: 0, cellNum: -1, flags: 0 },
    '00000000' + 'ffffffff' + '00000000',
    { params: [], nparams: 4 },
    '00000000' + '00000004',
  ),
  ...call(
    protocol.NODE_GET_FREE_PAGES,
    { pages: [2048], startCell: 0, cellCount: 1, flags: 0 },
    '00000001' + '00000800' + '00000000' + '00000001' + '00000000',
    { counts: [0n] },
    '00000001' + '0000000000000000',
  ),
  ...call(
    protocol.NODE_GET_CPU_MAP,
    { need_map: 1, need_online: 1, flags: 0 },
    '00000001' + '00000001' + '00000000',
    { cpumap: Buffer.from([3]), online: 2, ret: 2 },
    '00000001' + '03000000' + '00000002' + '00000002',
  ),
  ...call(protocol.DOMAIN_LOOKUP_BY_NAME, { name: 'nope' }, '00000004' + '6e6f7065', { dom: test }, testHex),
  ...call(
    protocol.DOMAIN_GET_INFO,
    { dom: test },
    testHex,
    { state: 1, maxMem: 32_768n, memory: 32_768n, nrVirtCpu: 2, cpuTime: 170_000_000n },
    '00000001' + '0000000000008000' + '0000000000008000' + '00000002' + '000000000a21fe80',
  ),
  ...call(
    protocol.DOMAIN_GET_STATE,
    { dom: test, flags: 0 },
    testHex + '00000000',
    { state: 1, reason: 1 },
    '00000001' + '00000001',
  ),
  ...call(
    protocol.DOMAIN_MEMORY_STATS,
    { dom: test, maxStats: 16, flags: 0 },
    testHex + '00000010' + '00000000',
    {
      stats: [
        { tag: 6, val: 32_768n },
        { tag: 9, val: 0n },
        { tag: 7, val: 38_752n },
      ],
    },
    '00000003' +
      ('00000006' + '0000000000008000') +
      ('00000009' + '0000000000000000') +
      ('00000007' + '0000000000009760'),
  ),
  ...call(
    protocol.DOMAIN_GET_VCPUS,
    { dom: test, maxinfo: 16_384, maplen: 0 },
    testHex + '00004000' + '00000000',
    {
      info: [
        { number: 0, state: 1, cpu_time: 40_000_000n, cpu: 0 },
        { number: 1, state: 1, cpu_time: 0n, cpu: 0 },
      ],
      cpumaps: Buffer.alloc(0),
    },
    '00000002' +
      ('00000000' + '00000001' + '0000000002625a00' + '00000000') +
      ('00000001' + '00000001' + '0000000000000000' + '00000000') +
      '00000000',
  ),
  ...call(
    protocol.DOMAIN_BLOCK_STATS,
    { dom: test, path: 'vda' },
    testHex + '00000003' + '76646100',
    { rd_req: 0n, rd_bytes: 0n, wr_req: 0n, wr_bytes: 0n, errs: -1n },
    '0000000000000000'.repeat(4) + 'ffffffffffffffff',
  ),
  ...call(
    protocol.CONNECT_LIST_ALL_STORAGE_POOLS,
    { need_results: 1, flags: 0 },
    '00000001' + '00000000',
    { pools: [p1], ret: 1 },
    '00000001' + p1Hex + '00000001',
  ),
  ...call(
    protocol.STORAGE_POOL_GET_INFO,
    { pool: p1 },
    p1Hex,
    { state: 2, capacity: 270_553_174_016n, allocation: 12_928_557_056n, available: 257_624_616_960n },
    '00000002' + '0000003efe39d000' + '00000003029a2000' + '0000003bfb9fb000',
  ),
  ...call(
    protocol.STORAGE_VOL_GET_INFO,
    { vol: { pool: 'p1', name: 'v1.img', key: '/srv/p1/v1.img' } },
    '00000002' + '70310000' + '00000006' + '76312e696d670000' + '0000000e' + '2f7372762f70312f76312e696d670000',
    { type: 0, capacity: 4096n, allocation: 0n },
    '00000000' + '0000000000001000' + '0000000000000000',
  ),
  {
    name: 'the error of a refused DOMAIN_MANAGED_SAVE',
    layout: protocol.remoteError,
    value: {
      code: 55,
      domain: 10,
      message: 'Requested operation is not valid: cannot do managed save for transient domain',
      level: 2,
      dom: null,
      str1: 'Requested operation is not valid: %s',
      str2: 'cannot do managed save for transient domain',
      str3: null,
      int1: -1,
      int2: -1,
      net: null,
    },
    hex:
      '00000037' +
      '0000000a' +
      ('00000001' +
        '0000004d' +
        '526571756573746564206f7065726174696f6e206973206e6f742076616c69643a2063616e6e6f7420646f206d616e61676564207361766520666f72207472616e7369656e7420646f6d61696e000000') +
      '00000002' +
      '00000000' +
      ('00000001' + '00000024' + '526571756573746564206f7065726174696f6e206973206e6f742076616c69643a202573') +
      ('00000001' +
        '0000002b' +
        '63616e6e6f7420646f206d616e61676564207361766520666f72207472616e7369656e7420646f6d61696e00') +
      '00000000' +
      'ffffffff' +
      'ffffffff' +
      '00000000',
  },
  {
    name: 'the event DOMAIN_EVENT_CALLBACK_LIFECYCLE of a domain that was started',
    layout: protocol.DOMAIN_EVENT_CALLBACK_LIFECYCLE.payload,
    value: { callbackID: 0, dom: q1, event: 2, detail: 0 },
    hex:
      '00000000' +
      ('00000002' + '71310000' + '00003fd028979e394366ade06702dfb6' + '00000001') +
      '00000002' +
      '00000000',
  },
];

describe.each(VECTORS)('$name', ({ layout, value, hex }) => {
  it('is written as the captured bytes', () => {
    const writer = new XdrWriter();
    layout.write(writer, value);
    expect(writer.bytes().toString('hex')).toBe(hex);
  });

  it('is read from the captured bytes, to the end', () => {
    const reader = new XdrReader(Buffer.from(hex, 'hex'));
    expect(layout.read(reader)).toEqual(value);
    expect(reader.remaining).toBe(0);
  });

  it('is refused wherever the bytes stop early', () => {
    const bytes = Buffer.from(hex, 'hex');
    for (let end = 0; end < bytes.length; end++) {
      expect(() => layout.read(new XdrReader(bytes.subarray(0, end)))).toThrow(XdrError);
    }
  });
});

describe('declarations', () => {
  const declared = Object.entries(protocol).flatMap(([key, value]) =>
    typeof value === 'object' && 'program' in value && 'number' in value ? [{ key, ...value }] : [],
  );

  it('have a number of their own each', () => {
    expect(new Set(declared.map(({ number }) => number)).size).toBe(declared.length);
    expect(declared.length).toBeGreaterThan(150);
  });

  it('are exported under their own name', () => {
    expect(declared.filter(({ key, name }) => key !== name)).toEqual([]);
  });
});

describe('limits', () => {
  it('refuse a list longer than libvirt allows before allocating for it', () => {
    const reader = new XdrReader(Buffer.concat([Buffer.from('00004001', 'hex'), Buffer.alloc(16_385 * 24)]));
    expect(() => protocol.CONNECT_LIST_ALL_DOMAINS.ret.read(reader)).toThrow('16384 allowed');
  });

  it('refuse a 17th key', () => {
    const args = { dom: test, codeset: 0, holdtime: 0, keycodes: Array.from({ length: 17 }, () => 30), flags: 0 };
    expect(() => {
      protocol.DOMAIN_SEND_KEY.args.write(new XdrWriter(), args);
    }).toThrow('16 allowed');
  });
});
