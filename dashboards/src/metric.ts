// SPDX-License-Identifier: Apache-2.0
// Names of metrics in PromQL, taken from the exporter's contract: a fact that was renamed does not compile, a statistic
// or label that is not there stops the generator.

import { METRIC_FAMILIES } from '@vireo/exporter/contract';
import type { FactName, ProcessMetricName } from '@vireo/exporter/contract';

/** Label matchers by label, with their operator: `{ state: '="paused"' }`. */
export type Matchers = Readonly<Record<string, string>>;

const families = new Map(METRIC_FAMILIES.map((family) => [family.name, family]));

/** Selects a family that is not one plain statistic of libvirt. */
export function fact(name: FactName | ProcessMetricName, matchers: Matchers = {}): string {
  return statistic(name, matchers);
}

/**
 * Selects any family.
 *
 * @throws Error when the contract has no such family, or the family no such label.
 */
export function statistic(name: string, matchers: Matchers = {}): string {
  const family = families.get(name);
  if (family === undefined) throw new Error(`the contract has no metric ${name}`);
  const parts = Object.entries(matchers).map(([label, matcher]) => {
    if (!family.labels.includes(label)) throw new Error(`${name} has no label ${label}`);
    return `${label}${matcher}`;
  });
  return parts.length === 0 ? name : `${name}{${parts.join(',')}}`;
}
