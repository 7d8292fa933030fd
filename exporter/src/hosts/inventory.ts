// SPDX-License-Identifier: Apache-2.0
// Tier A of a poll: which domains there are and in which state, with the statistics that never touch a QEMU monitor.
// One call for all of them where the driver has bulk statistics; a list and a state each where it has not.

import { domainReason, domainState, RemoteError } from '@vireo/libvirt';
import type { CallOptions, Connection, DomainRef, DomainStats, StatsGroup } from '@vireo/libvirt';
import { forEachBounded } from './bounded.ts';
import type { DomainStateRecord } from './domain-table.ts';
import { isUnsupported } from './driver-support.ts';

/** The groups that libvirt answers without asking a QEMU monitor or waiting for a domain's job. */
export const LOCKLESS_GROUPS: readonly StatsGroup[] = ['state', 'interface', 'perf', 'memory'];

/** What one inventory found. */
export interface Inventory {
  readonly states: readonly DomainStateRecord[];
  /** By UUID; empty for a driver without bulk statistics. */
  readonly statistics: ReadonlyMap<string, DomainStats>;
}

/** Takes the inventory by one bulk call. Rejects with VIR_ERR_NO_SUPPORT where the driver has none. */
export async function fetchBulkInventory(connection: Connection, options: CallOptions): Promise<Inventory> {
  return inventoryOf(await connection.stats.getAll({ groups: LOCKLESS_GROUPS, noWait: true }, options));
}

/** Takes the inventory by a list and one GET_STATE a domain. */
export async function fetchListedInventory(connection: Connection, options: CallOptions): Promise<Inventory> {
  const domains = await connection.domains.list({}, options);
  const states: DomainStateRecord[] = [];
  await forEachBounded(domains, 3, async (domain) => {
    const record = await fetchState(connection, domain, options);
    if (record !== null) states.push(record);
  });
  return { states, statistics: new Map() };
}

/** One domain's state, or null when the domain is gone. */
export async function fetchState(
  connection: Connection,
  domain: DomainRef,
  options: CallOptions,
): Promise<DomainStateRecord | null> {
  try {
    const { state, reason } = await connection.domains.state(domain, options);
    return { domain, state, reason };
  } catch (error) {
    if (error instanceof RemoteError && error.name === 'VIR_ERR_NO_DOMAIN') return null;
    if (!isUnsupported(error)) throw error;
    const { state } = await connection.domains.info(domain, options);
    return { domain, state, reason: 'unknown' };
  }
}

/** The states that records of the `state` group hold. */
export function inventoryOf(records: readonly DomainStats[]): Inventory {
  const states: DomainStateRecord[] = [];
  for (const { domain, fields } of records) {
    const state = fields.get('state.state');
    const reason = fields.get('state.reason');
    if (typeof state !== 'number') continue;
    const label = domainState(state);
    states.push({ domain, state: label, reason: domainReason(label, typeof reason === 'number' ? reason : 0) });
  }
  return { states, statistics: new Map(records.map((record) => [record.domain.uuid, record])) };
}
