// SPDX-License-Identifier: Apache-2.0

import { parseXml } from './parse-xml.ts';
import type { XmlElement } from './parse-xml.ts';

/**
 * When a snapshot or checkpoint was made, in seconds since the epoch; undefined when its XML does not say.
 *
 * @throws {@link import('./xml-error.ts').XmlError} when it is not well-formed or over a limit
 */
export function parseCreationTime(xml: string): number | undefined {
  return creationTimeOf(parseXml(xml));
}

/** {@link parseCreationTime} of what was read already. */
export function creationTimeOf(root: XmlElement): number | undefined {
  const text = root.child('creationTime')?.text.trim() ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
