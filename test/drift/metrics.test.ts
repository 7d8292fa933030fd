// SPDX-License-Identifier: Apache-2.0
// docs/metrics.md is what the tables of exporter/src/contract say; `npm run docs` (VIREO_UPDATE_DOCS=1) writes it anew.
// The contract may not import the client, so its lists of states are held against the client's here.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CONTROL_STATES,
  DOMAIN_STATES,
  JOB_TYPES,
  STORAGE_POOL_STATES,
} from '../../exporter/src/contract/libvirt-states.ts';
import { METRIC_FAMILIES } from '../../exporter/src/contract/metrics.ts';
import { buildMetricsDoc } from '../../exporter/src/contract/metrics-doc.ts';
import { domainControlState, domainJobType, domainState, storagePoolState } from '../../libvirt/src/protocol/enums.ts';

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

describe('the lists of states', () => {
  it.each([
    ['domains', DOMAIN_STATES, domainState],
    ['control channels', CONTROL_STATES, domainControlState],
    ['jobs', JOB_TYPES, domainJobType],
    ['storage pools', STORAGE_POOL_STATES, storagePoolState],
  ] as const)('of %s are those of the client, whole and in libvirt’s order', (_, states, labelOf) => {
    expect(states.map((_state, number) => labelOf(number))).toEqual(states);
    expect(labelOf(states.length)).toBe(`unknown-${String(states.length)}`);
  });
});
