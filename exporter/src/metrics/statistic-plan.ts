// SPDX-License-Identifier: Apache-2.0
// Fields that libvirt names to samples, as the family table says.

import { SCALES } from '../contract/metric-family.ts';
import type { StatisticGroup } from '../contract/metric-family.ts';
import { SNAPSHOT_FAMILIES } from '../contract/metrics.ts';
import { indexOf } from './exposition.ts';

/** A statistic family, ready for use: where it goes and how its value is scaled. */
export interface StatisticPlan {
  readonly family: number;
  readonly field: string;
  readonly multiply: number;
  readonly divide: number;
  /** Values up to this make no sample: libvirt's older calls say -1 for an unknown counter, and 0 for an unknown time. */
  readonly above: number;
}

/** The families of one group of fields. */
export function planOf(group: StatisticGroup): readonly StatisticPlan[] {
  return SNAPSHOT_FAMILIES.flatMap((family) => {
    if (family.source.kind !== 'statistic' || family.source.group !== group) return [];
    const { multiply, divide } = SCALES[family.source.scale];
    const above = family.zeroIsUnknown ? 0 : family.type === 'counter' ? -1 : -Infinity;
    return [{ family: indexOf(family.name), field: family.source.field, multiply, divide, above }];
  });
}

/** Whoever takes samples. */
export interface SampleTarget {
  /** @param labels As closeLabels makes them. */
  add(family: number, labels: string, value: number): void;
}

/** Adds a sample for each field that is there. */
export function addFields(
  target: SampleTarget,
  plans: readonly StatisticPlan[],
  labels: string,
  fields: { readonly get: (name: string) => number | string | boolean | undefined },
): void {
  for (const { family, field, multiply, divide, above } of plans) {
    const value = fields.get(field);
    if (typeof value === 'number' && value > above) target.add(family, labels, (value * multiply) / divide);
  }
}
