// SPDX-License-Identifier: Apache-2.0
// Tier A of a poll, as a procedure: whole where nothing holds it up, piece by piece where something does, and the
// question whether the daemon lives at all.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { RemoteError, TimeoutError } from '@vireo/libvirt';
import type { CallOptions, Connection, StatsGroup } from '@vireo/libvirt';
import type { DomainTable } from './domain-table.ts';
import type { DriverSupport } from './driver-support.ts';
import { isHung } from './hung-calls.ts';
import type { HungCalls } from './hung-calls.ts';
import { fetchBulkInventory, fetchListedInventory, fetchState, fetchStates, inventoryOf } from './inventory.ts';
import type { Inventory } from './inventory.ts';
import type { StatisticsPoller } from './statistics.ts';

const WHOLE = 'inventory of all domains';

/** What the inventory needs from its session. */
export interface InventoryContext {
  readonly domains: DomainTable;
  readonly support: DriverSupport;
  readonly hung: HungCalls;
  /** The connection that nothing blocks. */
  readonly control: Connection;
  /** A connection for calls that may hang. */
  readonly acquire: () => Promise<Connection>;
  /** Statistics that come with the inventory. */
  readonly groups: readonly StatsGroup[];
  /** Tier A over some domains, in chunks. */
  readonly chunks: StatisticsPoller;
  readonly options: (options?: CallOptions) => CallOptions;
  /** Whether the daemon reaches the hypervisor over the network: what hangs there is all of it, and no single domain. */
  readonly isFar: boolean;
  /** The daemon does not answer the cheapest call either. */
  readonly onSilent: (error: unknown) => void;
}

/** Takes the inventories of one connection into the domain table. */
export class InventoryPoller {
  readonly #context: InventoryContext;

  constructor(context: InventoryContext) {
    this.#context = context;
  }

  /** Rejects when nothing could be found out; what could be is in the table, with `failure` in the result. */
  async poll(): Promise<Inventory> {
    const { control, domains, hung } = this.#context;
    const askedAt = performance.now();
    let failure: unknown;
    try {
      const inventory = await hung.run(
        WHOLE,
        () => control,
        () => this.#whole(),
      );
      // Of ten thousand domains, decoding the end of the answer and taking it over are enough for a turn each.
      await nextTurn();
      domains.applyInventory(inventory.states, askedAt, inventory.unanswered);
      return inventory;
    } catch (error) {
      failure = error;
    }
    if (!(failure instanceof RemoteError)) await this.#requireAlive(failure);
    if (this.#context.isFar && isHung(failure)) throw failure;
    const hasBulk = !this.#context.support.lacks('CONNECT_GET_ALL_DOMAIN_STATS');
    if (hasBulk && failure instanceof RemoteError) return await this.#listedInChunks();
    // Whatever holds up the call over all domains holds up a list of them too, so who there is can't be learnt.
    if (!domains.isKnown) throw failure;
    return hasBulk ? await this.#inChunks() : await this.#oneByOne();
  }

  async #whole(): Promise<Inventory> {
    const { control, groups, support, hung, options } = this.#context;
    const bulk = await support.try('CONNECT_GET_ALL_DOMAIN_STATS', () =>
      fetchBulkInventory(control, groups, options({ lane: 'urgent' })),
    );
    return bulk ?? (await fetchListedInventory(control, hung, options()));
  }

  /** Rejects when the daemon does not answer the cheapest call either. */
  async #requireAlive(cause: unknown): Promise<void> {
    try {
      await this.#context.control.host.libvirtVersion(this.#context.options({ lane: 'urgent' }));
    } catch (error) {
      // Refused is answered; and with no slot free the question never went out: domains whose objects are locked may hold
      // them all, so keepalive must tell then.
      if (error instanceof RemoteError || (error instanceof TimeoutError && !isHung(error))) return;
      this.#context.onSilent(cause);
      throw cause;
    }
  }

  /** One domain whose object is locked (a huge guest that is torn down) holds up every call over all of them. */
  async #inChunks(): Promise<Inventory> {
    const { chunks, control, domains, options } = this.#context;
    const askedAt = performance.now();
    const { records, quarantine, failure } = await chunks.poll([...domains.all(), ...domains.unseen()]);
    const inventory = inventoryOf([...records.values()]);
    domains.applyStates(inventory.states, askedAt);
    if (failure !== undefined) throw failure;
    // Who is gone is silently left out of a reply.
    for (const domain of [...domains.all(), ...domains.unseen()]) {
      if (records.has(domain.uuid) || quarantine.has(domain.uuid)) continue;
      if ((await fetchState(control, domain, options({ lane: 'urgent' }))) === null) domains.removeByEvent(domain.uuid);
    }
    return inventory;
  }

  /** The answer over all domains was refused, mostly because it would be larger than libvirt sends: a list is small. */
  async #listedInChunks(): Promise<Inventory> {
    const { chunks, control, domains, options } = this.#context;
    const askedAt = performance.now();
    const listed = await control.domains.list({}, options({ lane: 'urgent' }));
    const { records, failure } = await chunks.poll(listed);
    const inventory = inventoryOf([...records.values()]);
    const unanswered = new Set(listed.flatMap(({ uuid }) => (records.has(uuid) ? [] : [uuid])));
    for (const uuid of inventory.unanswered) unanswered.add(uuid);
    domains.applyInventory(inventory.states, askedAt, unanswered);
    return { ...inventory, unanswered, ...(failure === undefined ? {} : { failure }) };
  }

  async #oneByOne(): Promise<Inventory> {
    const { acquire, domains, hung, options } = this.#context;
    const askedAt = performance.now();
    const inventory = await fetchStates([...domains.all(), ...domains.unseen()], acquire, hung, options());
    domains.applyInventory(inventory.states, askedAt, inventory.unanswered);
    return inventory;
  }
}
