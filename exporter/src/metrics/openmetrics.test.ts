// SPDX-License-Identifier: Apache-2.0
import { METRIC_FAMILIES } from '../contract/metrics.ts';
import type { MetricFamily } from '../contract/metric-family.ts';
import { openMetricsHeader, toOpenMetrics } from './openmetrics.ts';

const FAMILY: MetricFamily = {
  name: 'x_seconds_total',
  type: 'counter',
  help: 'a \\ and a\nline feed and "quotes".',
  unit: 'seconds',
  labels: [],
  source: { kind: 'fact', from: 'test' },
  zeroIsUnknown: false,
  peers: {},
};

describe('a header of OpenMetrics', () => {
  it('names the family without what its samples end in, and its unit', () => {
    expect(openMetricsHeader(FAMILY)).toBe(
      '# HELP x_seconds a \\\\ and a\\nline feed and \\"quotes\\".\n# TYPE x_seconds counter\n# UNIT x_seconds seconds\n',
    );
    const info = openMetricsHeader({ ...FAMILY, name: 'x_info', type: 'info', unit: '', help: 'h' });
    expect(info).toBe('# HELP x h\n# TYPE x info\n');
  });

  it('calls a StateSet a gauge, as its label is not called like the family', () => {
    const header = openMetricsHeader({ ...FAMILY, name: 'x_state', type: 'stateset', unit: '', help: 'h' });
    expect(header).toBe('# HELP x_state h\n# TYPE x_state gauge\n');
  });

  it('can be made of every family, with a name no other has', () => {
    const names = METRIC_FAMILIES.map((family) => openMetricsHeader(family).split(' ')[2]);
    expect(new Set(names).size).toBe(METRIC_FAMILIES.length);
  });

  it('cannot be made of a counter whose name does not say so', () => {
    expect(() => openMetricsHeader({ ...FAMILY, name: 'x' })).toThrow('x does not end in _total');
  });
});

describe('the text of the client library', () => {
  it('becomes OpenMetrics', () => {
    const text = [
      '# HELP vireo_scrapes_total whatever the library says',
      '# TYPE vireo_scrapes_total counter',
      'vireo_scrapes_total{encoding="gzip"} 3',
      '',
      '# HELP process_cpu_seconds_total Total "user" time.',
      '# TYPE process_cpu_seconds_total counter',
      'process_cpu_seconds_total 0.5',
      '',
      '# HELP gc Garbage collection.',
      '# TYPE gc histogram',
      'gc_bucket{le="0.1",kind="major"} 1',
      'gc_bucket{le="1",kind="major"} 1',
      'gc_bucket{kind="major",le="5"} 1',
      'gc_bucket{le="+Inf",kind="major"} 1',
      'gc_sum{kind="le=\\"1\\""} 0.2',
      '',
    ].join('\n');
    const [scrapes] = METRIC_FAMILIES.filter(({ name }) => name === 'vireo_scrapes_total');
    expect(toOpenMetrics(text)).toBe(
      [
        `# HELP vireo_scrapes ${scrapes?.help ?? ''}`,
        '# TYPE vireo_scrapes counter',
        'vireo_scrapes_total{encoding="gzip"} 3',
        '# HELP process_cpu_seconds Total \\"user\\" time.',
        '# TYPE process_cpu_seconds counter',
        'process_cpu_seconds_total 0.5',
        '# HELP gc Garbage collection.',
        '# TYPE gc histogram',
        'gc_bucket{le="0.1",kind="major"} 1',
        'gc_bucket{le="1.0",kind="major"} 1',
        'gc_bucket{kind="major",le="5.0"} 1',
        'gc_bucket{le="+Inf",kind="major"} 1',
        'gc_sum{kind="le=\\"1\\""} 0.2',
        '',
      ].join('\n'),
    );
  });

  it('may be nothing', () => {
    expect(toOpenMetrics('')).toBe('');
  });
});
