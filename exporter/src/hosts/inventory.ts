// SPDX-License-Identifier: Apache-2.0
// Tier A of a poll, as questions: which domains there are and in which state, with the statistics that never touch a
// QEMU monitor. One call for all of them where the driver has bulk statistics; a list and a state each where it has not.

import { domainReason, domainState, RemoteError } from '@vireo/libvirt';
import type { CallOptions, Connection, DomainRef, DomainState, DomainStats, StatsGroup } from '@vireo/libvirt';
import { forEachBounded } from './bounded.ts';
import type { DomainFlags, DomainStateRecord } from './domain-table.ts';
import { isUnsupported } from './driver-support.ts';
import { isHung } from './hung-calls.ts';
import type { HungCalls } from './hung-calls.ts';

/** The states in which a domain may have no hypervisor process. */
const INACTIVE_STATES: ReadonlySet<DomainState> = new Set<DomainState>(['shutoff', 'crashed', 'nostate']);

/** What one inventory found. */
export interface Inventory {
  readonly states: readonly DomainStateRecord[];
  /** By UUID; empty for a driver without bulk statistics. */
  readonly statistics: ReadonlyMap<string, DomainStats>;
  /** By UUID: domains that are there and did not tell their state in time. */
  readonly unanswered: ReadonlySet<string>;
  /** The first failure; the rest was found all the same. */
  readonly failure?: Error;
}

/**
 * Takes the inventory by one bulk call. Rejects with VIR_ERR_NO_SUPPORT where the driver has none.
 * @param groups `state`, and others that never wait
 */
export async function fetchBulkInventory(
  connection: Connection,
  groups: readonly StatsGroup[],
  options: CallOptions,
): Promise<Inventory> {
  return inventoryOf(await connection.stats.getAll({ groups, noWait: true }, options));
}

/** Takes the inventory by a list and one GET_STATE a domain. */
export async function fetchListedInventory(
  connection: Connection,
  hung: HungCalls,
  options: CallOptions,
): Promise<Inventory> {
  const domains = await connection.domains.list({}, { ...options, lane: 'urgent' });
  return await fetchStates(domains, () => connection, hung, options);
}

/** The states of these domains, one GET_STATE each; who is gone is not in it. */
export async function fetchStates(
  domains: readonly DomainRef[],
  acquire: () => Connection | Promise<Connection>,
  hung: HungCalls,
  options: CallOptions,
): Promise<Inventory> {
  const states: DomainStateRecord[] = [];
  const unanswered = new Set<string>();
  let failure: Error | undefined;
  await forEachBounded(domains, 3, async (domain) => {
    try {
      const record = await hung.run(`state of ${domain.uuid}`, acquire, (connection) =>
        fetchState(connection, domain, { ...options, lane: 'bulk' }),
      );
      if (record !== null) states.push(record);
    } catch (error) {
      // The connection is gone, and with it every other answer.
      if (!(error instanceof Error) || !(isHung(error) || error instanceof RemoteError)) throw error;
      unanswered.add(domain.uuid);
      failure ??= error;
    }
  });
  return { states, statistics: new Map(), unanswered, ...(failure === undefined ? {} : { failure }) };
}

/**
 * One domain's state, or null when the domain is gone. The id is the one it has in that state, as far as can be known:
 * the caller's may be from before it stopped or started.
 */
export async function fetchState(
  connection: Connection,
  domain: DomainRef,
  options: CallOptions,
): Promise<DomainStateRecord | null> {
  try {
    const { state, reason } = await stateOf(connection, domain, options);
    if (state === 'shutoff') return { domain: { ...domain, id: -1 }, state, reason };
    if (domain.id !== -1 || INACTIVE_STATES.has(state)) return { domain, state, reason };
    return { domain: await connection.domains.lookupByUuid(domain.uuid, options), state, reason };
  } catch (error) {
    if (error instanceof RemoteError && error.name === 'VIR_ERR_NO_DOMAIN') return null;
    throw error;
  }
}

async function stateOf(
  connection: Connection,
  domain: DomainRef,
  options: CallOptions,
): Promise<Pick<DomainStateRecord, 'state' | 'reason'>> {
  try {
    return await connection.domains.state(domain, options);
  } catch (error) {
    if (!isUnsupported(error)) throw error;
    const { state } = await connection.domains.info(domain, options);
    return { state, reason: 'unknown' };
  }
}

/** One domain's flags, as far as its driver has them. None of these calls needs the hypervisor process. */
export async function fetchFlags(
  connection: Connection,
  domain: DomainRef,
  options: CallOptions,
): Promise<DomainFlags> {
  const { domains } = connection;
  const [persistent, autostart, managedSave] = await Promise.all([
    orUnknown(domains.isPersistent(domain, options)),
    orUnknown(domains.autostart(domain, options)),
    orUnknown(domains.hasManagedSave(domain, options)),
  ]);
  return {
    ...(persistent === undefined ? {} : { persistent }),
    ...(autostart === undefined ? {} : { autostart }),
    ...(managedSave === undefined ? {} : { managedSave }),
  };
}

/** Undefined where the driver refuses, with whatever error: a transient domain has no autostart. */
async function orUnknown(question: Promise<boolean>): Promise<boolean | undefined> {
  try {
    return await question;
  } catch (error) {
    if (error instanceof RemoteError) return undefined;
    throw error;
  }
}

/** The states that records of the `state` group hold. */
export function inventoryOf(records: readonly DomainStats[]): Inventory {
  const states: DomainStateRecord[] = [];
  const unanswered = new Set<string>();
  for (const { domain, fields } of records) {
    const state = fields.get('state.state');
    const reason = fields.get('state.reason');
    if (typeof state !== 'number') {
      unanswered.add(domain.uuid);
      continue;
    }
    const label = domainState(state);
    states.push({ domain, state: label, reason: domainReason(label, typeof reason === 'number' ? reason : 0) });
  }
  return { states, statistics: new Map(records.map((record) => [record.domain.uuid, record])), unanswered };
}
