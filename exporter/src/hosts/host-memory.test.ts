// SPDX-License-Identifier: Apache-2.0
import { memoryOf } from './host-memory.ts';
import type { HostFacts } from './snapshot.ts';

const GIB = 2 ** 30;
const KINDS = { total: 24 * GIB, free: 18 * GIB, buffers: GIB, cached: 2 * GIB };

function facts(memoryBytes: number): HostFacts {
  const cpus = { cpuModel: 'x86_64', cpuCount: 2, mhz: 2600, numaNodeCount: 1 };
  const node = { ...cpus, memoryBytes, socketsPerNode: 1, coresPerSocket: 2, threadsPerCore: 1 };
  return { driver: 'QEMU', libvirtVersion: '9.0.0', node };
}

function kinds(...names: (keyof typeof KINDS)[]): ReadonlyMap<string, number> {
  return new Map(names.map((name) => [name, KINDS[name]]));
}

it('takes total and free from the statistics, where the NUMA cells of a host with plugged-in memory say less', () => {
  const node = { memoryBytesByKind: kinds('total', 'free', 'buffers', 'cached'), freeMemoryBytes: 11 * GIB };
  expect(memoryOf({ facts: facts(17 * GIB), node })).toEqual({ totalBytes: 24 * GIB, freeBytes: 18 * GIB });
});

it.each([
  ['has no statistics', undefined],
  ['has statistics without what is free', kinds('total', 'buffers')],
])('takes both from the other calls when the driver %s', (_, memoryBytesByKind) => {
  const node = { ...(memoryBytesByKind && { memoryBytesByKind }), freeMemoryBytes: 11 * GIB };
  expect(memoryOf({ facts: facts(17 * GIB), node })).toEqual({ totalBytes: 17 * GIB, freeBytes: 11 * GIB });
});

it('tells the total alone, and nothing of what nobody told', () => {
  const { node: _node, ...bare } = facts(0);
  expect(memoryOf({ facts: bare, node: { memoryBytesByKind: kinds('total') } })).toEqual({
    totalBytes: 24 * GIB,
    freeBytes: undefined,
  });
  expect(memoryOf({})).toEqual({ totalBytes: undefined, freeBytes: undefined });
});
