// SPDX-License-Identifier: Apache-2.0
// remote_typed_param: a name, a type number and a value of that type. The general layout, for all replies but the bulk
// statistics, which stats-record.ts reads without making an object for each parameter.

import { array, double, hyper, int, string, uhyper, uint } from './layout.ts';
import type { Layout } from './layout.ts';
import { XdrError } from '../xdr/xdr-error.ts';

/** virTypedParameterType */
export const VIR_TYPED_PARAM = {
  VIR_TYPED_PARAM_INT: 1,
  VIR_TYPED_PARAM_UINT: 2,
  VIR_TYPED_PARAM_LLONG: 3,
  VIR_TYPED_PARAM_ULLONG: 4,
  VIR_TYPED_PARAM_DOUBLE: 5,
  VIR_TYPED_PARAM_BOOLEAN: 6,
  VIR_TYPED_PARAM_STRING: 7,
} as const;

/** One typed parameter. `llong` and `ullong` are 64 bits wide. */
export type TypedParam = { readonly field: string } & (
  | { readonly type: 'int' | 'uint' | 'double'; readonly value: number }
  | { readonly type: 'llong' | 'ullong'; readonly value: bigint }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
);

const TYPE_NUMBERS = { int: 1, uint: 2, llong: 3, ullong: 4, double: 5, boolean: 6, string: 7 } as const;

/** Nothing can be skipped whose size is unknown: the rest of the message is lost, so the call fails. */
export function unknownTypedParam(field: string, type: number): XdrError {
  return new XdrError(`typed parameter "${field}" has the unknown type ${String(type)}`);
}

/** remote_typed_param */
export const typedParam: Layout<TypedParam> = {
  minBytes: 12,
  write: (writer, param) => {
    string.write(writer, param.field);
    writer.writeInt(TYPE_NUMBERS[param.type]);
    switch (param.type) {
      case 'int':
        int.write(writer, param.value);
        break;
      case 'uint':
        uint.write(writer, param.value);
        break;
      case 'double':
        double.write(writer, param.value);
        break;
      case 'llong':
        hyper.write(writer, param.value);
        break;
      case 'ullong':
        uhyper.write(writer, param.value);
        break;
      case 'boolean':
        int.write(writer, param.value ? 1 : 0);
        break;
      case 'string':
        string.write(writer, param.value);
        break;
    }
  },
  read: (reader) => {
    const field = string.read(reader);
    const type = reader.readInt();
    switch (type) {
      case VIR_TYPED_PARAM.VIR_TYPED_PARAM_INT:
        return { field, type: 'int', value: reader.readInt() };
      case VIR_TYPED_PARAM.VIR_TYPED_PARAM_UINT:
        return { field, type: 'uint', value: reader.readUint() };
      case VIR_TYPED_PARAM.VIR_TYPED_PARAM_LLONG:
        return { field, type: 'llong', value: reader.readHyper() };
      case VIR_TYPED_PARAM.VIR_TYPED_PARAM_ULLONG:
        return { field, type: 'ullong', value: reader.readUhyper() };
      case VIR_TYPED_PARAM.VIR_TYPED_PARAM_DOUBLE:
        return { field, type: 'double', value: reader.readDouble() };
      case VIR_TYPED_PARAM.VIR_TYPED_PARAM_BOOLEAN:
        return { field, type: 'boolean', value: reader.readInt() !== 0 };
      case VIR_TYPED_PARAM.VIR_TYPED_PARAM_STRING:
        return { field, type: 'string', value: string.read(reader) };
      default:
        throw unknownTypedParam(field, type);
    }
  },
};

/** At most `maxCount` typed parameters. */
export function typedParams(maxCount: number): Layout<readonly TypedParam[]> {
  return array(typedParam, maxCount);
}

/** The same as a map; 64-bit values become doubles, exact up to 2^53. */
export function typedParamMap(params: readonly TypedParam[]): Map<string, number | string | boolean> {
  const map = new Map<string, number | string | boolean>();
  for (const { field, value } of params) map.set(field, typeof value === 'bigint' ? Number(value) : value);
  return map;
}
