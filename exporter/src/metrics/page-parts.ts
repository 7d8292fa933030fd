// SPDX-License-Identifier: Apache-2.0
// The encoded samples of hosts put together to a page: family by family, each under its header in the format asked for.

import type { MetricGroup } from '../contract/groups.ts';
import { SNAPSHOT_FAMILIES, SNAPSHOT_GROUPS } from '../contract/metrics.ts';
import { familyIndex, textHeader } from './exposition.ts';
import type { ExpositionFormat } from './negotiate.ts';
import { openMetricsHeader } from './openmetrics.ts';
import type { Fragments } from './sample-lines.ts';

const HEADERS: Readonly<Record<ExpositionFormat, readonly Buffer[]>> = {
  text: SNAPSHOT_FAMILIES.map((family) => Buffer.from(textHeader(family))),
  openmetrics: SNAPSHOT_FAMILIES.map((family) => Buffer.from(openMetricsHeader(family))),
};

/** Part of every page, however it was narrowed: without it nobody knows whether a host that shows nothing is there. */
const UP = familyIndex('libvirt_up');

/** Which part of the page, in which format. */
export interface PageParts {
  readonly format: ExpositionFormat;
  /** Only the families of these groups, and `libvirt_up`; absent means all. */
  readonly groups?: ReadonlySet<MetricGroup>;
}

/** Copies the parts of a page together, as much at a time as the caller likes, without encoding anything. */
export class PageCopy {
  /** At least as many bytes as the page has. */
  readonly bound: number;
  private readonly fragments: readonly Fragments[];
  private readonly headers: readonly Buffer[];
  private readonly families: readonly number[];
  /** Where the copy stands: position in `families`, then in `fragments`, then bytes of that one's part copied already. */
  private family = 0;
  private fragment = 0;
  private copied = 0;
  private headed = false;

  constructor(fragments: readonly Fragments[], { format, groups }: PageParts) {
    const headers = HEADERS[format];
    this.fragments = fragments;
    this.headers = headers;
    this.families = headers.flatMap((_, family) => {
      const group = SNAPSHOT_GROUPS[family];
      const wanted = groups === undefined || family === UP || (group !== undefined && groups.has(group));
      return wanted ? [family] : [];
    });
    this.bound = this.families.reduce((sum, family) => sum + (headers[family]?.length ?? 0), 0);
    for (const { bytes, offsets } of fragments) {
      if (groups === undefined) this.bound += bytes.length;
      else for (const family of this.families) this.bound += (offsets[family + 1] ?? 0) - (offsets[family] ?? 0);
    }
  }

  /**
   * Goes on copying, into `target` from its beginning.
   *
   * @returns Bytes copied. Less than `target` has room for: the page has ended, or a header did not fit in.
   */
  fill(target: Buffer): number {
    let end = 0;
    for (; this.family < this.families.length; this.family++) {
      const family = this.families[this.family] ?? 0;
      const header = this.headers[family];
      for (; this.fragment < this.fragments.length; this.fragment++) {
        const fragment = this.fragments[this.fragment];
        if (fragment === undefined || header === undefined) continue;
        const from = (fragment.offsets[family] ?? 0) + this.copied;
        const to = fragment.offsets[family + 1] ?? from;
        if (from === to) {
          this.copied = 0;
          continue;
        }
        if (!this.headed) {
          if (end + header.length > target.length) return end;
          end += header.copy(target, end);
          this.headed = true;
        }
        const copied = fragment.bytes.copy(target, end, from, to);
        end += copied;
        if (from + copied < to) {
          this.copied += copied;
          return end;
        }
        this.copied = 0;
      }
      this.fragment = 0;
      this.headed = false;
    }
    return end;
  }
}
