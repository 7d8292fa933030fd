// SPDX-License-Identifier: Apache-2.0
// What a host gives its domains, to samples: NUMA cells, virtual networks, what was promised of it; and events.

import type { DhcpLease } from '@vireo/libvirt';
import type { DomainSnapshot, EventCount, NetworkSnapshot, NumaCellSnapshot } from '../hosts/snapshot.ts';
import { closeLabels, familyIndex } from './exposition.ts';
import type { LabelPairs, SampleWriter } from './exposition.ts';

const ALLOCATED_VCPUS = familyIndex('libvirt_host_allocated_vcpus');
const ALLOCATED_MEMORY = familyIndex('libvirt_host_allocated_memory_bytes');
const CELL_MEMORY = familyIndex('libvirt_host_numa_cell_memory_bytes');
const CELL_FREE = familyIndex('libvirt_host_numa_cell_memory_free_bytes');
const CELL_CPUS = familyIndex('libvirt_host_numa_cell_cpus');
const HUGEPAGES = familyIndex('libvirt_host_hugepages');
const HUGEPAGES_FREE = familyIndex('libvirt_host_hugepages_free');
const NETWORK_INFO = familyIndex('libvirt_network_info');
const NETWORK_ACTIVE = familyIndex('libvirt_network_active');
const NETWORK_AUTOSTART = familyIndex('libvirt_network_autostart');
const NETWORK_PERSISTENT = familyIndex('libvirt_network_persistent');
const NETWORK_LEASES = familyIndex('libvirt_network_dhcp_leases');
const LEASE_INFO = familyIndex('libvirt_network_dhcp_lease_info');
const LEASE_EXPIRY = familyIndex('libvirt_network_dhcp_lease_expiry_timestamp_seconds');
const LEASES_LEFT_OUT = familyIndex('libvirt_network_dhcp_leases_left_out');
const EVENTS = familyIndex('libvirt_domain_events_total');

/** @param open labels with the host, as `openLabels` makes them */
export function encodeAllocation(writer: SampleWriter, open: string, domains: Iterable<DomainSnapshot>): void {
  const of = { active: { vcpus: 0, bytes: 0 }, inactive: { vcpus: 0, bytes: 0 } };
  for (const { id, xml } of domains) {
    const sum = id === -1 ? of.inactive : of.active;
    // A sum with a part unknown is unknown: NaN makes no sample.
    sum.vcpus += xml?.vcpuMaximum ?? NaN;
    sum.bytes += xml?.memoryBytes ?? NaN;
  }
  for (const [state, { vcpus, bytes }] of Object.entries(of)) {
    const labels = closeLabels(open, [['state', state]]);
    writer.add(ALLOCATED_VCPUS, labels, vcpus);
    writer.add(ALLOCATED_MEMORY, labels, bytes);
  }
}

export function encodeCells(writer: SampleWriter, open: string, cells: readonly NumaCellSnapshot[]): void {
  for (const { cell, memoryBytes, freeBytes, cpus, hugepages } of cells) {
    const labels = closeLabels(open, [['cell', String(cell)]]);
    writer.addGiven(CELL_MEMORY, labels, memoryBytes);
    writer.addGiven(CELL_FREE, labels, freeBytes);
    writer.addGiven(CELL_CPUS, labels, cpus);
    for (const { sizeBytes, total, free } of hugepages ?? []) {
      const ofSize = closeLabels(open, [
        ['cell', String(cell)],
        ['size_bytes', String(sizeBytes)],
      ]);
      writer.add(HUGEPAGES, ofSize, total);
      writer.addGiven(HUGEPAGES_FREE, ofSize, free);
    }
  }
}

/** Two networks of one name are one: libvirt lets no two be, but a list can catch a redefinition half way. */
export function encodeNetworks(writer: SampleWriter, open: string, networks: readonly NetworkSnapshot[]): number {
  const byName = new Map(networks.map((network) => [network.name, network]));
  for (const [name, { uuid, active, autostart, persistent, bridge, leases, leaseList }] of byName) {
    const info = closeLabels(open, [
      ['network', name],
      ['uuid', uuid],
      ['bridge', bridge],
    ]);
    writer.add(NETWORK_INFO, info, 1);
    const labels = closeLabels(open, [['network', name]]);
    writer.addBoolean(NETWORK_ACTIVE, labels, active);
    writer.addBoolean(NETWORK_AUTOSTART, labels, autostart);
    writer.addBoolean(NETWORK_PERSISTENT, labels, persistent);
    writer.addGiven(NETWORK_LEASES, labels, leases);
    if (leaseList === undefined) continue;
    encodeLeases(writer, open, name, leaseList);
    writer.add(LEASES_LEFT_OUT, labels, (leases ?? NaN) - leaseList.length);
  }
  return networks.length - byName.size;
}

function encodeLeases(writer: SampleWriter, open: string, network: string, leases: readonly DhcpLease[]): void {
  for (const { address, family, mac, hostname, expiresAtSeconds } of leases) {
    const pairs: LabelPairs = [
      ['network', network],
      ['address', address],
    ];
    const info = closeLabels(open, [
      ...pairs,
      ['family', family],
      ['mac', mac ?? undefined],
      ['hostname', hostname ?? undefined],
    ]);
    writer.add(LEASE_INFO, info, 1);
    writer.addGiven(LEASE_EXPIRY, closeLabels(open, pairs), expiresAtSeconds ?? undefined);
  }
}

/** Counters of the process: they outlive the host's connection. */
export function encodeEvents(writer: SampleWriter, open: string, events: readonly EventCount[]): void {
  for (const { event, detail, count } of events) {
    const labels = closeLabels(open, [
      ['event', event],
      ['detail', detail],
    ]);
    writer.add(EVENTS, labels, count);
  }
}
