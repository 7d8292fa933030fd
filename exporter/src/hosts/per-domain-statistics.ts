// SPDX-License-Identifier: Apache-2.0
// Statistics of one domain by one call a subject, for the drivers without bulk statistics (Xen, LXC, ESX, VirtualBox...).
// The record has the shape and units of a bulk one, so nothing above knows the difference; what the driver lacks or
// answers with -1 is absent.

import type { CallOptions, Connection, DomainRef, DomainStats, StatFields } from '@vireo/libvirt';
import type { DomainXml } from '../xml/domain-xml.ts';
import type { DriverSupport } from './driver-support.ts';

const KIB = 1024;

/**
 * @param xml names the disks and interfaces to ask for; without it they are left out
 * Rejects as the client does, VIR_ERR_NO_DOMAIN for a domain that is gone.
 */
export async function fetchDomainStatistics(
  connection: Connection,
  support: DriverSupport,
  domain: DomainRef,
  xml: DomainXml | undefined,
  options: CallOptions,
): Promise<DomainStats> {
  const fields = new Map<string, number>();
  const info = await support.try('DOMAIN_GET_INFO', () => connection.domains.info(domain, options));
  if (info !== undefined) {
    fields.set('balloon.maximum', info.maxMemoryBytes / KIB);
    fields.set('balloon.current', info.memoryBytes / KIB);
    fields.set('vcpu.current', info.vcpuCount);
    // ESX gives no CPU time and says 0; a domain that ran has used some.
    if (info.cpuTimeNs > 0) fields.set('cpu.time', info.cpuTimeNs);
  }
  const memory = await support.try('DOMAIN_MEMORY_STATS', () => connection.domains.memoryStats(domain, options));
  for (const [field, value] of memory ?? []) fields.set(`balloon.${field}`, value);

  const block = new Map<number, StatFields>();
  for (const [index, { targetDevice }] of (xml?.disks ?? []).entries()) {
    const stats = await support.try('DOMAIN_BLOCK_STATS', () =>
      connection.domains.blockStats(domain, targetDevice, options),
    );
    if (stats !== undefined) block.set(index, new Map<string, number | string>([['name', targetDevice], ...stats]));
  }
  const net = new Map<number, StatFields>();
  for (const [index, { targetDevice }] of (xml?.interfaces ?? []).entries()) {
    if (targetDevice === undefined) continue;
    const stats = await support.try('DOMAIN_INTERFACE_STATS', () =>
      connection.domains.interfaceStats(domain, targetDevice, options),
    );
    if (stats !== undefined) net.set(index, new Map<string, number | string>([['name', targetDevice], ...stats]));
  }
  return { domain, fields, vcpu: new Map(), net, block, iothread: new Map() };
}
