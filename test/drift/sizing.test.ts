// SPDX-License-Identifier: Apache-2.0
// docs/sizing.md says nothing that docs/performance.md did not measure. `npm run docs` (VIREO_UPDATE_DOCS=1) writes its
// tables anew.

import { join } from 'node:path';
import { blockOf, table } from './generated-blocks.ts';
import { readPage, ROOT } from './markdown.ts';

const PAGE = join(ROOT, 'docs/sizing.md');
/** Both without their line breaks. */
const [performance, sizing] = ['docs/performance.md', 'docs/sizing.md'].map((page) =>
  readPage(page).replaceAll(/\s+/g, ' '),
);

interface FleetRow {
  /** `10 x 100` */
  readonly fleet: string;
  readonly domains: number;
  readonly series: number;
  readonly pageMb: string;
  readonly cpu: string;
  readonly memoryMb: string;
}

/** What bench:fleet measured, as docs/performance.md has it. */
function fleetRows(): FleetRow[] {
  const rows = [...readPage('docs/performance.md').matchAll(/^\| *(\d+) x (\d+) *\|(.*)\|$/gm)];
  return rows.map(([, hosts = '', each = '', rest = '']) => {
    const [series = '', pageMb = '', cpu = '', , memoryMb = ''] = rest.split('|').map((cell) => cell.trim());
    return {
      fleet: `${hosts} x ${each}`,
      domains: Number(hosts) * Number(each),
      series: Number(series),
      pageMb,
      cpu,
      memoryMb,
    };
  });
}

describe('docs/sizing.md', () => {
  const rows = fleetRows();

  it('has the fleets that were measured', () => {
    expect(rows.map(({ fleet }) => fleet)).toContain('10 x 100');
    const expected = table(
      ['hosts x domains', 'CPU of one core', 'memory (MB)', 'series', 'series a domain', 'page (MB)'],
      rows.map(({ fleet, domains, series, pageMb, cpu, memoryMb }) => [
        fleet,
        cpu,
        memoryMb,
        String(series),
        String(Math.round(series / domains)),
        pageMb,
      ]),
    );
    expect(blockOf(PAGE, 'fleet', expected)).toBe(expected);
  });

  it('computes what Prometheus keeps', () => {
    const series = rows.find(({ fleet }) => fleet === '10 x 100')?.series ?? NaN;
    const samples = series / 15;
    const expected = table(
      ['kept for', 'samples', 'disk (GB)'],
      [15, 30, 90].map((days) => {
        const kept = samples * days * 86_400;
        const disk = (kept * 2) / 1e9;
        return [`${String(days)} days`, `${(kept / 1e9).toFixed(1)} billion`, String(Math.round(disk))];
      }),
    );
    expect(blockOf(PAGE, 'retention', expected)).toBe(expected);
  });

  it.each([
    ['280 to 380 µs a domain and poll', '280 to 380 µs a domain and poll'],
    ['0.00038 /', '280 to 380 µs'],
    [
      'a series takes 97 bytes of text, 82 beyond it on the page, and 65 in the snapshot it is made of',
      'A series takes 97 bytes of text, 82 beyond it on the page, and 65 in the snapshot it is made of',
    ],
    ['11.7 ms of CPU for 194,784 series', '| scrape, not compressed | 11.7 |'],
    ['11.7 ms of CPU for 194,784 series', '| 194,784 series, 18.9 MB, one host |'],
    ['0.5 ms compressed when nothing changed since', 'compressed scrape, generation seen before | 0.5 |'],
    [
      'A second Prometheus costs one copy of the page',
      "A second Prometheus doubles the peer's cost and libvirtd's, and adds one copy to Vireo's",
    ],
    [
      "0.46 s of CPU a minute for 40 domains every 5 seconds, where Debian's exporter took 0.44",
      'CPU of libvirtd (s per minute) | 0.46 | 0.44 |',
    ],
    ['700 with 10 domains, 2192 with 40', 'series | 700 | 216 |'],
    ['700 with 10 domains, 2192 with 40', 'series | 2192 | 726 |'],
    [
      '13,000 to 15,000 domains every 5 s, and 100,000 domains need an interval of 40 s or more',
      '13,000 to 15,000 domains every 5 s, and 100,000 domains need an interval of 40 s or more',
    ],
    ['can stand still for 55 ms of CPU', '55 ms with 10,000 on one'],
    ['0.04 ms later than directly', '0.04 ms later'],
    ['some 5 MB/s, so one core carries dozens', 'some 5 MB/s: one core of Vireo carries dozens'],
    ['Idle, 50 take 0.2 to 0.4 % of a core', 'Idle, all 50 together take 0.2 to 0.4 % of a core'],
  ])('quotes: %s', (said, measured) => {
    expect(sizing).toContain(said);
    expect(performance).toContain(measured);
  });
});
