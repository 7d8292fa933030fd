// SPDX-License-Identifier: Apache-2.0
// What the capabilities XML says of the host's NUMA cells. Source: libvirt docs/formatcaps, "Host capabilities".

import { bytes, given, integer } from './element-values.ts';
import { parseXml } from './parse-xml.ts';

/** One NUMA cell. */
export interface CellXml {
  /** Its number, which need not be its position. */
  readonly id: number;
  readonly memoryBytes?: number;
  /** Number of logical CPUs. */
  readonly cpus?: number;
  /** Huge pages by size, small sizes first; the smallest size a cell has is the ordinary one and not here. */
  readonly hugepages: readonly { readonly sizeKiB: number; readonly total: number }[];
}

/**
 * Reads the cells of a capabilities document; none where the driver does not tell.
 *
 * @throws XmlError as {@link parseXml} does
 */
export function parseCells(capabilities: string): readonly CellXml[] {
  const cells = parseXml(capabilities).child('host')?.child('topology')?.child('cells')?.children('cell') ?? [];
  return cells.flatMap((cell) => {
    const id = integer(cell.attribute('id'));
    if (id === undefined) return [];
    const pages = cell.children('pages').flatMap((element) => {
      const size = bytes(element, element.attribute('size'));
      const total = integer(element.text.trim());
      return size === undefined || total === undefined ? [] : [{ sizeKiB: size / 1024, total }];
    });
    return {
      id,
      ...given('memoryBytes', bytes(cell.child('memory'))),
      ...given('cpus', integer(cell.child('cpus')?.attribute('num'))),
      hugepages: pages.toSorted((a, b) => a.sizeKiB - b.sizeKiB).slice(1),
    };
  });
}
