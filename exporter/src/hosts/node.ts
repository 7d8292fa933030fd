// SPDX-License-Identifier: Apache-2.0
// What the host itself is and does. "Node" is libvirt's word for it in these calls.

import type { CallOptions, Connection } from '@vireo/libvirt';
import { DriverSupport } from './driver-support.ts';
import type { HostFacts, NodeSnapshot } from './snapshot.ts';

/** Reads what does not change while a connection lasts. */
export async function fetchFacts(connection: Connection, options: CallOptions): Promise<HostFacts> {
  const { host } = connection;
  const support = new DriverSupport();
  const [driver, libvirtVersion, hypervisorVersion, hostname, node] = await Promise.all([
    host.type(options),
    host.libvirtVersion(options),
    support.try('CONNECT_GET_VERSION', () => host.hypervisorVersion(options)),
    support.try('CONNECT_GET_HOSTNAME', () => host.hostname(options)),
    support.try('NODE_GET_INFO', () => host.nodeInfo(options)),
  ]);
  return {
    driver,
    libvirtVersion,
    ...(hostname === undefined ? {} : { hostname }),
    ...(hypervisorVersion === undefined ? {} : { hypervisorVersion }),
    ...(node === undefined ? {} : { node }),
  };
}

/** Reads what moves. */
export async function fetchNode(
  connection: Connection,
  support: DriverSupport,
  options: CallOptions,
): Promise<NodeSnapshot> {
  const { host } = connection;
  const cpuNsByMode = await support.try('NODE_GET_CPU_STATS', () => host.cpuStats('all', options));
  const memoryBytesByKind = await support.try('NODE_GET_MEMORY_STATS', () => host.memoryStats('all', options));
  const freeMemoryBytes = await support.try('NODE_GET_FREE_MEMORY', () => host.freeMemoryBytes(options));
  return {
    ...(cpuNsByMode === undefined ? {} : { cpuNsByMode }),
    ...(memoryBytesByKind === undefined ? {} : { memoryBytesByKind }),
    ...(freeMemoryBytes === undefined ? {} : { freeMemoryBytes }),
  };
}
