// SPDX-License-Identifier: Apache-2.0
// Every expression of the pages of fleet and host names metrics that Vireo has.

import { METRIC_FAMILIES } from '@vireo/exporter/contract';
import { FAULT_QUERIES, loadQueries } from '../pages/fleet/queries';
import { hostGraphs } from '../pages/host/graphs';
import { quoted } from './promql';

const known = new Map(METRIC_FAMILIES.map((family) => [family.name, family]));
const NAME = /\b(?:libvirt|vireo)_[a-z0-9_]+/g;

const expressions = [
  ...Object.values(FAULT_QUERIES),
  ...Object.values(loadQueries()),
  ...Object.values(loadQueries('kvm1')),
  ...hostGraphs('kvm1').flatMap(({ queries }) => queries.map(({ expr }) => expr)),
];

it.each(expressions)('%s asks for what there is', (expr) => {
  const names = expr.match(NAME) ?? [];
  expect(names.length).toBeGreaterThan(0);
  expect(names.filter((name) => !known.has(name))).toEqual([]);
  // A counter is only ever looked at by how it grows.
  for (const name of names.filter((one) => one.endsWith('_total'))) {
    expect(expr).toContain(`rate(${name}`);
  }
});

it('asks about one host only what is its own', () => {
  for (const expr of Object.values(loadQueries('a"b$c'))) {
    expect(expr.match(NAME)).toHaveLength(expr.match(/host="a\\"b\\x24c"/g)?.length ?? 0);
  }
});

it('writes any name as a string of PromQL without variables of Grafana', () => {
  expect(quoted('a"b\\c$d')).toBe('"a\\"b\\\\c\\x24d"');
});
