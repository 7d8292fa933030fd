// SPDX-License-Identifier: Apache-2.0
// What a host has besides domains, on a real libvirtd: a pool with volumes, a virtual network, NUMA cells; and domains
// and groups that the configuration leaves out.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineDomains } from '../lab/domains.ts';
import { startExporter } from '../lab/exporter.ts';
import type { Exporter, Exposition } from '../lab/exporter.ts';
import { openLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import type { Libvirtd } from '../lab/libvirtd.ts';
import { promtoolCheck } from '../lab/prometheus.ts';
import { waitFor } from '../lab/wait-for.ts';

jest.setTimeout(120_000);

let lab: Lab;
let libvirtd: Libvirtd;
let exporter: Exporter;

beforeAll(async () => {
  lab = await openLab();
  libvirtd = await startLibvirtd(lab);
  await defineDomains(lab, libvirtd, ['web-1', 'web-2', 'test-1']);
  const target = join(lab.directory, 'pool');
  await mkdir(target);
  await libvirtd.virsh('pool-define-as', 'images', 'dir', '--target', target);
  await libvirtd.virsh('pool-start', 'images');
  for (const volume of ['a', 'b']) await libvirtd.virsh('vol-create-as', 'images', volume, '1M');
  // Sparse; and one that libvirt has not seen, as nobody refreshed the pool since.
  await libvirtd.virsh('vol-create-as', 'images', 'sparse.qcow2', '1G', '--format', 'qcow2');
  await writeFile(join(target, 'unseen'), 'x');
  const network = join(lab.directory, 'network.xml');
  await writeFile(network, "<network><name>isolated</name><bridge name='vireobr7'/></network>");
  await libvirtd.virsh('net-define', network);
  await libvirtd.virsh('net-autostart', 'isolated');
  exporter = await startExporter(lab, {
    config: [
      `hosts: [{ name: lab, uri: '${libvirtd.uri}', groups: { event: false, volume: true } }]`,
      'poll: { intervalSeconds: 1, detailsIntervalSeconds: 5 }',
      "domains: { exclude: [{ name: 'test-*' }] }",
      '',
    ].join('\n'),
  });
  await waitFor(
    async () => {
      const page = await exporter.scrape();
      return (
        page.value('libvirt_storage_pool_volumes') !== undefined &&
        page.value('libvirt_network_active') !== undefined &&
        page.all('libvirt_host_numa_cell_memory_bytes').length > 0 &&
        page.value('libvirt_host_allocated_vcpus', { state: 'inactive' }) !== undefined
      );
    },
    { what: 'the exporter has pools, networks and the XML of the domains', deadlineMs: 30_000 },
  );
}, 120_000);

afterAll(() => lab.close());

test('pools have their flags and the number of their volumes', async () => {
  const page = await exporter.scrape();
  const labels = { host: 'lab', storage_pool: 'images' };
  expect(page.value('libvirt_storage_pool_volumes', labels)).toBe(3);
  expect(page.value('libvirt_storage_pool_autostart', labels)).toBe(0);
  expect(page.value('libvirt_storage_pool_persistent', labels)).toBe(1);
});

test('volumes have their sizes as the daemon knows them, and the pool is never refreshed', async () => {
  const page = await exporter.scrape();
  const labels = { host: 'lab', storage_pool: 'images' };
  const volumes = page.all('libvirt_storage_volume_info', { ...labels, volume_type: 'file' });
  expect(volumes.map(({ labels: { volume } }) => volume).toSorted()).toEqual(['a', 'b', 'sparse.qcow2']);
  const sparse = { ...labels, volume: 'sparse.qcow2' };
  expect(page.value('libvirt_storage_volume_capacity_bytes', { ...labels, volume: 'a' })).toBe(1024 * 1024);
  expect(page.value('libvirt_storage_volume_capacity_bytes', sparse)).toBe(1024 ** 3);
  const bytes = await libvirtd.virsh('vol-info', 'sparse.qcow2', '--pool', 'images', '--bytes');
  const allocation = Number(/Allocation:\s+(\d+)/.exec(bytes)?.[1]);
  expect(page.value('libvirt_storage_volume_allocation_bytes', sparse)).toBe(allocation);
  expect(page.value('libvirt_storage_pool_volumes_left_out', labels)).toBe(0);
});

test('an inactive network has its flags and bridge, and no leases', async () => {
  const page = await exporter.scrape();
  const labels = { host: 'lab', network: 'isolated' };
  expect(page.value('libvirt_network_active', labels)).toBe(0);
  expect(page.value('libvirt_network_autostart', labels)).toBe(1);
  expect(page.value('libvirt_network_persistent', labels)).toBe(1);
  expect(page.value('libvirt_network_info', { ...labels, bridge: 'vireobr7' })).toBe(1);
  expect(page.value('libvirt_network_dhcp_leases', labels)).toBeUndefined();
});

test('NUMA cells have what virsh says of them, huge pages by size', async () => {
  const capabilities = await libvirtd.virsh('capabilities');
  const cell = /<cell id='(\d+)'>[^]*?<\/cell>/.exec(capabilities);
  const labels = { host: 'lab', cell: cell?.[1] ?? '' };
  const page = await exporter.scrape();
  const kib = Number(/<memory unit='KiB'>(\d+)</.exec(cell?.[0] ?? '')?.[1]);
  expect(page.value('libvirt_host_numa_cell_memory_bytes', labels)).toBe(kib * 1024);
  expect(page.value('libvirt_host_numa_cell_memory_free_bytes', labels)).toBeLessThan(kib * 1024);
  const cpus = Number(/<cpus num='(\d+)'/.exec(cell?.[0] ?? '')?.[1]);
  expect(page.value('libvirt_host_numa_cell_cpus', labels)).toBe(cpus);
  const sizes = [...(cell?.[0] ?? '').matchAll(/<pages unit='KiB' size='(\d+)'>(\d+)</g)].slice(1);
  expect(page.all('libvirt_host_hugepages', labels)).toHaveLength(sizes.length);
  for (const [, size, total] of sizes) {
    const ofSize = { ...labels, size_bytes: String(Number(size) * 1024) };
    expect(page.value('libvirt_host_hugepages', ofSize)).toBe(Number(total));
    const free = await libvirtd.virsh('freepages', '--cellno', labels.cell, '--pagesize', `${size ?? ''}KiB`);
    expect(page.value('libvirt_host_hugepages_free', ofSize)).toBe(Number(/KiB: (\d+)/.exec(free)?.[1]));
  }
});

test('what domains were promised is the sum of their XML, without the one that is left out', async () => {
  const page = await exporter.scrape();
  expect(page.value('libvirt_domains', { host: 'lab' })).toBe(2);
  expect(page.value('vireo_host_filtered_domains', { host: 'lab' })).toBe(1);
  expect(page.text).not.toContain('test-1');
  const xml = await libvirtd.virsh('dumpxml', 'web-1');
  const vcpus = Number(/<vcpu[^>]*>(\d+)</.exec(xml)?.[1]);
  expect(page.value('libvirt_host_allocated_vcpus', { state: 'inactive' })).toBe(2 * vcpus);
  const kib = Number(/<memory unit='KiB'>(\d+)</.exec(xml)?.[1]);
  expect(page.value('libvirt_host_allocated_memory_bytes', { state: 'inactive' })).toBe(2 * kib * 1024);
});

test('a domain that its metadata leaves out is nowhere, and comes back when that changes', async () => {
  const uri = `urn:vireo:test`;
  await libvirtd.virsh('metadata', 'web-2', uri, '--key', 't', '--set', "<stage of='lab'/>", '--config');
  const filtered = await startExporter(lab, {
    config: `hosts: [{ name: lab, uri: '${libvirtd.uri}' }]
poll: { intervalSeconds: 1, detailsIntervalSeconds: 30 }
domains: { include: [{ name: 'web-*' }], exclude: [{ metadata: { xpath: '//t:stage/@of', namespaces: { t: '${uri}' } } }] }
`,
  });
  const domainsOf = (page: Exposition): string[] =>
    page.all('libvirt_domain_info').map(({ labels }) => labels['domain'] ?? '');
  const seen: string[][] = [];
  const until = (names: readonly string[]): Promise<unknown> =>
    waitFor(
      async () => {
        const now = domainsOf(await filtered.scrape()).toSorted();
        seen.push(now);
        return now.join() === names.join();
      },
      { what: `only ${names.join()} is there`, deadlineMs: 20_000, intervalMs: 100 },
    );
  await until(['web-1']);
  expect((await filtered.scrape()).value('vireo_host_filtered_domains')).toBe(2);
  for (let i = 0; i < 15; i++) await until(['web-1']);
  // It was never there, not even before its XML was read.
  expect(seen.filter((names) => names.includes('web-2'))).toEqual([]);
  // libvirt tells of this with an event, so the thirty seconds are not waited for.
  const changedAt = Date.now();
  await libvirtd.virsh('metadata', 'web-2', uri, '--remove', '--config');
  await until(['web-1', 'web-2']);
  expect(Date.now() - changedAt).toBeLessThan(15_000);
});

test('a group that is off has no series, and the page is as promtool wants it', async () => {
  const page = await exporter.scrape();
  expect(page.text).not.toContain('libvirt_domain_events_total');
  expect(await promtoolCheck(page.text)).toEqual({ code: 0, complaints: [] });
});
