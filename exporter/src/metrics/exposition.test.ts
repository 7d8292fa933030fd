// SPDX-License-Identifier: Apache-2.0
import {
  closeLabels,
  escapeHelp,
  escapeLabelValue,
  familyIndex,
  indexOf,
  openLabels,
  SampleWriter,
  textHeader,
} from './exposition.ts';
import { METRIC_FAMILIES } from '../contract/metrics.ts';
import type { MetricFamily } from '../contract/metric-family.ts';

const FAMILY: MetricFamily = {
  name: 'x',
  type: 'stateset',
  help: 'a \\ and a\nline feed, but "quotes" stay.',
  unit: '',
  labels: [],
  source: { kind: 'fact', from: 'test' },
  zeroIsUnknown: false,
  peers: {},
};

describe('escaping', () => {
  it.each([
    ['plain', 'plain'],
    ['"', '\\"'],
    ['\\', '\\\\'],
    ['\n', '\\n'],
    ['\\n', '\\\\n'],
    ['\\"\n', '\\\\\\"\\n'],
    ['\t\r', '\t\r'],
  ])('of the label value %j', (value, escaped) => {
    expect(escapeLabelValue(value)).toBe(escaped);
  });

  it('of help leaves quotes alone', () => {
    expect(escapeHelp(FAMILY.help)).toBe('a \\\\ and a\\nline feed, but "quotes" stay.');
  });
});

describe('a header', () => {
  it('has help and type; what the format has no type for is a gauge', () => {
    expect(textHeader(FAMILY)).toBe('# HELP x a \\\\ and a\\nline feed, but "quotes" stay.\n# TYPE x gauge\n');
    expect(textHeader({ ...FAMILY, type: 'info' })).toContain('# TYPE x gauge\n');
    expect(textHeader({ ...FAMILY, type: 'counter' })).toContain('# TYPE x counter\n');
  });
});

describe('labels', () => {
  it('without a value, or with an empty one, are left out', () => {
    const open = openLabels([
      ['a', '1'],
      ['b', undefined],
    ]);
    expect(closeLabels(open)).toBe('{a="1"} ');
    expect(
      closeLabels(open, [
        ['c', ''],
        ['d', '4'],
      ]),
    ).toBe('{a="1",d="4"} ');
  });
});

describe('numbers', () => {
  const up = familyIndex('libvirt_up');
  const line = (value: number): string => {
    const writer = new SampleWriter();
    writer.add(up, closeLabels(openLabels([['host', 'h']])), value);
    return writer.finish().bytes.toString();
  };

  it.each([
    [0, '0'],
    [-0, '0'],
    [1e-9, '1e-9'],
    [0.1 + 0.2, '0.30000000000000004'],
    [2 ** 53 - 1, '9007199254740991'],
    [2 ** 64, '18446744073709552000'],
    [1e21, '1e+21'],
    [-5, '-5'],
  ])('%d is written %s', (value, text) => {
    expect(line(value)).toBe(`libvirt_up{host="h"} ${text}\n`);
  });

  it.each([NaN, Infinity, -Infinity])('%d makes no sample', (value) => {
    expect(line(value)).toBe('');
  });
});

describe('fragments', () => {
  it('tell where each family begins, in bytes, whatever was added first', () => {
    const writer = new SampleWriter();
    const labels = closeLabels(openLabels([['host', '🐦']]));
    writer.add(familyIndex('libvirt_domains'), labels, 3);
    writer.add(familyIndex('libvirt_up'), labels, 1);
    const { bytes, offsets } = writer.finish();
    const part = (index: number): string => bytes.subarray(offsets[index], offsets[index + 1]).toString();
    expect(part(familyIndex('libvirt_up'))).toBe('libvirt_up{host="🐦"} 1\n');
    expect(part(familyIndex('libvirt_domains'))).toBe('libvirt_domains{host="🐦"} 3\n');
    expect(part(familyIndex('libvirt_host_cpus'))).toBe('');
    expect(writer.series).toBe(2);
  });
});

describe('the index', () => {
  it('has no place for families of the process: they are not rendered from snapshots', () => {
    expect(METRIC_FAMILIES.some(({ name }) => name === 'vireo_scrapes_total')).toBe(true);
    expect(() => indexOf('vireo_scrapes_total')).toThrow('vireo_scrapes_total');
  });
});
