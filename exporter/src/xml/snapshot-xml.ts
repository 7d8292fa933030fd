// SPDX-License-Identifier: Apache-2.0
// A snapshot's XML (DOMAIN_SNAPSHOT_GET_XML_DESC) as small typed facts; the domain in it is left out.

import { given, text } from './element-values.ts';
import { creationTimeOf } from './creation-time.ts';
import { parseXml } from './parse-xml.ts';

/** What a snapshot's XML says of it. */
export interface SnapshotXml {
  readonly description?: string;
  /** Seconds since the epoch. */
  readonly createdAt?: number;
  /** Of the domain at that moment: `running`, `paused`, `shutoff`, or `disk-snapshot` for one of disks alone. */
  readonly state?: string;
  /** The name of the snapshot it was made upon. */
  readonly parent?: string;
}

/**
 * Reads a snapshot's XML.
 *
 * @throws {@link import('./xml-error.ts').XmlError} when it is not well-formed or over a limit
 */
export function parseSnapshotXml(xml: string): SnapshotXml {
  const snapshot = parseXml(xml);
  return {
    ...given('description', text(snapshot, 'description')),
    ...given('createdAt', creationTimeOf(snapshot)),
    ...given('state', text(snapshot, 'state')),
    ...given('parent', text(snapshot.child('parent'), 'name')),
  };
}
