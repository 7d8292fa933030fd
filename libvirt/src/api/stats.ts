// SPDX-License-Identifier: Apache-2.0
// Statistics of many domains in one call.

import { ProtocolError, UsageError } from '../errors.ts';
import { VIR_CONNECT_GET_ALL_DOMAINS_STATS, VIR_DOMAIN_STATS, fastDomainStats } from '../protocol/domain-stats.ts';
import type { DomainStats } from '../protocol/domain-stats.ts';
import type { DomainRef } from '../protocol/types.ts';
import type { CallOptions, RpcClient } from '../rpc/rpc-client.ts';
import { turns } from './turns.ts';
import { SLOW_MS } from './units.ts';

/**
 * The groups of statistics. State, interface, perf and memory never wait for an emulator; the others do, but for what
 * they can say without it.
 */
export const STATS_GROUPS = {
  state: VIR_DOMAIN_STATS.VIR_DOMAIN_STATS_STATE,
  cpu: VIR_DOMAIN_STATS.VIR_DOMAIN_STATS_CPU_TOTAL,
  balloon: VIR_DOMAIN_STATS.VIR_DOMAIN_STATS_BALLOON,
  vcpu: VIR_DOMAIN_STATS.VIR_DOMAIN_STATS_VCPU,
  interface: VIR_DOMAIN_STATS.VIR_DOMAIN_STATS_INTERFACE,
  block: VIR_DOMAIN_STATS.VIR_DOMAIN_STATS_BLOCK,
  perf: VIR_DOMAIN_STATS.VIR_DOMAIN_STATS_PERF,
  iothread: VIR_DOMAIN_STATS.VIR_DOMAIN_STATS_IOTHREAD,
  memory: VIR_DOMAIN_STATS.VIR_DOMAIN_STATS_MEMORY,
  dirtyrate: VIR_DOMAIN_STATS.VIR_DOMAIN_STATS_DIRTYRATE,
  vm: VIR_DOMAIN_STATS.VIR_DOMAIN_STATS_VM,
} as const;
/** One of {@link STATS_GROUPS}. */
export type StatsGroup = keyof typeof STATS_GROUPS;

/** What is asked for. */
export interface StatsRequest {
  /** At least one. Groups the daemon does not know are left out of the answer without an error. */
  readonly groups: readonly StatsGroup[];
  /** Only these, at most 16,384; all when absent. A domain that has vanished is left out of the answer. */
  readonly domains?: readonly DomainRef[] | undefined;
  /**
   * Do not wait for a domain whose emulator is busy with another call: give what is known without it. The first call
   * to reach a hung emulator hangs all the same, so give a deadline too. libvirt 4.5.0.
   */
  readonly noWait?: boolean | undefined;
  /** Also the images a disk's image is based on. */
  readonly backing?: boolean | undefined;
  readonly activeOnly?: boolean | undefined;
}

/** Bulk statistics. QEMU, the test driver and vz have them; the others answer VIR_ERR_NO_SUPPORT. */
export class StatsApi {
  readonly #rpc: RpcClient;
  readonly #procedure = fastDomainStats();

  constructor(rpc: RpcClient) {
    this.#rpc = rpc;
  }

  /**
   * Statistics of all domains or of some, in no particular order: match by UUID. In the lane `bulk`, with 40 s, unless
   * `options` say otherwise.
   * @throws UsageError LV_ARG_VALUE for no groups at all, which libvirt would take for every group it has
   */
  async getAll(request: StatsRequest, options?: CallOptions): Promise<readonly DomainStats[]> {
    if (request.groups.length === 0) throw new UsageError('LV_ARG_VALUE', 'statistics asked for no group at all');
    // Without domains libvirt would take it as a question about all of them.
    if (request.domains?.length === 0) return [];
    const { retStats } = await this.#rpc.call(
      this.#procedure,
      {
        doms: request.domains ?? [],
        stats: request.groups.reduce((bits, group) => bits | STATS_GROUPS[group], 0),
        flags: statsFlags(request),
      },
      { deadlineMs: SLOW_MS, lane: 'bulk', ...options },
    );
    return await gather(retStats);
  }
}

async function gather(encoded: Iterable<DomainStats>): Promise<readonly DomainStats[]> {
  const records: DomainStats[] = [];
  if (!turns.hasTime) await turns.next();
  try {
    for (const record of encoded) {
      records.push(record);
      if (turns.isOver) await turns.next();
    }
  } catch (error) {
    if (!(error instanceof Error && error.name === 'XdrError')) throw error;
    const message = `CONNECT_GET_ALL_DOMAIN_STATS failed: its result does not decode: ${error.message}`;
    throw new ProtocolError('LV_PROTO_PAYLOAD', message, { cause: error });
  }
  return records;
}

function statsFlags({ noWait, backing, activeOnly }: StatsRequest): number {
  const bits = VIR_CONNECT_GET_ALL_DOMAINS_STATS;
  return (
    (activeOnly === true ? bits.VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE : 0) |
    (noWait === true ? bits.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT : 0) |
    (backing === true ? bits.VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING : 0)
  );
}
