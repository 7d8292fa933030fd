// SPDX-License-Identifier: Apache-2.0
// Long operations on domains: migration, save, backup, block jobs.

import {
  DOMAIN_ABORT_JOB,
  DOMAIN_GET_BLOCK_JOB_INFO,
  DOMAIN_GET_JOB_INFO,
  DOMAIN_GET_JOB_STATS,
} from '../protocol/domain-details.ts';
import { domainJobOperation, domainJobType } from '../protocol/enums.ts';
import type { DomainJobOperation, DomainJobType } from '../protocol/enums.ts';
import { blockJobType } from '../protocol/event-enums.ts';
import { typedParamMap } from '../protocol/typed-params.ts';
import type { DomainRef } from '../protocol/types.ts';
import type { CallOptions, RpcClient } from '../rpc/rpc-client.ts';
import { SLOW_MS, toNumber } from './units.ts';

/** A job, running or completed. */
export interface JobStats {
  /** 'none' when there is no job. */
  readonly type: DomainJobType;
  /** `null` when the daemon does not say. */
  readonly operation: DomainJobOperation | null;
  /** By libvirt's names and in its units: 'time_elapsed' (ms), 'data_total', 'data_processed' (bytes), ... */
  readonly params: ReadonlyMap<string, number | string | boolean>;
}

/** A job as drivers without {@link JobStats} know it. */
export interface JobInfo {
  readonly type: DomainJobType;
  readonly timeElapsedMs: number;
  readonly timeRemainingMs: number;
  readonly dataTotalBytes: number;
  readonly dataProcessedBytes: number;
  readonly dataRemainingBytes: number;
}

/** A job on one disk. */
export interface BlockJob {
  readonly type: ReturnType<typeof blockJobType>;
  /** The limit in force; 0 is none. */
  readonly bandwidthBytesPerSecond: number;
  /** How far, in units of the job's own; at `end` it is done or ready. */
  readonly current: number;
  readonly end: number;
}

// VIR_DOMAIN_JOB_STATS_COMPLETED | VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED
const COMPLETED = 1 | 2;

/** VIR_DOMAIN_BLOCK_JOB_INFO_BANDWIDTH_BYTES */
const BANDWIDTH_BYTES = 1;

/** Jobs. */
export class JobsApi {
  readonly #rpc: RpcClient;

  constructor(rpc: RpcClient) {
    this.#rpc = rpc;
  }

  /** The job that runs. */
  stats(dom: DomainRef, options?: CallOptions): Promise<JobStats> {
    return this.#stats(dom, 0, options);
  }

  /** The last job that completed, left in place for others to read. libvirt 6.0.0. */
  completed(dom: DomainRef, options?: CallOptions): Promise<JobStats> {
    return this.#stats(dom, COMPLETED, options);
  }

  async #stats(dom: DomainRef, flags: number, options?: CallOptions): Promise<JobStats> {
    const args = { dom, flags };
    const ret = await this.#rpc.call(DOMAIN_GET_JOB_STATS, args, { deadlineMs: SLOW_MS, ...options });
    return { type: domainJobType(ret.type), ...jobResult(typedParamMap(ret.params)) };
  }

  /** The job that runs, for drivers without {@link JobsApi.stats}. */
  async info(dom: DomainRef, options?: CallOptions): Promise<JobInfo> {
    const info = await this.#rpc.call(DOMAIN_GET_JOB_INFO, { dom }, { deadlineMs: SLOW_MS, ...options });
    return {
      type: domainJobType(info.type),
      timeElapsedMs: toNumber(info.timeElapsed),
      timeRemainingMs: toNumber(info.timeRemaining),
      dataTotalBytes: toNumber(info.dataTotal),
      dataProcessedBytes: toNumber(info.dataProcessed),
      dataRemainingBytes: toNumber(info.dataRemaining),
    };
  }

  /** Asks the job that runs to end. Returns when the request is sent. */
  async abort(dom: DomainRef, options?: CallOptions): Promise<void> {
    await this.#rpc.call(DOMAIN_ABORT_JOB, { dom }, { deadlineMs: SLOW_MS, ...options });
  }

  /**
   * The job on a disk, `null` when there is none.
   * @param path the target ('vda')
   */
  async block(dom: DomainRef, path: string, options?: CallOptions): Promise<BlockJob | null> {
    const args = { dom, path, flags: BANDWIDTH_BYTES };
    const ret = await this.#rpc.call(DOMAIN_GET_BLOCK_JOB_INFO, args, { deadlineMs: SLOW_MS, ...options });
    if (!ret.found) return null;
    return {
      type: blockJobType(ret.type),
      bandwidthBytesPerSecond: toNumber(ret.bandwidth),
      current: toNumber(ret.cur),
      end: toNumber(ret.end),
    };
  }
}

/** A job's parameters with its operation as a label; the event of a completed job has the same. */
export function jobResult(
  params: ReadonlyMap<string, number | string | boolean>,
): Pick<JobStats, 'operation' | 'params'> {
  const operation = params.get('operation');
  return { operation: typeof operation === 'number' ? domainJobOperation(operation) : null, params };
}
