// SPDX-License-Identifier: Apache-2.0

import { XdrReader } from '../xdr/reader.ts';
import { XdrWriter } from '../xdr/writer.ts';
import { XdrError } from '../xdr/xdr-error.ts';
import { typedParam, typedParamMap, typedParams } from './typed-params.ts';
import type { TypedParam } from './typed-params.ts';

const field = '00000001' + '61000000';

const CASES: readonly { readonly param: TypedParam; readonly hex: string }[] = [
  { param: { field: 'a', type: 'int', value: -2 }, hex: '00000001' + 'fffffffe' },
  { param: { field: 'a', type: 'uint', value: 0xffff_fffe }, hex: '00000002' + 'fffffffe' },
  { param: { field: 'a', type: 'llong', value: -2n }, hex: '00000003' + 'fffffffffffffffe' },
  { param: { field: 'a', type: 'ullong', value: 2n ** 64n - 2n }, hex: '00000004' + 'fffffffffffffffe' },
  { param: { field: 'a', type: 'double', value: 1.5 }, hex: '00000005' + '3ff8000000000000' },
  { param: { field: 'a', type: 'boolean', value: true }, hex: '00000006' + '00000001' },
  { param: { field: 'a', type: 'string', value: 'vda' }, hex: '00000007' + '00000003' + '76646100' },
];

describe.each(CASES)('a typed parameter of type $param.type', ({ param, hex }) => {
  it('is written', () => {
    const writer = new XdrWriter();
    typedParam.write(writer, param);
    expect(writer.bytes().toString('hex')).toBe(field + hex);
  });

  it('is read', () => {
    expect(typedParam.read(new XdrReader(Buffer.from(field + hex, 'hex')))).toEqual(param);
  });
});

it.each(['00000000', '00000008', 'ffffffff'])('the unknown type %s is refused by its field', (type) => {
  const reader = new XdrReader(Buffer.from(field + type + '0000000000000000', 'hex'));
  expect(() => typedParam.read(reader)).toThrow(XdrError);
  expect(() => typedParam.read(new XdrReader(Buffer.from(field + type + '00000000', 'hex')))).toThrow('"a"');
});

it('a list longer than its limit is refused', () => {
  const reader = new XdrReader(Buffer.from('00000003' + (field + '00000001' + '00000000').repeat(3), 'hex'));
  expect(() => typedParams(2).read(reader)).toThrow('2 allowed');
});

it('a map of parameters has 64-bit values as doubles', () => {
  const map = typedParamMap([
    { field: 'big', type: 'ullong', value: 2n ** 53n + 1n },
    { field: 'text', type: 'string', value: 'x' },
    { field: 'flag', type: 'boolean', value: false },
  ]);
  expect([...map]).toEqual([
    ['big', 2 ** 53],
    ['text', 'x'],
    ['flag', false],
  ]);
});
