// SPDX-License-Identifier: Apache-2.0
import { setImmediate as nextTurn } from 'node:timers/promises';
import { DEFAULT_GROUPS } from '../contract/groups.ts';
import { SNAPSHOT_FAMILIES, SNAPSHOT_GROUPS } from '../contract/metrics.ts';
import type { HostSnapshot } from '../hosts/snapshot.ts';
import { MetricsPage } from './metrics-page.ts';
import { parsePage, valueOf } from './testdata/parse-page.ts';
import { FROZEN, hostWith, KVM1, OFF, T0, WEB, WEB_XML } from './testdata/snapshot.ts';

async function pageOf(snapshot: HostSnapshot): Promise<string> {
  const page = new MetricsPage({ now: () => T0 });
  page.update(snapshot);
  // On a busy machine the first encoding takes more than one slice, and no scrape waits for it.
  for (;;) {
    const text = (await page.render()).toString();
    if (text !== '') return text;
    await nextTurn();
  }
}

describe('what domains were promised', () => {
  it('is summed over active and over inactive domains', async () => {
    const twin = { ...OFF, uuid: '99999999-8888-7777-6666-555555555556', name: 'off2' };
    const page = await pageOf(hostWith([{ ...WEB, xml: { ...WEB_XML, vcpuMaximum: 3 } }, OFF, twin]));
    expect(valueOf(page, 'libvirt_host_allocated_vcpus', { state: 'active' })).toBe(3);
    expect(valueOf(page, 'libvirt_host_allocated_vcpus', { state: 'inactive' })).toBe(8);
    expect(valueOf(page, 'libvirt_host_allocated_memory_bytes', { state: 'inactive' })).toBe(2 * 2_147_483_648);
  });

  it('is absent while the XML of one of them is unknown', async () => {
    const { xml: _, ...unread } = WEB;
    const page = await pageOf(hostWith([unread, OFF]));
    expect(valueOf(page, 'libvirt_host_allocated_vcpus', { state: 'active' })).toBeUndefined();
    expect(valueOf(page, 'libvirt_host_allocated_vcpus', { state: 'inactive' })).toBe(4);
  });
});

describe('NUMA cells', () => {
  it('have what is known of each, by number and by size of page', async () => {
    const page = await pageOf(KVM1);
    expect(valueOf(page, 'libvirt_host_numa_cell_memory_bytes', { cell: '2' })).toBe(17_179_869_184);
    expect(valueOf(page, 'libvirt_host_numa_cell_memory_free_bytes', { cell: '2' })).toBe(0);
    expect(valueOf(page, 'libvirt_host_numa_cell_cpus', { cell: '0' })).toBe(8);
    expect(valueOf(page, 'libvirt_host_numa_cell_cpus', { cell: '2' })).toBeUndefined();
    expect(valueOf(page, 'libvirt_host_hugepages', { cell: '0', size_bytes: '2097152' })).toBe(512);
    expect(valueOf(page, 'libvirt_host_hugepages_free', { cell: '0', size_bytes: '2097152' })).toBe(100);
    expect(valueOf(page, 'libvirt_host_hugepages', { cell: '0', size_bytes: '1073741824' })).toBe(0);
    expect(valueOf(page, 'libvirt_host_hugepages_free', { cell: '0', size_bytes: '1073741824' })).toBeUndefined();
  });
});

describe('virtual networks', () => {
  it('show no leases and no bridge where none are known', async () => {
    const page = await pageOf(KVM1);
    expect(valueOf(page, 'libvirt_network_active', { network: 'lab' })).toBe(0);
    expect(valueOf(page, 'libvirt_network_dhcp_leases', { network: 'default' })).toBe(3);
    expect(valueOf(page, 'libvirt_network_dhcp_leases', { network: 'lab' })).toBeUndefined();
    expect(page).toContain(
      'libvirt_network_info{host="kvm1",network="lab",uuid="bbbbbbbb-0000-0000-0000-000000000002"} 1\n',
    );
  });
});

describe('volumes', () => {
  it('have what they are and their sizes, and how many are left out is told', async () => {
    const page = await pageOf(KVM1);
    const labels = { storage_pool: 'default', volume: 'a "b".qcow2' };
    expect(valueOf(page, 'libvirt_storage_volume_capacity_bytes', labels)).toBe(21_474_836_480);
    expect(valueOf(page, 'libvirt_storage_volume_allocation_bytes', labels)).toBe(1_048_576);
    expect(valueOf(page, 'libvirt_storage_volume_info', { ...labels, volume_type: 'file' })).toBe(1);
    expect(valueOf(page, 'libvirt_storage_pool_volumes_left_out', { storage_pool: 'default' })).toBe(10);
    expect(valueOf(page, 'libvirt_storage_pool_volumes_left_out', { storage_pool: 'nfs' })).toBeUndefined();
  });
});

describe('leases', () => {
  it('have what is known of them, and no end where they have none', async () => {
    const page = await pageOf(KVM1);
    const labels = { network: 'default', address: '192.168.122.10' };
    const info = { ...labels, family: 'ipv4', mac: '52:54:00:00:00:01', hostname: 'web' };
    expect(valueOf(page, 'libvirt_network_dhcp_lease_info', info)).toBe(1);
    expect(valueOf(page, 'libvirt_network_dhcp_lease_expiry_timestamp_seconds', labels)).toBe(T0 / 1000 + 3600);
    const forever = { network: 'default', address: 'fd00::10' };
    expect(valueOf(page, 'libvirt_network_dhcp_lease_info', forever)).toBe(1);
    expect(valueOf(page, 'libvirt_network_dhcp_lease_expiry_timestamp_seconds', forever)).toBeUndefined();
    expect(valueOf(page, 'libvirt_network_dhcp_leases_left_out', { network: 'default' })).toBe(1);
    expect(valueOf(page, 'libvirt_network_dhcp_leases_left_out', { network: 'lab' })).toBeUndefined();
  });
});

describe('groups that are off', () => {
  it('make no series, and the counted series are those on the page', async () => {
    const groups = new Set(DEFAULT_GROUPS);
    for (const off of ['host', 'network', 'event', 'block', 'domain'] as const) groups.delete(off);
    const page = await pageOf({ ...KVM1, groups });
    const groupOf = new Map(SNAPSHOT_FAMILIES.map(({ name }, index) => [name, SNAPSHOT_GROUPS[index]]));
    const shown = new Set(parsePage(page).map(({ name }) => (name === 'libvirt_up' ? undefined : groupOf.get(name))));
    shown.delete(undefined);
    expect([...shown].filter((group) => group !== undefined && !groups.has(group))).toEqual([]);
    expect(shown.size).toBeGreaterThan(5);
    expect(valueOf(page, 'libvirt_up')).toBe(1);
    expect(valueOf(page, 'libvirt_domain_vcpu_current', { domain: 'web' })).toBeDefined();
    expect(valueOf(page, 'vireo_host_series')).toBe(parsePage(page).length - 1);
  });

  it('has the events of a host that is lost: they are counters of this process', async () => {
    const page = await pageOf({ ...KVM1, domains: new Map([[FROZEN.uuid, FROZEN]]), domainsKnown: false });
    expect(valueOf(page, 'libvirt_domain_events_total', { event: 'stopped', detail: 'crashed' })).toBe(2);
  });
});
