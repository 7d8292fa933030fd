// SPDX-License-Identifier: Apache-2.0
// A domain's record as the API shows it.

import type { DomainStats, StatFields } from '@vireo/libvirt';
import type { DomainBrief, DomainFull } from '../../contract/api-domains.ts';
import type { InterfaceAddress } from '../../hosts/observations.ts';
import type { DomainSnapshot } from '../../hosts/snapshot.ts';
import type { DiskXml, InterfaceXml, NovaMetadata } from '../../xml/domain-xml.ts';
import type { DomainEntry } from './domain-index.ts';
import { given, instantOf } from './host-views.ts';

/** Which actions may be asked for now, and why not the others. */
type ActionsView = Pick<DomainBrief, 'allowedActions' | 'refusedActions' | 'refusalCodes'>;

type DomainFacts = Omit<DomainBrief, keyof ActionsView>;

const KIB = 1024;
const NS_PER_SECOND = 1e9;

/** A domain in brief, without what may be done to it. Assigned field by field: a list makes ten thousand of these. */
export function viewDomainFacts({ host, domain }: Omit<DomainEntry, 'searchText'>): DomainFacts {
  const { uuid, name, id, state, reason, persistent, autostart, managedSave, xml } = domain;
  const facts: DomainFacts = { host: host.host, uuid, name, id, state, reason };
  if (persistent !== undefined) facts.persistent = persistent;
  if (autostart !== undefined) facts.autostart = autostart;
  if (managedSave !== undefined) facts.managedSave = managedSave;
  if (xml?.title !== undefined) facts.title = xml.title;
  if (host.simulated) facts.simulated = true;
  if (host.facts !== undefined) facts.driver = host.facts.driver;
  return facts;
}

/** A domain in full. */
export function viewDomain(
  entry: Omit<DomainEntry, 'searchText'>,
  others: ActionsView & Pick<DomainFull, 'consoleSessions' | 'consoleRefusal' | 'consoleRefusalCode'>,
): DomainFull {
  const { domain } = entry;
  const { xml, stats, job } = domain;
  return {
    ...viewDomainFacts(entry),
    ...others,
    ...(domain.startedAt === undefined ? {} : { startedAt: instantOf(domain.startedAt) }),
    ...given('description', xml?.description),
    ...given('hypervisorType', xml?.hypervisorType),
    ...(xml?.osType === undefined && xml?.osArch === undefined ? {} : { os: viewOs(xml) }),
    vcpus: {
      ...given('current', number(stats?.fields, 'vcpu.current')),
      ...given('maximum', number(stats?.fields, 'vcpu.maximum') ?? xml?.vcpuMaximum),
    },
    memory: {
      ...given('maximumBytes', kib(stats?.fields, 'balloon.maximum') ?? xml?.memoryBytes),
      ...given('currentBytes', kib(stats?.fields, 'balloon.current') ?? xml?.currentMemoryBytes),
      ...given('unusedBytes', kib(stats?.fields, 'balloon.unused')),
      ...given('rssBytes', kib(stats?.fields, 'balloon.rss')),
    },
    ...given(
      'disks',
      xml?.disks.map((disk) => viewDisk(disk, stats)),
    ),
    ...given(
      'interfaces',
      xml?.interfaces.map((nic) => viewInterface(nic, stats, domain.observed?.addresses)),
    ),
    ...given(
      'graphics',
      xml?.graphics.map(({ type, port, listen, socket }) => ({
        type,
        ...given('port', port),
        ...given('listen', listen),
        ...given('socket', socket),
      })),
    ),
    ...given('guestAgentChannel', xml?.guestAgentChannel),
    ...(stats === undefined ? {} : { stats: viewStats(stats, domain.statsAt) }),
    ...given('trouble', viewTrouble(domain)),
    ...(job === undefined ? {} : { job: { type: job.type, fields: Object.fromEntries(job.fields) } }),
    ...given('openstack', xml?.nova && viewNova(xml.nova)),
  };
}

function viewNova({ createdAt, ...texts }: NovaMetadata): NonNullable<DomainFull['openstack']> {
  return createdAt === undefined ? texts : { ...texts, createdAt: instantOf(createdAt) };
}

function viewOs(xml: NonNullable<DomainSnapshot['xml']>): NonNullable<DomainFull['os']> {
  return { ...given('type', xml.osType), ...given('arch', xml.osArch), ...given('machine', xml.osMachine) };
}

function viewDisk(disk: DiskXml, stats: DomainStats | undefined): NonNullable<DomainFull['disks']>[number] {
  const fields = named(stats?.block, disk.targetDevice);
  return {
    targetDevice: disk.targetDevice,
    type: disk.type,
    device: disk.device,
    ...given('bus', disk.bus),
    ...given('driverType', disk.driverType),
    ...given('source', disk.sourceFile ?? disk.sourceName),
    ...given('sourceProtocol', disk.sourceProtocol),
    ...given('serial', disk.serial),
    ...given('capacityBytes', number(fields, 'capacity')),
    ...given('allocationBytes', number(fields, 'allocation')),
    ...given('readBytes', number(fields, 'rd.bytes')),
    ...given('writtenBytes', number(fields, 'wr.bytes')),
  };
}

function viewInterface(
  nic: InterfaceXml,
  stats: DomainStats | undefined,
  addresses: readonly InterfaceAddress[] | undefined,
): NonNullable<DomainFull['interfaces']>[number] {
  const fields = nic.targetDevice === undefined ? undefined : named(stats?.net, nic.targetDevice);
  return {
    type: nic.type,
    ...given('targetDevice', nic.targetDevice),
    ...given('sourceBridge', nic.sourceBridge),
    ...given('macAddress', nic.macAddress),
    ...given('modelType', nic.modelType),
    ...given('mtuBytes', nic.mtuBytes),
    ...given('linkState', nic.linkState),
    ...given('addresses', viewAddresses(nic, addresses)),
    ...given('receivedBytes', number(fields, 'rx.bytes')),
    ...given('transmittedBytes', number(fields, 'tx.bytes')),
  };
}

function viewAddresses(
  { macAddress }: InterfaceXml,
  addresses: readonly InterfaceAddress[] | undefined,
): NonNullable<DomainFull['interfaces']>[number]['addresses'] {
  if (addresses === undefined || macAddress === undefined) return undefined;
  return addresses.flatMap(({ mac, family, address, source }) =>
    mac === macAddress ? [{ family, address, source }] : [],
  );
}

function viewStats(stats: DomainStats, at: number | undefined): NonNullable<DomainFull['stats']> {
  const cpuNs = number(stats.fields, 'cpu.time');
  return {
    ...(at === undefined ? {} : { at: instantOf(at) }),
    ...(cpuNs === undefined ? {} : { cpuSeconds: cpuNs / NS_PER_SECOND }),
    ...given('diskReadBytes', sum(stats.block, 'rd.bytes')),
    ...given('diskWrittenBytes', sum(stats.block, 'wr.bytes')),
    ...given('networkReceivedBytes', sum(stats.net, 'rx.bytes')),
    ...given('networkTransmittedBytes', sum(stats.net, 'tx.bytes')),
  };
}

function viewTrouble({ trouble }: DomainSnapshot): DomainFull['trouble'] {
  if (trouble === undefined) return undefined;
  const { since, controlState, controlStateMs } = trouble;
  return {
    since: instantOf(since),
    ...given('controlState', controlState),
    ...(controlStateMs === undefined ? {} : { controlStateSeconds: controlStateMs / 1000 }),
  };
}

/** A number libvirt knows: its older calls say -1 for unknown. */
function number(fields: StatFields | undefined, field: string): number | undefined {
  const value = fields?.get(field);
  return typeof value === 'number' && value >= 0 ? value : undefined;
}

function kib(fields: StatFields | undefined, field: string): number | undefined {
  const value = number(fields, field);
  return value === undefined ? undefined : value * KIB;
}

function named(devices: ReadonlyMap<number, StatFields> | undefined, name: string): StatFields | undefined {
  for (const fields of devices?.values() ?? []) if (fields.get('name') === name) return fields;
  return undefined;
}

/** Of those that have the field; undefined when none has. */
function sum(devices: ReadonlyMap<number, StatFields>, field: string): number | undefined {
  let total: number | undefined;
  for (const fields of devices.values()) {
    const value = number(fields, field);
    if (value !== undefined) total = (total ?? 0) + value;
  }
  return total;
}
