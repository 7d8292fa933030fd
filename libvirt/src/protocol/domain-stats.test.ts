// SPDX-License-Identifier: Apache-2.0

import { XdrReader } from '../xdr/reader.ts';
import { XdrWriter } from '../xdr/writer.ts';
import { XdrError } from '../xdr/xdr-error.ts';
import { DOMAIN_STATS_REPLY } from './domain-stats.fixture.ts';
import { CONNECT_GET_ALL_DOMAIN_STATS, domainStatsRecord, fastDomainStats } from './domain-stats.ts';
import type { DomainStats } from './domain-stats.ts';
import type { TypedParam } from './typed-params.ts';

const captured = Buffer.from(DOMAIN_STATS_REPLY, 'hex');
const dom = { name: 'a', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f', id: 7 };

/** What the decoder makes of one domain's parameters. */
function decode(params: readonly TypedParam[], procedure = fastDomainStats()): DomainStats {
  const writer = new XdrWriter();
  CONNECT_GET_ALL_DOMAIN_STATS.ret.write(writer, { retStats: [{ dom, params }] });
  const [stats] = procedure.ret.read(new XdrReader(writer.bytes())).retStats;
  if (stats === undefined) throw new Error('no record');
  return stats;
}

/** A parameter's value where a decoded record keeps it. */
function find(stats: DomainStats, field: string): number | string | undefined {
  const [, group, index, key] = /^(vcpu|net|block|iothread)\.(\d+)\.(.+)$/u.exec(field) ?? [];
  if (group === undefined || key === undefined) return stats.fields.get(field);
  return stats[group as 'vcpu' | 'net' | 'block' | 'iothread'].get(Number(index))?.get(key);
}

describe('the reply of a real daemon', () => {
  const [record] = fastDomainStats().ret.read(new XdrReader(captured)).retStats;
  const [plain] = CONNECT_GET_ALL_DOMAIN_STATS.ret.read(new XdrReader(captured)).retStats;

  it('gives the names and values a person would look for', () => {
    expect(record?.domain.name).toBe('q1');
    expect(record?.fields.get('state.state')).toBe(1);
    expect(record?.fields.get('vcpu.current')).toBe(2);
    expect(record?.fields.get('balloon.maximum')).toBe(32_768);
    expect(record?.fields.get('dirtyrate.calc_mode')).toBe('page-sampling');
    expect([...(record?.vcpu.keys() ?? [])]).toEqual([0, 1]);
    expect(record?.block.get(0)?.get('name')).toBe('vda');
    expect(record?.block.get(0)?.get('capacity')).toBe(1_048_576);
    expect(record?.iothread.get(1)?.get('poll-max-ns')).toBe(32_768);
    expect(record?.net.size).toBe(0);
  });

  it('keeps every parameter, with the value the plain declaration reads', () => {
    if (record === undefined || plain === undefined) throw new Error('no record');
    expect(plain.params).toHaveLength(150);
    for (const { field, value } of plain.params) {
      expect([field, find(record, field)]).toEqual([field, typeof value === 'string' ? value : Number(value)]);
    }
    const sizes = [record.vcpu, record.net, record.block, record.iothread].flatMap((group) =>
      [...group.values()].map(({ size }) => size),
    );
    expect(sizes.reduce((sum, size) => sum + size, record.fields.size)).toBe(150);
  });

  it('is refused wherever it stops early', () => {
    const procedure = fastDomainStats();
    for (let end = 0; end < captured.length; end++) {
      expect(() => [...procedure.ret.read(new XdrReader(captured.subarray(0, end))).retStats]).toThrow(XdrError);
    }
  });
});

describe('names', () => {
  it('without an index stay whole, also when one comes later', () => {
    const { fields, vcpu } = decode([
      { field: 'dirtyrate.vcpu.0.megabytes_per_second', type: 'ullong', value: 3n },
      { field: 'net.count', type: 'uint', value: 2 },
      { field: 'vcpu.x.time', type: 'ullong', value: 4n },
      { field: 'vcpu.0', type: 'ullong', value: 5n },
      { field: 'vcpu.0.', type: 'ullong', value: 6n },
    ]);
    expect([...fields].map(([name]) => name)).toEqual([
      'dirtyrate.vcpu.0.megabytes_per_second',
      'net.count',
      'vcpu.x.time',
      'vcpu.0',
      'vcpu.0.',
    ]);
    expect(vcpu.size).toBe(0);
  });

  it('may be sparse and out of order', () => {
    const { block } = decode([
      { field: 'block.7.name', type: 'string', value: 'vdb' },
      { field: 'block.2.name', type: 'string', value: 'vda' },
      { field: 'block.7.rd.bytes', type: 'ullong', value: 1n },
    ]);
    expect([...(block.get(7) ?? [])]).toEqual([
      ['name', 'vdb'],
      ['rd.bytes', 1],
    ]);
    expect([...(block.get(2) ?? [])]).toEqual([['name', 'vda']]);
  });

  it('without end do not confuse a decoder that has forgotten the first of them', () => {
    const procedure = fastDomainStats();
    const params = (from: number) =>
      Array.from({ length: 40_000 }, (_, i): TypedParam => ({
        field: `vcpu.${String(from + i)}.time`,
        type: 'uint',
        value: i,
      }));
    decode(params(0), procedure);
    decode(params(40_000), procedure);
    expect(decode(params(0), procedure).vcpu.get(39_999)?.get('time')).toBe(39_999);
  });
});

it('names in an order of their own keep to their values, whatever came before', () => {
  const procedure = fastDomainStats();
  const names = ['a', 'b', 'c', 'd'];
  const orders = names.flatMap((first) => names.map((second) => [...new Set([first, second, ...names])]));
  const records = orders.map((order) => {
    const params = order.flatMap((field, i): TypedParam[] => [
      { field: `block.0.${field}`, type: 'uint', value: i },
      { field: `block.0.${field}.text`, type: 'string', value: `${field} ${String(i)}` },
    ]);
    return decode(params, procedure);
  });
  records.forEach(({ block }, record) => {
    const fields = block.get(0);
    expect(fields?.size).toBe(8);
    for (const [i, name] of (orders[record] ?? []).entries()) {
      expect([fields?.get(name), fields?.get(`${name}.text`)]).toEqual([i, `${name} ${String(i)}`]);
      expect([fields?.has(name), fields?.has(`${name}.other`)]).toEqual([true, false]);
    }
  });
});

it('a name that comes twice has the later value, and a name may be text once and a number another time', () => {
  const procedure = fastDomainStats();
  const twice = decode(
    [
      { field: 'a', type: 'uint', value: 1 },
      { field: 'b', type: 'uint', value: 2 },
      { field: 'a', type: 'uint', value: 3 },
    ],
    procedure,
  );
  expect(new Map(twice.fields)).toEqual(
    new Map([
      ['a', 3],
      ['b', 2],
    ]),
  );
  expect(decode([{ field: 'a', type: 'string', value: 'text' }], procedure).fields.get('a')).toBe('text');
  expect(decode([{ field: 'a', type: 'llong', value: -7n }], procedure).fields.get('a')).toBe(-7);
});

it('lists of names without end are forgotten, and their values are not', () => {
  const procedure = fastDomainStats();
  const record = (from: number): DomainStats =>
    decode(
      Array.from({ length: 20_000 }, (_, i): TypedParam => ({ field: `f${String(from + i)}`, type: 'uint', value: i })),
      procedure,
    );
  const records = [0, 20_000, 40_000, 60_000, 80_000].map(record);
  records.forEach(({ fields }, i) => {
    expect([fields.size, fields.get(`f${String(i * 20_000 + 19_999)}`)]).toEqual([20_000, 19_999]);
  });
});

describe('values', () => {
  it('become doubles, booleans 0 and 1', () => {
    const { fields } = decode([
      { field: 'a', type: 'int', value: -1 },
      { field: 'b', type: 'uint', value: 0xffff_ffff },
      { field: 'c', type: 'llong', value: -(2n ** 40n) },
      { field: 'd', type: 'ullong', value: 2n ** 64n - 1n },
      { field: 'e', type: 'double', value: 0.25 },
      { field: 'f', type: 'boolean', value: true },
      { field: 'g', type: 'boolean', value: false },
      { field: 'h', type: 'string', value: '' },
    ]);
    expect([...fields].map(([, value]) => value)).toEqual([-1, 0xffff_ffff, -(2 ** 40), 2 ** 64, 0.25, 1, 0, '']);
  });

  it('of an unknown type fail the call, naming the field', () => {
    const bytes = Buffer.from(captured);
    // The first parameter's type: behind the count of records, the domain (28 bytes) and the count and name of the field.
    const at = 4 + 28 + 4 + 4 + 12;
    expect(bytes.readInt32BE(at)).toBe(1);
    bytes.writeInt32BE(8, at);
    expect(() => [...fastDomainStats().ret.read(new XdrReader(bytes)).retStats]).toThrow(
      '"state.state" has the unknown type 8',
    );
  });
});

it('names that come in another order, or not at all, are not taken for those before', () => {
  const procedure = fastDomainStats();
  const param = (field: string, value: number): TypedParam => ({ field, type: 'int', value });
  const orders = [
    ['state.state', 'vcpu.0.time', 'vcpu.1.time', 'vcpu.1.wait'],
    ['state.state', 'vcpu.1.time', 'vcpu.0.time'],
    ['vcpu.1.wait', 'state.state', 'vcpu.0.time', 'vcpu.10.time', 'vcpu.1.time'],
    ['state.state', 'vcpu.0.time', 'vcpu.1.time', 'vcpu.1.wait', 'balloon.rss'],
  ];
  for (const order of [...orders, ...orders]) {
    const stats = decode(order.map(param), procedure);
    const found = [
      ...stats.fields,
      ...[...stats.vcpu].flatMap(([n, fields]) =>
        [...fields].map(([key, value]) => [`vcpu.${String(n)}.${key}`, value]),
      ),
    ];
    expect(new Map(found as [string, number][])).toEqual(new Map(order.map((field, i) => [field, i])));
  }
});

it('a domain may have nothing to say', () => {
  const stats = decode([]);
  expect(stats.domain).toEqual(dom);
  expect(stats.fields.size).toBe(0);
});

it('a record cannot be written: its types are lost', () => {
  expect(() => {
    domainStatsRecord().write(new XdrWriter(), decode([]));
  }).toThrow(XdrError);
});
