// SPDX-License-Identifier: Apache-2.0
// What was observed of a domain beside the polls, to samples. Names that came from a guest are labels like any other.

import type { InterfaceAddress, PointsInTime, GuestReport } from '../hosts/observations.ts';
import type { DomainSnapshot } from '../hosts/snapshot.ts';
import type { DomainLabels } from './domain-labels.ts';
import { familyIndex } from './exposition.ts';
import type { SampleWriter } from './exposition.ts';
import { interfaceNameCandidates, UniqueNames } from './unique-names.ts';

const BLOCK_JOB = familyIndex('libvirt_domain_block_job_info');
const BLOCK_JOB_POSITION = familyIndex('libvirt_domain_block_job_position');
const BLOCK_JOB_END = familyIndex('libvirt_domain_block_job_end');
const BLOCK_JOB_BANDWIDTH = familyIndex('libvirt_domain_block_job_bandwidth_bytes_per_second');
const VCPU_CPU = familyIndex('libvirt_domain_vcpu_cpu');
const DISK_ERRORS = familyIndex('libvirt_domain_disk_errors');
const DISK_ERROR = familyIndex('libvirt_domain_disk_error_info');
const ADDRESS = familyIndex('libvirt_domain_interface_address_info');
const SNAPSHOTS = {
  count: familyIndex('libvirt_domain_snapshots'),
  newest: familyIndex('libvirt_domain_snapshots_newest_timestamp_seconds'),
  oldest: familyIndex('libvirt_domain_snapshots_oldest_timestamp_seconds'),
};
const CHECKPOINTS = {
  count: familyIndex('libvirt_domain_checkpoints'),
  newest: familyIndex('libvirt_domain_checkpoints_newest_timestamp_seconds'),
  oldest: familyIndex('libvirt_domain_checkpoints_oldest_timestamp_seconds'),
};
const CURRENT_SNAPSHOT = familyIndex('libvirt_domain_snapshot_current_info');
const AGENT_CONNECTED = familyIndex('libvirt_domain_guest_agent_connected');
const AGENT_RESPONDING = familyIndex('libvirt_domain_guest_agent_responding');
const GUEST_INFO = familyIndex('libvirt_domain_guest_info');
const GUEST_TIMEZONE_OFFSET = familyIndex('libvirt_domain_guest_timezone_offset_seconds');
const GUEST_USERS = familyIndex('libvirt_domain_guest_users');
const FILESYSTEM = familyIndex('libvirt_domain_guest_filesystem_info');
const FILESYSTEM_SIZE = familyIndex('libvirt_domain_guest_filesystem_size_bytes');
const FILESYSTEM_USED = familyIndex('libvirt_domain_guest_filesystem_used_bytes');

/** Adds every sample of what was observed of one domain. */
export function encodeObserved(writer: SampleWriter, labels: DomainLabels, domain: DomainSnapshot): void {
  const { observed, xml, id } = domain;
  if (id !== -1 && xml?.guestAgentState !== undefined) {
    writer.add(AGENT_CONNECTED, labels.plain, xml.guestAgentState === 'connected' ? 1 : 0);
  }
  if (observed === undefined) return;
  for (const { target, type, current, end, bandwidthBytesPerSecond } of observed.blockJobs ?? []) {
    const device = labels.device(target);
    writer.add(BLOCK_JOB, labels.with([...deviceLabel(target), ['job_type', type]]), 1);
    writer.add(BLOCK_JOB_POSITION, device, current);
    writer.add(BLOCK_JOB_END, device, end);
    if (bandwidthBytesPerSecond > 0) writer.add(BLOCK_JOB_BANDWIDTH, device, bandwidthBytesPerSecond);
  }
  for (const [vcpu, cpu] of observed.cpuOfVcpu ?? []) writer.add(VCPU_CPU, labels.with([['vcpu', String(vcpu)]]), cpu);
  const errors = new Map(observed.diskErrors?.map(({ target, error }) => [target, error]));
  if (observed.diskErrors !== undefined) writer.add(DISK_ERRORS, labels.plain, errors.size);
  for (const [target, error] of errors) {
    writer.add(DISK_ERROR, labels.with([...deviceLabel(target), ['error', error]]), 1);
  }
  encodeAddresses(writer, labels, domain, [...(observed.addresses ?? []), ...(observed.guest?.addresses ?? [])]);
  encodePoints(writer, labels, SNAPSHOTS, observed.snapshots);
  encodePoints(writer, labels, CHECKPOINTS, observed.checkpoints);
  const snapshot = observed.snapshots?.current;
  if (snapshot !== undefined) writer.add(CURRENT_SNAPSHOT, labels.with([['snapshot', snapshot]]), 1);
  if (observed.guest !== undefined) encodeGuest(writer, labels, observed.guest);
}

function deviceLabel(target: string): [[string, string]] {
  return [['target_device', target]];
}

/** Under the names the other series of the interfaces have. */
function encodeAddresses(
  writer: SampleWriter,
  labels: DomainLabels,
  { xml }: DomainSnapshot,
  addresses: readonly InterfaceAddress[],
): void {
  if (addresses.length === 0) return;
  const names = new UniqueNames();
  const byMac = new Map<string, string>();
  for (const iface of xml?.interfaces ?? []) {
    const name = names.take(interfaceNameCandidates(iface));
    const mac = iface.macAddress;
    if (name !== undefined && mac !== undefined && !byMac.has(mac)) byMac.set(mac, name);
  }
  for (const { mac, family, address, source } of addresses) {
    const name = byMac.get(mac);
    if (name === undefined) continue;
    const text = labels.with([...deviceLabel(name), ['family', family], ['address', address], ['source', source]]);
    writer.add(ADDRESS, text, 1);
  }
}

function encodePoints(
  writer: SampleWriter,
  { plain }: DomainLabels,
  families: typeof SNAPSHOTS,
  points: PointsInTime | undefined,
): void {
  if (points === undefined) return;
  writer.add(families.count, plain, points.count);
  writer.addGiven(families.newest, plain, points.newestAt);
  writer.addGiven(families.oldest, plain, points.oldestAt);
}

function encodeGuest(writer: SampleWriter, labels: DomainLabels, guest: GuestReport): void {
  writer.add(AGENT_RESPONDING, labels.plain, guest.responding ? 1 : 0);
  if (!guest.responding) return;
  const info = labels.with([
    ['hostname', guest.hostname],
    ['os_id', guest.osId],
    ['os_name', guest.osName],
    ['os_version_id', guest.osVersionId],
    ['kernel_release', guest.kernelRelease],
    ['machine', guest.machine],
    ['timezone', guest.timezone],
  ]);
  writer.add(GUEST_INFO, info, 1);
  writer.addGiven(GUEST_TIMEZONE_OFFSET, labels.plain, guest.timezoneOffsetSeconds);
  writer.addGiven(GUEST_USERS, labels.plain, guest.userCount);
  for (const { mountPoint, device, type, totalBytes, usedBytes } of guest.fileSystems ?? []) {
    const mount: [string, string] = ['mountpoint', mountPoint];
    const text = labels.with([mount]);
    writer.add(FILESYSTEM, labels.with([mount, ['device', device], ['fstype', type]]), 1);
    writer.addGiven(FILESYSTEM_SIZE, text, totalBytes);
    writer.addGiven(FILESYSTEM_USED, text, usedBytes);
  }
}
