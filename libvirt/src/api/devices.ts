// SPDX-License-Identifier: Apache-2.0
// What one domain is made of: disks, interfaces, virtual CPUs, memory, screen, console, keyboard.

import {
  DOMAIN_BLOCK_STATS,
  DOMAIN_GET_BLOCK_INFO,
  DOMAIN_GET_DISK_ERRORS,
  DOMAIN_GET_VCPUS,
  DOMAIN_INTERFACE_STATS,
  DOMAIN_MEMORY_STATS,
  DOMAIN_OPEN_CHANNEL,
  DOMAIN_OPEN_CONSOLE,
  DOMAIN_SCREENSHOT,
  DOMAIN_SEND_KEY,
  DOMAIN_SET_MEMORY_STATS_PERIOD,
} from '../protocol/domain-details.ts';
import { memoryStat, vcpuState } from '../protocol/enums.ts';
import type { VcpuState } from '../protocol/enums.ts';
import type { DomainRef } from '../protocol/types.ts';
import type { CallOptions, LibvirtStream, RpcClient } from '../rpc/rpc-client.ts';
import { SLOW_MS, flagBits, kibToBytes, known, toNumber } from './units.ts';
import type { FlagOptions } from './units.ts';

/** How large a disk is. */
export interface BlockInfo {
  /** What the guest sees. */
  readonly capacityBytes: number;
  /** What the image takes on its host. */
  readonly allocationBytes: number;
  /** What the image's container is long: the file's length, the partition. */
  readonly physicalBytes: number;
}

/** Cumulative counters of a disk; `null` is not known to the driver. */
export interface BlockStats {
  readonly readRequests: number | null;
  readonly readBytes: number | null;
  readonly writeRequests: number | null;
  readonly writeBytes: number | null;
  readonly errors: number | null;
}

/** Cumulative counters of a guest's interface; `null` is not known to the driver. */
export interface InterfaceStats {
  readonly rxBytes: number | null;
  readonly rxPackets: number | null;
  readonly rxErrors: number | null;
  readonly rxDropped: number | null;
  readonly txBytes: number | null;
  readonly txPackets: number | null;
  readonly txErrors: number | null;
  readonly txDropped: number | null;
}

/** A virtual CPU. */
export interface VcpuInfo {
  readonly number: number;
  readonly state: VcpuState;
  /** Above 2^53 the nearest double. */
  readonly cpuTimeNs: number;
  /** The host's CPU it is on; negative when it is on none. */
  readonly cpu: number;
}

/** A disk a guest could not use. */
export interface DiskError {
  /** 'vda' */
  readonly target: string;
  readonly error: 'unspecified' | 'no-space' | `unknown-${number}`;
}

const DISK_ERRORS: Readonly<Record<number, DiskError['error']>> = { 1: 'unspecified', 2: 'no-space' };

/** Tags of DOMAIN_MEMORY_STATS that are no KiB. */
const MEMORY_COUNTS: ReadonlySet<string> = new Set([
  'major_fault',
  'minor_fault',
  'hugetlb_pgalloc',
  'hugetlb_pgfail',
  'last_update',
]);

// virDomainConsoleFlags
const CONSOLE_FLAGS = { force: 1, safe: 2 } as const;
/** `force` throws out whoever has the console; `safe` refuses where the hypervisor cannot keep two users apart. */
export type ConsoleOptions = FlagOptions<typeof CONSOLE_FLAGS> & {
  /** The alias of the device; the first when absent. */
  readonly device?: string | undefined;
};

/** Devices of one domain; the domain must be active but where said. */
export class DevicesApi {
  readonly #rpc: RpcClient;

  constructor(rpc: RpcClient) {
    this.#rpc = rpc;
  }

  /**
   * What is known about the guest's memory: sizes in bytes, 'major_fault', 'minor_fault' and 'hugetlb_*' counts,
   * 'last_update' seconds since the epoch. What the guest itself says is as old as that.
   */
  async memoryStats(dom: DomainRef, options?: CallOptions): Promise<ReadonlyMap<string, number>> {
    const args = { dom, maxStats: 16, flags: 0 };
    const { stats } = await this.#rpc.call(DOMAIN_MEMORY_STATS, args, { deadlineMs: SLOW_MS, ...options });
    return new Map(
      stats.map(({ tag, val }) => {
        const name = memoryStat(tag);
        return [name, MEMORY_COUNTS.has(name) ? toNumber(val) : kibToBytes(val)];
      }),
    );
  }

  /** Has the guest report its memory every so many seconds, 0 never. */
  async setMemoryStatsPeriod(dom: DomainRef, periodSeconds: number, options?: CallOptions): Promise<void> {
    const args = { dom, period: periodSeconds, flags: 1 };
    await this.#rpc.call(DOMAIN_SET_MEMORY_STATS_PERIOD, args, { deadlineMs: SLOW_MS, ...options });
  }

  /**
   * Sizes of a disk; of an inactive domain too.
   * @param path the target ('vda') or the image's path
   */
  async blockInfo(dom: DomainRef, path: string, options?: CallOptions): Promise<BlockInfo> {
    const args = { dom, path, flags: 0 };
    const info = await this.#rpc.call(DOMAIN_GET_BLOCK_INFO, args, { deadlineMs: SLOW_MS, ...options });
    return {
      capacityBytes: toNumber(info.capacity),
      allocationBytes: toNumber(info.allocation),
      physicalBytes: toNumber(info.physical),
    };
  }

  /**
   * Counters of a disk, for drivers without bulk statistics.
   * @param path the target ('vda')
   */
  async blockStats(dom: DomainRef, path: string, options?: CallOptions): Promise<BlockStats> {
    const stats = await this.#rpc.call(DOMAIN_BLOCK_STATS, { dom, path }, { deadlineMs: SLOW_MS, ...options });
    return {
      readRequests: known(stats.rd_req),
      readBytes: known(stats.rd_bytes),
      writeRequests: known(stats.wr_req),
      writeBytes: known(stats.wr_bytes),
      errors: known(stats.errs),
    };
  }

  /**
   * Counters of an interface as the guest sees it, for drivers without bulk statistics.
   * @param device the host's name of it ('vnet0') or its MAC address
   */
  async interfaceStats(dom: DomainRef, device: string, options?: CallOptions): Promise<InterfaceStats> {
    const stats = await this.#rpc.call(DOMAIN_INTERFACE_STATS, { dom, device }, options);
    return {
      rxBytes: known(stats.rx_bytes),
      rxPackets: known(stats.rx_packets),
      rxErrors: known(stats.rx_errs),
      rxDropped: known(stats.rx_drop),
      txBytes: known(stats.tx_bytes),
      txPackets: known(stats.tx_packets),
      txErrors: known(stats.tx_errs),
      txDropped: known(stats.tx_drop),
    };
  }

  /** Disks the guest could not use. */
  async diskErrors(dom: DomainRef, options?: CallOptions): Promise<readonly DiskError[]> {
    const args = { dom, maxerrors: 256, flags: 0 };
    const { errors } = await this.#rpc.call(DOMAIN_GET_DISK_ERRORS, args, { deadlineMs: SLOW_MS, ...options });
    return errors.map(({ disk, error }) => ({
      target: disk,
      error: DISK_ERRORS[error] ?? (`unknown-${String(error)}` as `unknown-${number}`),
    }));
  }

  /** Virtual CPUs, at most 16,384. */
  async vcpus(dom: DomainRef, options?: CallOptions): Promise<readonly VcpuInfo[]> {
    const { info } = await this.#rpc.call(DOMAIN_GET_VCPUS, { dom, maxinfo: 16_384, maplen: 0 }, options);
    return info.map(({ number, state, cpu_time, cpu }) => ({
      number,
      state: vcpuState(state),
      cpuTimeNs: toNumber(cpu_time),
      cpu,
    }));
  }

  /**
   * A picture of the screen, as a stream to be read to its end or destroyed.
   * @returns the picture's media type: image/png with a QEMU of today
   */
  async screenshot(
    dom: DomainRef,
    screen = 0,
    options?: CallOptions,
  ): Promise<{ readonly mime: string | null; readonly stream: LibvirtStream }> {
    const { ret, stream } = await this.#rpc.openStream(DOMAIN_SCREENSHOT, { dom, screen, flags: 0 }, options);
    return { mime: ret.mime, stream };
  }

  /** The serial console, both ways. VIR_ERR_OPERATION_FAILED while another has it. */
  async openConsole(dom: DomainRef, console: ConsoleOptions = {}, options?: CallOptions): Promise<LibvirtStream> {
    const args = { dom, dev_name: console.device ?? null, flags: flagBits(CONSOLE_FLAGS, console) };
    return (await this.#rpc.openStream(DOMAIN_OPEN_CONSOLE, args, options)).stream;
  }

  /** A channel to the guest, both ways. `name` null is the first. */
  async openChannel(dom: DomainRef, name: string | null, options?: CallOptions): Promise<LibvirtStream> {
    return (await this.#rpc.openStream(DOMAIN_OPEN_CHANNEL, { dom, name, flags: 0 }, options)).stream;
  }

  /** Presses up to 16 keys together, Linux key codes, and holds them for so long. */
  async sendKey(dom: DomainRef, keycodes: readonly number[], holdMs: number, options?: CallOptions): Promise<void> {
    const args = { dom, codeset: 0, holdtime: holdMs, keycodes, flags: 0 };
    await this.#rpc.call(DOMAIN_SEND_KEY, args, { deadlineMs: SLOW_MS, ...options });
  }
}
