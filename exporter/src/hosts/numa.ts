// SPDX-License-Identifier: Apache-2.0
// NUMA cells of the host: what they have, from the capabilities, and what of it is free.

import { RemoteError } from '@vireo/libvirt';
import type { CallOptions, Connection } from '@vireo/libvirt';
import { parseCells } from '../xml/topology-xml.ts';
import type { CellXml } from '../xml/topology-xml.ts';
import type { DriverSupport } from './driver-support.ts';
import type { HugepagesSnapshot, NumaCellSnapshot } from './snapshot.ts';

/** As many as libvirt tells the free memory of. */
const CELLS_MAX = 1024;

/**
 * Every cell of the host; undefined where the driver tells of none. Rejects with the client's errors and `XmlError`.
 *
 * @param withHugepages asks for the free huge pages of each cell that can have some
 */
export async function fetchCells(
  connection: Connection,
  support: DriverSupport,
  withHugepages: boolean,
  options: CallOptions,
): Promise<readonly NumaCellSnapshot[] | undefined> {
  const { host } = connection;
  const free = await support.try('NODE_GET_CELLS_FREE_MEMORY', () => host.cellsFreeMemoryBytes(options));
  const capabilities = await support.try('CONNECT_GET_CAPABILITIES', () => host.capabilities(options));
  const known = capabilities === undefined ? [] : parseCells(capabilities).slice(0, CELLS_MAX);
  if (known.length === 0) return free?.map((freeBytes, cell) => ({ cell, freeBytes }));
  const cells: NumaCellSnapshot[] = [];
  for (const cell of known) {
    const { id, hugepages: _, ...facts } = cell;
    const freeBytes = free?.[id];
    cells.push({
      cell: id,
      ...facts,
      ...(freeBytes === undefined ? {} : { freeBytes }),
      ...(withHugepages ? { hugepages: await hugepages(connection, support, cell, options) } : {}),
    });
  }
  return cells;
}

async function hugepages(
  { host }: Connection,
  support: DriverSupport,
  { id, hugepages: pages }: CellXml,
  options: CallOptions,
): Promise<readonly HugepagesSnapshot[]> {
  const sizes = pages.map(({ sizeKiB }) => sizeKiB);
  const ask = (): Promise<ReadonlyMap<number, number>> => host.freePages(id, sizes, options);
  let free: ReadonlyMap<number, number> | undefined;
  try {
    if (sizes.length > 0) free = await support.try('NODE_GET_FREE_PAGES', ask);
  } catch (error) {
    // A cell that lost its memory since the capabilities were written is refused; the others are none the worse.
    if (!(error instanceof RemoteError)) throw error;
  }
  return pages.map(({ sizeKiB, total }) => {
    const count = free?.get(sizeKiB);
    return { sizeBytes: sizeKiB * 1024, total, ...(count === undefined ? {} : { free: count }) };
  });
}
