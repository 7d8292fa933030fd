// SPDX-License-Identifier: Apache-2.0
// Statistics of one domain by one call a subject, for the drivers without bulk statistics (Xen, LXC, ESX, VirtualBox...).
// The record has the shape and units of a bulk one, so nothing above knows the difference; what the driver lacks or
// answers with -1 is absent.

import { RemoteError } from '@vireo/libvirt';
import type {
  BlockStats,
  CallOptions,
  Connection,
  DomainRef,
  DomainStats,
  InterfaceStats,
  StatFields,
} from '@vireo/libvirt';
import type { MetricGroup } from '../contract/groups.ts';
import type { DomainXml } from '../xml/domain-xml.ts';
import type { DriverSupport } from './driver-support.ts';
import { isGone } from './host-error.ts';

const KIB = 1024;

/** Memory tags that the bulk record calls otherwise. */
const BALLOON_FIELDS: ReadonlyMap<string, string> = new Map([
  ['actual_balloon', 'current'],
  ['last_update', 'last-update'],
]);
/** Balloon fields that are no sizes. */
const COUNTED: ReadonlySet<string> = new Set([
  'major_fault',
  'minor_fault',
  'hugetlb_pgalloc',
  'hugetlb_pgfail',
  'last-update',
]);

/** Groups that need one of the calls here. */
const NEEDING: readonly MetricGroup[] = ['cpu', 'memory', 'vcpu', 'block', 'interface'];

/** Whether any of these groups needs a call about a domain. */
export function needsDomainStatistics(groups: ReadonlySet<MetricGroup>): boolean {
  return NEEDING.some((group) => groups.has(group));
}

/**
 * @param groups of the others nothing is asked
 * @param xml names the disks and interfaces to ask for; without it they are left out
 * Rejects as the client does, VIR_ERR_NO_DOMAIN for a domain that is gone.
 */
export async function fetchDomainStatistics(
  connection: Connection,
  { support, groups }: { readonly support: DriverSupport; readonly groups: ReadonlySet<MetricGroup> },
  domain: DomainRef,
  xml: DomainXml | undefined,
  options: CallOptions,
): Promise<DomainStats> {
  const fields = new Map<string, number>();
  const needsInfo = groups.has('cpu') || groups.has('memory') || groups.has('vcpu');
  const info = needsInfo
    ? await support.try('DOMAIN_GET_INFO', () => connection.domains.info(domain, options))
    : undefined;
  if (info !== undefined) {
    fields.set('balloon.maximum', info.maxMemoryBytes / KIB);
    fields.set('balloon.current', info.memoryBytes / KIB);
    fields.set('vcpu.current', info.vcpuCount);
    // ESX gives no CPU time and says 0; a domain that ran has used some.
    if (info.cpuTimeNs > 0) fields.set('cpu.time', info.cpuTimeNs);
  }
  const memory = groups.has('memory')
    ? await support.try('DOMAIN_MEMORY_STATS', () => connection.devices.memoryStats(domain, options))
    : undefined;
  for (const [tag, value] of memory ?? []) {
    const field = BALLOON_FIELDS.get(tag) ?? tag;
    fields.set(`balloon.${field}`, COUNTED.has(field) ? value : value / KIB);
  }

  const block = new Map<number, StatFields>();
  for (const [index, { targetDevice }] of (groups.has('block') ? (xml?.disks ?? []) : []).entries()) {
    const stats = await ofDevice(() =>
      support.try('DOMAIN_BLOCK_STATS', () => connection.devices.blockStats(domain, targetDevice, options)),
    );
    if (stats !== undefined) block.set(index, statFields(targetDevice, stats, BLOCK_FIELDS));
  }
  const net = new Map<number, StatFields>();
  for (const [index, { targetDevice }] of (groups.has('interface') ? (xml?.interfaces ?? []) : []).entries()) {
    if (targetDevice === undefined) continue;
    const stats = await ofDevice(() =>
      support.try('DOMAIN_INTERFACE_STATS', () => connection.devices.interfaceStats(domain, targetDevice, options)),
    );
    if (stats !== undefined) net.set(index, statFields(targetDevice, stats, NET_FIELDS));
  }
  return { domain, fields, vcpu: new Map(), net, block, iothread: new Map() };
}

/** A device that was unplugged since the XML was read is no reason to lose the rest. */
async function ofDevice<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof RemoteError && !isGone(error)) return undefined;
    throw error;
  }
}

/** What the calls give, under the names of the bulk record. */
const BLOCK_FIELDS: Readonly<Record<keyof BlockStats, string>> = {
  readRequests: 'rd.reqs',
  readBytes: 'rd.bytes',
  writeRequests: 'wr.reqs',
  writeBytes: 'wr.bytes',
  errors: 'errors',
};
const NET_FIELDS: Readonly<Record<keyof InterfaceStats, string>> = {
  rxBytes: 'rx.bytes',
  rxPackets: 'rx.pkts',
  rxErrors: 'rx.errs',
  rxDropped: 'rx.drop',
  txBytes: 'tx.bytes',
  txPackets: 'tx.pkts',
  txErrors: 'tx.errs',
  txDropped: 'tx.drop',
};

function statFields<T extends Readonly<Record<keyof T, number | null>>>(
  name: string,
  stats: T,
  names: Readonly<Record<keyof T, string>>,
): StatFields {
  const fields = new Map<string, number | string>([['name', name]]);
  for (const key of Object.keys(names) as (keyof T)[]) {
    const value: number | null = stats[key];
    if (value !== null) fields.set(names[key], value);
  }
  return fields;
}
