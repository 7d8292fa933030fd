// SPDX-License-Identifier: Apache-2.0
// The encoded samples of hosts put together to a page: family by family, each under its header in the format asked for.

import type { MetricGroup } from '../contract/groups.ts';
import { SNAPSHOT_FAMILIES, SNAPSHOT_GROUPS } from '../contract/metrics.ts';
import { familyIndex, textHeader } from './exposition.ts';
import type { Fragments } from './exposition.ts';
import type { ExpositionFormat } from './negotiate.ts';
import { openMetricsHeader } from './openmetrics.ts';

const HEADERS: Readonly<Record<ExpositionFormat, readonly Buffer[]>> = {
  text: SNAPSHOT_FAMILIES.map((family) => Buffer.from(textHeader(family))),
  openmetrics: SNAPSHOT_FAMILIES.map((family) => Buffer.from(openMetricsHeader(family))),
};

/** Part of every page, however it was narrowed: without it nobody knows whether a host that shows nothing is there. */
const UP = familyIndex('libvirt_up');

/** Pages grow a little from poll to poll; the same memory should do for the next. */
const SLACK = 1.05;

/** Which part of the page, in which format. */
export interface PageParts {
  readonly format: ExpositionFormat;
  /** Only the families of these groups, and `libvirt_up`; absent means all. */
  readonly groups?: ReadonlySet<MetricGroup>;
}

/**
 * Copies the parts together, without encoding anything.
 *
 * @param scratch Memory to use when the page fits into it.
 * @returns The page, at the beginning of its memory.
 */
export function joinFragments(fragments: readonly Fragments[], { format, groups }: PageParts, scratch: Buffer): Buffer {
  const headers = HEADERS[format];
  const wanted = (family: number): boolean => {
    const group = SNAPSHOT_GROUPS[family];
    return groups === undefined || family === UP || (group !== undefined && groups.has(group));
  };
  let bound = 0;
  headers.forEach((header, family) => {
    if (!wanted(family)) return;
    bound += header.length;
    for (const { offsets } of fragments) bound += (offsets[family + 1] ?? 0) - (offsets[family] ?? 0);
  });
  const page = scratch.length >= bound ? scratch : Buffer.allocUnsafeSlow(Math.ceil(bound * SLACK));
  let end = 0;
  headers.forEach((header, family) => {
    if (!wanted(family)) return;
    let headed = false;
    for (const { bytes, offsets } of fragments) {
      const from = offsets[family] ?? 0;
      const to = offsets[family + 1] ?? from;
      if (from === to) continue;
      if (!headed) end += header.copy(page, end);
      headed = true;
      end += bytes.copy(page, end, from, to);
    }
  });
  return page.subarray(0, end);
}
