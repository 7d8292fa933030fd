// SPDX-License-Identifier: Apache-2.0
// The snapshots of one domain, one by one, for somebody who looks at it: a call each, so they are bounded.

import type { CallOptions, Connection, DomainRef } from '@vireo/libvirt';
import { parseSnapshotXml } from '../xml/snapshot-xml.ts';
import type { SnapshotXml } from '../xml/snapshot-xml.ts';

/** Most snapshots whose XML is read; of the others the name is all. */
const DOCUMENTS_MAX = 256;
/** Most snapshots given out. */
const ITEMS_MAX = 1000;

/** One snapshot. What libvirt's XML did not say is absent. */
export interface SnapshotItem extends SnapshotXml {
  readonly name: string;
  /** Whether it is the one the domain is at. */
  readonly current?: true;
}

/** The snapshots of a domain. */
export interface SnapshotList {
  /** As libvirt lists them, {@link ITEMS_MAX} at most. */
  readonly items: readonly SnapshotItem[];
  /** How many there are. */
  readonly total: number;
}

/**
 * Reads them by DOMAIN_LIST_ALL_SNAPSHOTS, DOMAIN_SNAPSHOT_CURRENT and DOMAIN_SNAPSHOT_GET_XML_DESC, one call after the
 * other; none of them takes a job or asks a monitor. A driver without snapshots: VIR_ERR_NO_SUPPORT.
 */
export async function listSnapshots(
  { snapshots }: Connection,
  domain: DomainRef,
  call: CallOptions,
): Promise<SnapshotList> {
  const all = await snapshots.list(domain, {}, call);
  const current = all.length === 0 ? null : await snapshots.current(domain, call);
  const items: SnapshotItem[] = [];
  for (const [index, snapshot] of all.slice(0, ITEMS_MAX).entries()) {
    const facts = index < DOCUMENTS_MAX ? parseSnapshotXml(await snapshots.xml(snapshot, call)) : {};
    items.push({ name: snapshot.name, ...facts, ...(snapshot.name === current?.name ? { current: true } : {}) });
  }
  return { items, total: all.length };
}
