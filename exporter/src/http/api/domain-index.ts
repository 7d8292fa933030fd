// SPDX-License-Identifier: Apache-2.0
// The domains of all hosts in one order, kept from snapshot to snapshot: a request filters and cuts, and only what it
// answers with becomes JSON. Names change seldom, so a new snapshot is sorted in the order of the one before it.

import type { DomainSnapshot, HostSnapshot } from '../../hosts/snapshot.ts';

/** A domain where it runs. */
export interface DomainEntry {
  readonly host: HostSnapshot;
  readonly domain: DomainSnapshot;
  /** What a search looks at, in lower case: name, UUID and title, one a line. */
  readonly searchText: string;
}

interface HostEntries {
  readonly snapshot: HostSnapshot;
  readonly entries: readonly DomainEntry[];
}

/** By name, then host, then UUID. By code unit: `localeCompare` would take ten times as long. */
export function compareByName(a: DomainEntry, b: DomainEntry): number {
  return (
    compareText(a.domain.name, b.domain.name) ||
    compareText(a.host.host, b.host.host) ||
    compareText(a.domain.uuid, b.domain.uuid)
  );
}

/** By code unit. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** See the head of this file. */
export class DomainIndex {
  #byHost = new Map<string, HostEntries>();
  #hosts: readonly HostSnapshot[] = [];
  #entries: readonly DomainEntry[] = [];

  /** Every domain of these snapshots, in the order of {@link compareByName}. */
  entries(hosts: readonly HostSnapshot[]): readonly DomainEntry[] {
    const known = this.#hosts;
    if (hosts.length === known.length && hosts.every((host, i) => host === known[i])) return this.#entries;
    const byHost = new Map<string, HostEntries>();
    for (const snapshot of hosts) {
      const before = this.#byHost.get(snapshot.host);
      byHost.set(snapshot.host, before?.snapshot === snapshot ? before : buildEntries(snapshot, before));
    }
    const parts = [...byHost.values()].map(({ entries }) => entries);
    // Each part is sorted, and merging sorted runs is what the engine's sort is best at.
    const all = parts.flat();
    if (parts.length > 1) all.sort(compareByName);
    this.#byHost = byHost;
    this.#hosts = [...hosts];
    this.#entries = all;
    return all;
  }
}

function buildEntries(snapshot: HostSnapshot, before: HostEntries | undefined): HostEntries {
  const entries: DomainEntry[] = [];
  const seen = new Set<string>();
  for (const { domain: old, searchText } of before?.entries ?? []) {
    const domain = snapshot.domains.get(old.uuid);
    if (domain === undefined) continue;
    seen.add(old.uuid);
    const same = domain.name === old.name && domain.xml?.title === old.xml?.title;
    entries.push({ host: snapshot, domain, searchText: same ? searchText : searchTextOf(domain) });
  }
  for (const domain of snapshot.domains.values()) {
    if (!seen.has(domain.uuid)) entries.push({ host: snapshot, domain, searchText: searchTextOf(domain) });
  }
  entries.sort(compareByName);
  return { snapshot, entries };
}

function searchTextOf({ name, uuid, xml }: DomainSnapshot): string {
  return `${name}\n${uuid}\n${xml?.title ?? ''}`.toLowerCase();
}
