// SPDX-License-Identifier: Apache-2.0
// The machine the hypervisor runs on: what libvirt calls the node.

import {
  CONNECT_GET_CAPABILITIES,
  CONNECT_GET_HOSTNAME,
  CONNECT_GET_LIB_VERSION,
  CONNECT_GET_SYSINFO,
  CONNECT_GET_TYPE,
  CONNECT_GET_URI,
  CONNECT_GET_VERSION,
  NODE_GET_CELLS_FREE_MEMORY,
  NODE_GET_CPU_MAP,
  NODE_GET_CPU_STATS,
  NODE_GET_FREE_MEMORY,
  NODE_GET_FREE_PAGES,
  NODE_GET_INFO,
  NODE_GET_MEMORY_STATS,
} from '../protocol/connect.ts';
import type { CallOptions, RpcClient } from '../rpc/rpc-client.ts';
import { SLOW_MS, kibToBytes, toNumber, toVersion } from './units.ts';

/** CPUs and memory of the host. */
export interface NodeInfo {
  /** An architecture on x86 ('x86_64'), whatever the driver puts there elsewhere. */
  readonly cpuModel: string;
  readonly memoryBytes: number;
  /** Active CPUs; right where the product of the topology is not. */
  readonly cpuCount: number;
  /** 0 when unknown. */
  readonly mhz: number;
  readonly numaNodeCount: number;
  readonly socketsPerNode: number;
  readonly coresPerSocket: number;
  readonly threadsPerCore: number;
}

/** Which CPUs the host has. */
export interface CpuMap {
  /** CPUs present, online or not. */
  readonly cpuCount: number;
  /** Numbers of those online, ascending. */
  readonly online: readonly number[];
}

/** Facts about the host. */
export class HostApi {
  readonly #rpc: RpcClient;

  constructor(rpc: RpcClient) {
    this.#rpc = rpc;
  }

  /** The driver: 'QEMU', 'Xen', 'LXC', 'TEST', ... */
  async type(options?: CallOptions): Promise<string> {
    return (await this.#rpc.call(CONNECT_GET_TYPE, {}, options)).type;
  }

  /** The daemon's libvirt, '9.0.0'. */
  async libvirtVersion(options?: CallOptions): Promise<string> {
    return toVersion((await this.#rpc.call(CONNECT_GET_LIB_VERSION, {}, options)).lib_ver);
  }

  /** The hypervisor, '7.2.22'. */
  async hypervisorVersion(options?: CallOptions): Promise<string> {
    return toVersion((await this.#rpc.call(CONNECT_GET_VERSION, {}, options)).hv_ver);
  }

  /** The host's own name. */
  async hostname(options?: CallOptions): Promise<string> {
    return (await this.#rpc.call(CONNECT_GET_HOSTNAME, {}, options)).hostname;
  }

  /** The URI as the daemon sees it. */
  async uri(options?: CallOptions): Promise<string> {
    return (await this.#rpc.call(CONNECT_GET_URI, {}, options)).uri;
  }

  /** Capabilities as XML: the host's UUID, CPU and NUMA topology, guest architectures. Slow the first time. */
  async capabilities(options?: CallOptions): Promise<string> {
    return (await this.#rpc.call(CONNECT_GET_CAPABILITIES, {}, { deadlineMs: SLOW_MS, ...options })).capabilities;
  }

  /** SMBIOS as XML; VIR_ERR_CONFIG_UNSUPPORTED on a host without it. */
  async sysinfo(options?: CallOptions): Promise<string> {
    return (await this.#rpc.call(CONNECT_GET_SYSINFO, { flags: 0 }, options)).sysinfo;
  }

  /** CPUs and memory. */
  async nodeInfo(options?: CallOptions): Promise<NodeInfo> {
    const info = await this.#rpc.call(NODE_GET_INFO, {}, options);
    return {
      cpuModel: info.model,
      memoryBytes: kibToBytes(info.memory),
      cpuCount: info.cpus,
      mhz: info.mhz,
      numaNodeCount: info.nodes,
      socketsPerNode: info.sockets,
      coresPerSocket: info.cores,
      threadsPerCore: info.threads,
    };
  }

  /**
   * Cumulative CPU time by mode ('kernel', 'user', 'idle', 'iowait', ...) in nanoseconds, the nearest double.
   * @param cpu a CPU's number, or 'all' of them together
   */
  async cpuStats(cpu: number | 'all' = 'all', options?: CallOptions): Promise<ReadonlyMap<string, number>> {
    const cpuNum = cpu === 'all' ? -1 : cpu;
    const { nparams } = await this.#rpc.call(NODE_GET_CPU_STATS, { cpuNum, nparams: 0, flags: 0 }, options);
    if (nparams === 0) return new Map();
    const { params } = await this.#rpc.call(NODE_GET_CPU_STATS, { cpuNum, nparams, flags: 0 }, options);
    return new Map(params.map(({ field, value }) => [field, toNumber(value)]));
  }

  /**
   * Memory by kind ('total', 'free', 'buffers', 'cached', ...) in bytes.
   * @param cell a NUMA cell's number, or 'all' of them together
   */
  async memoryStats(cell: number | 'all' = 'all', options?: CallOptions): Promise<ReadonlyMap<string, number>> {
    const cellNum = cell === 'all' ? -1 : cell;
    const { nparams } = await this.#rpc.call(NODE_GET_MEMORY_STATS, { nparams: 0, cellNum, flags: 0 }, options);
    if (nparams === 0) return new Map();
    const { params } = await this.#rpc.call(NODE_GET_MEMORY_STATS, { nparams, cellNum, flags: 0 }, options);
    return new Map(params.map(({ field, value }) => [field, kibToBytes(value)]));
  }

  /** Free memory in bytes. */
  async freeMemoryBytes(options?: CallOptions): Promise<number> {
    return toNumber((await this.#rpc.call(NODE_GET_FREE_MEMORY, {}, options)).freeMem);
  }

  /** Free memory of each NUMA cell in bytes, at most 1024 cells from 0 on. */
  async cellsFreeMemoryBytes(options?: CallOptions): Promise<readonly number[]> {
    const { cells } = await this.#rpc.call(NODE_GET_CELLS_FREE_MEMORY, { startCell: 0, maxcells: 1024 }, options);
    return cells.map(toNumber);
  }

  /**
   * How many pages of each of these sizes are free in one NUMA cell. The capabilities XML says which sizes a cell has;
   * libvirt refuses any other.
   * @param sizesKiB whole KiB, as libvirt wants them
   */
  async freePages(
    cell: number,
    sizesKiB: readonly number[],
    options?: CallOptions,
  ): Promise<ReadonlyMap<number, number>> {
    const args = { pages: sizesKiB, startCell: cell, cellCount: 1, flags: 0 };
    const { counts } = await this.#rpc.call(NODE_GET_FREE_PAGES, args, options);
    return new Map(counts.slice(0, sizesKiB.length).map((count, i) => [sizesKiB[i] ?? NaN, toNumber(count)]));
  }

  /** Which CPUs are there and online. */
  async cpuMap(options?: CallOptions): Promise<CpuMap> {
    const map = await this.#rpc.call(NODE_GET_CPU_MAP, { need_map: 1, need_online: 1, flags: 0 }, options);
    const online: number[] = [];
    for (let cpu = 0; cpu < map.ret; cpu++) {
      if (((map.cpumap[cpu >> 3] ?? 0) & (1 << (cpu & 7))) !== 0) online.push(cpu);
    }
    return { cpuCount: map.ret, online };
  }
}
