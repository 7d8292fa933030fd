// SPDX-License-Identifier: Apache-2.0
// Questions about the host itself: versions, CPUs, memory.

import * as calls from '../../protocol/connect.ts';
import { DaemonError, ERROR_FROM, daemonError } from '../daemon-error.ts';
import type { HandlerTable } from '../handlers.ts';
import { cpuNs } from './domain-stats.ts';
import type { SimulatedHost } from './host.ts';

/** Of the one cell every simulated host has. */
const HUGE_PAGES = [
  { sizeKiB: 2048, total: 512n, free: 384n },
  { sizeKiB: 1_048_576, total: 0n, free: 0n },
] as const;

/** Answers CONNECT_GET_* and NODE_*. */
export function serveNode(table: HandlerTable, host: SimulatedHost): void {
  const { spec } = host;
  table.on(calls.CONNECT_GET_TYPE, () => ({ type: spec.driver }));
  table.on(calls.CONNECT_GET_VERSION, () => ({ hv_ver: BigInt(spec.hypervisorVersion) }));
  table.on(calls.CONNECT_GET_LIB_VERSION, () => ({ lib_ver: BigInt(spec.libvirtVersion) }));
  table.on(calls.CONNECT_GET_HOSTNAME, () => ({ hostname: spec.hostname }));
  table.on(calls.CONNECT_IS_SECURE, () => ({ secure: true }));
  table.on(calls.CONNECT_GET_CAPABILITIES, () => ({ capabilities: capabilities(host) }));
  table.on(calls.CONNECT_GET_SYSINFO, () => {
    throw daemonError('CONFIG_UNSUPPORTED', ERROR_FROM.QEMU, 'Host SMBIOS information is not available');
  });
  table.on(calls.CONNECT_REGISTER_CLOSE_CALLBACK, () => ({}));
  table.on(calls.CONNECT_UNREGISTER_CLOSE_CALLBACK, () => ({}));

  table.on(calls.NODE_GET_INFO, () => ({
    model: spec.cpuModel,
    memory: BigInt(spec.memoryKiB),
    cpus: spec.cpuCount,
    mhz: spec.mhz,
    nodes: 1,
    sockets: 1,
    cores: Math.max(1, spec.cpuCount / 2),
    threads: spec.cpuCount > 1 ? 2 : 1,
  }));
  table.on(calls.NODE_GET_CPU_MAP, () => ({
    cpumap: Uint8Array.from({ length: Math.ceil(spec.cpuCount / 8) }, (_, byte) => {
      const cpus = Math.min(8, spec.cpuCount - byte * 8);
      return (1 << cpus) - 1;
    }),
    online: spec.cpuCount,
    ret: spec.cpuCount,
  }));
  table.on(calls.NODE_GET_FREE_MEMORY, () => ({ freeMem: memory(host).free * 1024n }));
  table.on(calls.NODE_GET_CELLS_FREE_MEMORY, () => ({ cells: [memory(host).free * 1024n] }));
  table.on(calls.NODE_GET_FREE_PAGES, ({ pages, startCell }) => {
    if (startCell > 0) throw daemonError('INTERNAL_ERROR', ERROR_FROM.NONE, 'start cell out of range (0-0)');
    const free = new Map([
      [4, memory(host).free / 4n],
      ...HUGE_PAGES.map(({ sizeKiB, free }) => [sizeKiB, free] as const),
    ]);
    const counts = pages.map((size) => free.get(size));
    const known = counts.filter((count) => count !== undefined);
    if (known.length < counts.length) {
      throw daemonError('OPERATION_FAILED', ERROR_FROM.NONE, 'page size is not available on node 0');
    }
    return { counts: known };
  });
  table.on(calls.NODE_GET_CPU_STATS, ({ nparams }) => twoSteps(cpuTimes(host), nparams, 'virHostCPUGetStatsLinux'));
  table.on(calls.NODE_GET_MEMORY_STATS, ({ nparams }) =>
    twoSteps(Object.entries(memory(host)), nparams, 'virHostMemGetStatsLinux'),
  );
}

type Params = readonly (readonly [field: string, value: bigint])[];

/** How many there are when asked for none; all of them when asked for exactly so many. */
function twoSteps(
  params: Params,
  asked: number,
  apiFunction: string,
): { params: readonly { field: string; value: bigint }[]; nparams: number } {
  if (asked === 0) return { params: [], nparams: params.length };
  if (asked !== params.length) throw wrongCount(apiFunction, params.length);
  return { params: params.map(([field, value]) => ({ field, value })), nparams: 0 };
}

/** Captured; like every virReportInvalidArg it has numbers of 0. */
function wrongCount(apiFunction: string, count: number): DaemonError {
  const message = `nparams in ${apiFunction} must be equal to ${String(count)}`;
  return new DaemonError({ code: 8, domain: 0, message, str1: apiFunction, str2: '*nparams', int1: 0, int2: 0 });
}

const HUNDREDTH_NS = 10_000_000n;

/** Nanoseconds since boot, in the kernel's hundredths of a second. */
function cpuTimes(host: SimulatedHost): Params {
  const uptime = host.uptimeSeconds;
  const guests = host.domains.reduce((sum, domain) => sum + cpuNs(domain), 0n);
  const kernel = BigInt(Math.floor(uptime * 0.02 * host.spec.cpuCount * 100));
  const iowait = kernel / 5n;
  const all = BigInt(Math.floor(uptime * host.spec.cpuCount * 100));
  const busy = kernel * 2n + guests / HUNDREDTH_NS;
  // Thousands of guests claim more than a host's CPUs can have given them.
  const most = (all * 9n) / 10n;
  const user = busy < most ? busy : most;
  const idle = all - kernel - user - iowait;
  const ns = (hundredths: bigint): bigint => (hundredths < 0n ? 0n : hundredths) * HUNDREDTH_NS;
  return [
    ['kernel', ns(kernel)],
    ['user', ns(user)],
    ['idle', ns(idle)],
    ['iowait', ns(iowait)],
  ];
}

/** KiB. */
function memory(host: SimulatedHost): { total: bigint; free: bigint; buffers: bigint; cached: bigint } {
  const total = host.spec.memoryKiB;
  const guests = host.domains.reduce((sum, domain) => sum + (domain.isActive ? domain.spec.memoryKiB * 0.7 : 0), 0);
  const rest = Math.max(total * 0.03, total * 0.94 - guests);
  const wave = 1 + 0.05 * Math.sin(host.uptimeSeconds / 90);
  const part = (share: number): bigint => BigInt(Math.floor(rest * share * wave));
  return { total: BigInt(total), free: part(0.5), buffers: part(0.02), cached: part(0.4) };
}

function capabilities({ spec }: SimulatedHost): string {
  return [
    '<capabilities>',
    '  <host>',
    '    <uuid>5e1f5e1f-0000-4000-8000-5e1f5e1f5e1f</uuid>',
    '    <cpu>',
    '      <arch>x86_64</arch>',
    `      <topology sockets='1' dies='1' cores='${String(Math.max(1, spec.cpuCount / 2))}' threads='2'/>`,
    '    </cpu>',
    '    <topology>',
    `      <cells num='1'>`,
    `        <cell id='0'>`,
    `          <memory unit='KiB'>${String(spec.memoryKiB)}</memory>`,
    `          <pages unit='KiB' size='4'>${String(Math.floor(spec.memoryKiB / 4) - 512 * 512)}</pages>`,
    ...HUGE_PAGES.map(
      ({ sizeKiB, total }) => `          <pages unit='KiB' size='${String(sizeKiB)}'>${String(total)}</pages>`,
    ),
    `          <cpus num='${String(spec.cpuCount)}'>`,
    ...Array.from({ length: spec.cpuCount }, (_, cpu) => `            <cpu id='${String(cpu)}'/>`),
    '          </cpus>',
    '        </cell>',
    '      </cells>',
    '    </topology>',
    '  </host>',
    '  <guest>',
    '    <os_type>hvm</os_type>',
    `    <arch name='x86_64'>`,
    '      <wordsize>64</wordsize>',
    `      <domain type='kvm'/>`,
    '    </arch>',
    '  </guest>',
    '</capabilities>',
    '',
  ].join('\n');
}
