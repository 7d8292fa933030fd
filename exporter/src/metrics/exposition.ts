// SPDX-License-Identifier: Apache-2.0
// Prometheus's text format 0.0.4, piece by piece. Sample lines are the same in OpenMetrics 1.0; only the header lines
// differ, so a second format needs no second encoding of the samples.

import type { MetricGroup } from '../contract/groups.ts';
import { SNAPSHOT_FAMILIES, SNAPSHOT_GROUPS } from '../contract/metrics.ts';
import type { FactName } from '../contract/metrics.ts';
import type { MetricFamily, MetricType } from '../contract/metric-family.ts';
import { SampleMemory } from './sample-lines.ts';
import type { Fragments, WrittenSamples } from './sample-lines.ts';

/** Content type of text format 0.0.4. */
export const TEXT_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Escapes a label value: backslash, quote and line feed. */
export function escapeLabelValue(value: string): string {
  return /[\\"\n]/.test(value) ? value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n') : value;
}

/** Escapes help text: backslash and line feed. */
export function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

/** Labels in order, each with its value; an absent value makes no label. */
export type LabelPairs = readonly (readonly [name: string, value: string | undefined])[];

/** Opens a label set: `{host="kvm1",domain="web"`, to be continued by {@link closeLabels}. */
export function openLabels(pairs: LabelPairs): string {
  return `{${joinLabels(pairs)}`;
}

/** Closes a label set after some more labels; ends with the space that separates labels and value. */
export function closeLabels(open: string, pairs: LabelPairs = []): string {
  const more = joinLabels(pairs);
  // Joined and not added: it is kept for long, and a sum of strings keeps its parts.
  return [open, more === '' ? '' : ',', more, '} '].join('');
}

function joinLabels(pairs: LabelPairs): string {
  let text = '';
  for (const [name, value] of pairs) {
    if (value === undefined || value === '') continue;
    text += `${text === '' ? '' : ','}${name}="${escapeLabelValue(value)}"`;
  }
  return text;
}

/** Types the text format has no word for are gauges in it. */
const TEXT_TYPES: Record<MetricType, string> = {
  counter: 'counter',
  gauge: 'gauge',
  info: 'gauge',
  stateset: 'gauge',
};

/** The two header lines of a family in text format 0.0.4. */
export function textHeader(family: MetricFamily): string {
  return `# HELP ${family.name} ${escapeHelp(family.help)}\n# TYPE ${family.name} ${TEXT_TYPES[family.type]}\n`;
}

const NAMES: readonly string[] = SNAPSHOT_FAMILIES.map(({ name }) => name);
const INDEX_OF: ReadonlyMap<string, number> = new Map(NAMES.map((name, index) => [name, index]));

/** Position of a family in the table, the index everything below uses. */
export function familyIndex(name: FactName): number {
  return indexOf(name);
}

/** As {@link familyIndex}, for a family taken from the table itself. */
export function indexOf(name: string): number {
  const index = INDEX_OF.get(name);
  if (index === undefined) throw new RangeError(`no metric family ${name} in the contract`);
  return index;
}

/** Memory for {@link SampleWriter}s; one does for all of them, since each is filled and finished without a pause. */
export function newSampleMemory(): SampleMemory {
  return new SampleMemory(NAMES);
}

/** Collects the samples of one segment of a host, in any order, and writes their lines family by family. */
export class SampleWriter {
  /** Number of samples so far. */
  series = 0;
  private readonly memory: SampleMemory;
  private before: WrittenSamples | undefined;
  private groups: ReadonlySet<MetricGroup> | undefined;
  /** By family; empty before the first {@link begin}: then everything is. */
  private shown: readonly boolean[] = [];

  constructor(memory: SampleMemory = newSampleMemory()) {
    this.memory = memory;
  }

  /**
   * Begins anew; what was written last makes the next {@link finish} cheap.
   *
   * @param groups Samples of other groups are dropped; `libvirt_up` never is.
   */
  begin(groups: ReadonlySet<MetricGroup>): void {
    if (groups !== this.groups) {
      this.groups = groups;
      this.shown = SNAPSHOT_GROUPS.map((group, family) => groups.has(group) || NAMES[family] === 'libvirt_up');
    }
    this.series = 0;
    this.memory.clear();
  }

  /**
   * Adds one sample.
   *
   * @param family Position in the table.
   * @param labels As {@link closeLabels} makes them.
   * @param value NaN and infinity make no sample: nothing libvirt says is either, so they are a mistake somewhere.
   */
  add(family: number, labels: string, value: number): void {
    if (!Number.isFinite(value) || this.shown[family] === false) return;
    this.memory.add(family, labels, value);
    this.series++;
  }

  /** Adds one sample when there is a value. */
  addGiven(family: number, labels: string, value: number | undefined): void {
    if (value !== undefined) this.add(family, labels, value);
  }

  /** Adds a 0 or 1 when there is a value. */
  addBoolean(family: number, labels: string, value: boolean | undefined): void {
    if (value !== undefined) this.add(family, labels, value ? 1 : 0);
  }

  /** The lines as bytes. */
  finish(): Fragments {
    this.before = this.memory.write(this.before);
    return this.before;
  }
}
