// SPDX-License-Identifier: Apache-2.0
// docs/metrics.md is what the tables of exporter/src/contract say. `npm run docs` (VIREO_UPDATE_DOCS=1) writes it anew.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { METRIC_FAMILIES } from '../../exporter/src/contract/metrics.ts';
import { buildMetricsDoc } from '../../exporter/src/contract/metrics-doc.ts';

const PAGE = join(__dirname, '../../docs/metrics.md');

describe('docs/metrics.md', () => {
  it('is what the tables say', () => {
    const doc = buildMetricsDoc();
    if (process.env['VIREO_UPDATE_DOCS'] === '1') writeFileSync(PAGE, doc);
    expect(readFileSync(PAGE, 'utf8')).toBe(doc);
  });

  it('has one row for every family', () => {
    const rows = readFileSync(PAGE, 'utf8').split('\n');
    for (const { name } of METRIC_FAMILIES) {
      expect(rows.filter((row) => row.startsWith(`| \`${name}\` | `)).length).toBeGreaterThanOrEqual(1);
    }
  });

  it('has tables whose rows all have as many cells as their head', () => {
    const rows = readFileSync(PAGE, 'utf8').split('\n');
    rows.forEach((row, index) => {
      const previous = rows[index - 1] ?? '';
      if (!row.startsWith('|') || !previous.startsWith('|')) return;
      const cells = (line: string): number => line.replaceAll('\\|', '').split('|').length;
      expect([row, cells(row)]).toEqual([row, cells(previous)]);
    });
  });
});
