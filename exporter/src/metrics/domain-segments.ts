// SPDX-License-Identifier: Apache-2.0
// The domains of one host in segments small enough to be encoded without holding up the event loop. A domain stays in
// its segment, so that what a segment's lines looked like last time holds when others come and go.

import type { MetricGroup } from '../contract/groups.ts';
import type { DomainSnapshot } from '../hosts/snapshot.ts';
import { DomainLabels } from './domain-labels.ts';
import { encodeDomain } from './encode-domain.ts';
import { SampleWriter } from './exposition.ts';
import type { Fragments, SampleMemory } from './sample-lines.ts';

/** Domains of one segment: with ten disks each still a matter of few milliseconds. */
const SEGMENT_DOMAINS = 100;

interface Segment {
  readonly writer: SampleWriter;
  readonly labels: Map<string, DomainLabels>;
}

/** All domains of one host, encoded. */
export interface EncodedDomains {
  readonly fragments: readonly Fragments[];
  readonly series: number;
  /** Devices left out for want of a name. */
  readonly unlabelled: number;
}

/** Encodes the domains of one host; keeps their label text. */
export class DomainSegments {
  private readonly host: string;
  private readonly memory: SampleMemory | undefined;
  private segments: readonly Segment[] = [];

  constructor(host: string, memory: SampleMemory | undefined) {
    this.host = host;
    this.memory = memory;
  }

  /** Encodes a segment at each step. */
  *encode(
    domains: ReadonlyMap<string, DomainSnapshot>,
    groups: ReadonlySet<MetricGroup>,
  ): Generator<undefined, EncodedDomains> {
    this.assign(domains);
    const fragments: Fragments[] = [];
    let series = 0;
    let unlabelled = 0;
    for (const { writer, labels } of this.segments) {
      // Between segments only: a host of one is done in one step.
      if (fragments.length > 0) yield;
      writer.begin(groups);
      for (const [name, texts] of labels) {
        const domain = domains.get(name);
        if (domain !== undefined) unlabelled += encodeDomain(writer, texts, domain, groups);
      }
      fragments.push(writer.finish());
      series += writer.series;
    }
    return { fragments, series, unlabelled };
  }

  /** Forgets the domains that are gone and finds a place for new ones. */
  private assign(domains: ReadonlyMap<string, DomainSnapshot>): void {
    const placed = new Set<string>();
    for (const { labels } of this.segments) {
      for (const name of labels.keys()) {
        if (domains.has(name)) placed.add(name);
        else labels.delete(name);
      }
    }
    const segments = this.segments.filter(({ labels }) => labels.size > 0);
    let next = 0;
    for (const name of domains.keys()) {
      if (placed.has(name)) continue;
      let segment = segments[next];
      while (segment !== undefined && segment.labels.size >= SEGMENT_DOMAINS) segment = segments[++next];
      if (segment === undefined) {
        segment = { writer: new SampleWriter(this.memory), labels: new Map() };
        segments.push(segment);
      }
      segment.labels.set(name, new DomainLabels(this.host, name));
    }
    this.segments = segments;
  }
}
