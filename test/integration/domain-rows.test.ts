// SPDX-License-Identifier: Apache-2.0
// What the XML of a real domain and KVM itself make of series, without a call of their own: limits, placement, the cable,
// images below a disk, consoles, metadata, when it started.
import { execFile } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { METRIC_FAMILIES } from '@vireo/exporter/contract';
import { defineDomains, domainType } from '../lab/domains.ts';
import { startExporter } from '../lab/exporter.ts';
import type { Exporter, Exposition } from '../lab/exporter.ts';
import { openLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import type { Libvirtd } from '../lab/libvirtd.ts';
import { seePage } from '../lab/pages.ts';
import { promtoolCheck } from '../lab/prometheus.ts';

jest.setTimeout(120_000);

const APP = 'http://shop.example/app';
const OWNER = 'Ops & "co"';

let lab: Lab;
let libvirtd: Libvirtd;
let exporter: Exporter;

/** Redefines a domain of the lab with more in its XML. */
async function change(name: string, edit: (xml: string) => string): Promise<void> {
  const path = join(lab.directory, `${name}.xml`);
  await writeFile(path, edit(await readFile(path, 'utf8')));
  // The file has no UUID: defined anew it is another domain.
  await libvirtd.virsh('undefine', name);
  await libvirtd.virsh('define', path);
}

/** libvirt 11 wants it of a domain with a card of vhost-user. */
const SHARED = "<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>";
const NOVA = `<metadata><nova:instance xmlns:nova='http://openstack.org/xmlns/libvirt/nova/1.1'>
  <nova:name>shop &amp; "cart"</nova:name><nova:creationTime>2026-03-01 10:11:12</nova:creationTime>
  <nova:flavor name='m1.small'/><nova:owner><nova:user uuid='u-1'>alice</nova:user>
  <nova:project uuid='p-1'>shop</nova:project></nova:owner><nova:root type='image' uuid='i-1'/>
</nova:instance></metadata>`;
const METADATA = `<title>Front door</title><metadata><s:app xmlns:s='${APP}'><s:owner>Ops &amp; "co"</s:owner></s:app></metadata>`;

beforeAll(async () => {
  lab = await openLab();
  libvirtd = await startLibvirtd(lab);
  await defineDomains(lab, libvirtd, ['tuned', 'limited', 'odd', 'busy']);
  const base = join(lab.directory, 'tuned.img');
  const top = join(lab.directory, 'top.qcow2');
  await promisify(execFile)('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', base, top]);
  await change('tuned', (xml) =>
    xml
      .replace('<memory ', `${METADATA}<memory `)
      .replace('<vcpu>1</vcpu>', `<vcpu cpuset='0-1'>2</vcpu><cputune><vcpupin vcpu='0' cpuset='0'/></cputune>`)
      .replace("type='raw'", "type='qcow2'")
      .replace(base, top)
      .replace(
        "<target dev='vda' bus='virtio'/>",
        `$&<iotune><total_bytes_sec>1048576</total_bytes_sec><total_bytes_sec_max>2097152</total_bytes_sec_max>
         <total_bytes_sec_max_length>3</total_bytes_sec_max_length><read_iops_sec>500</read_iops_sec>
         <group_name>slow</group_name></iotune>`,
      )
      .replace('</interface>', "<mtu size='1400'/><link state='down'/></interface>"),
  );
  // What needs cgroups or the kernel's traffic control is configured here and not started: neither is everywhere.
  await change('limited', (xml) =>
    xml
      .replace(
        '<vcpu>1</vcpu>',
        `<memtune><hard_limit unit='MiB'>64</hard_limit></memtune><vcpu>1</vcpu>
         <cputune><shares>512</shares><period>100000</period><quota>50000</quota></cputune>`,
      )
      .replace(
        '</interface>',
        `<bandwidth><inbound average='1000' peak='2000' burst='512'/><outbound average='250'/></bandwidth></interface>`,
      ),
  );
  // Cards that have no name on the host, two of them alike; a drive without a medium; and what Nova writes.
  const passedThrough = (slot: number): string =>
    `<interface type='hostdev' managed='yes'><mac address='52:54:00:0d:0d:0${String(slot)}'/>
      <source><address type='pci' domain='0' bus='0x7f' slot='${String(slot)}' function='0'/></source></interface>`;
  const user = "<interface type='user'><model type='virtio'/><rom enabled='no'/></interface>";
  await change('odd', (xml) =>
    xml.replace('<memory ', `${NOVA}${SHARED}<memory `).replace(
      /<interface[^]*<\/interface>/,
      `${passedThrough(1)}${passedThrough(2)}
         <interface type='vhostuser'><mac address='52:54:00:0d:0d:03'/>
           <source type='unix' path='${join(lab.directory, 'vhost.sock')}' mode='server'/><model type='virtio'/></interface>
         <disk type='file' device='cdrom'><target dev='sda' bus='sata'/></disk>`,
    ),
  );
  await change('busy', (xml) =>
    xml
      .replace('<vcpu>', '<iothreads>2</iothreads><vcpu>')
      .replace("cache='writeback'", "$& iothread='1'")
      .replace(/<interface[^]*<\/interface>/, user + user),
  );
  exporter = await startExporter(lab, {
    config: `hosts: [{ name: lab, uri: '${libvirtd.uri}' }]
poll: { intervalSeconds: 1, detailsIntervalSeconds: 5 }
groups: { kvm: true, placement: true, backing: true, dirtyrate: true }
metadata: [{ label: owner, xpath: '/domain/metadata/a:app/a:owner', namespaces: { a: '${APP}' } }]
`,
  });
}, 120_000);

afterAll(() => lab.close());

/** The first scrape on which `seen` is true. */
function scrapeUntil(what: string, seen: (page: Exposition) => boolean): Promise<Exposition> {
  return seePage(exporter, what, 30_000, seen);
}

test('a domain that is off has the limits of its definition, and no start', async () => {
  const labels = { host: 'lab', domain: 'limited' };
  const page = await scrapeUntil(
    'limits are read',
    (now) => now.value('libvirt_domain_cpu_shares', labels) !== undefined,
  );
  expect(page.value('libvirt_domain_cpu_shares', labels)).toBe(512);
  expect(page.value('libvirt_domain_cpu_vcpu_period_seconds', labels)).toBe(0.1);
  expect(page.value('libvirt_domain_cpu_vcpu_quota_seconds', labels)).toBe(0.05);
  expect(page.value('libvirt_domain_memory_hard_limit_bytes', labels)).toBe(64 * 1024 * 1024);
  expect(page.value('libvirt_domain_interface_limit_receive_bytes_per_second', labels)).toBe(1_000_000);
  expect(page.value('libvirt_domain_interface_limit_receive_peak_bytes_per_second', labels)).toBe(2_000_000);
  expect(page.value('libvirt_domain_interface_limit_receive_burst_bytes', labels)).toBe(512 * 1024);
  expect(page.value('libvirt_domain_interface_limit_transmit_bytes_per_second', labels)).toBe(250_000);
  expect(page.all('libvirt_domain_interface_limit_transmit_peak_bytes_per_second', labels)).toEqual([]);
  expect(page.value('libvirt_domain_interface_link_up', labels)).toBe(1);
  expect(page.all('libvirt_domain_start_timestamp_seconds', labels)).toEqual([]);
  expect(page.all('libvirt_domain_block_backing_images', labels)).toEqual([]);
  expect(page.all('libvirt_domain_metadata_info', labels)).toEqual([]);
});

test('a domain that starts has what runs, and when it began', async () => {
  const labels = { host: 'lab', domain: 'tuned' };
  const disk = { ...labels, target_device: 'vda' };
  await scrapeUntil('the host is watched', (now) => now.all('libvirt_domain_info', labels).length === 1);
  const before = Date.now() / 1000;
  await libvirtd.virsh('start', 'tuned');
  const after = Date.now() / 1000;
  const page = await scrapeUntil(
    'the running XML and the statistics are read',
    (now) =>
      now.value('libvirt_domain_block_backing_images', disk) === 1 &&
      now.all('libvirt_domain_vcpu_time_seconds_total', labels).length === 2,
  );
  const startedAt = page.value('libvirt_domain_start_timestamp_seconds', labels) ?? NaN;
  expect(startedAt).toBeGreaterThan(before);
  expect(startedAt).toBeLessThan(after + 2);

  expect(page.value('libvirt_domain_block_stats_limit_total_bytes_per_second', disk)).toBe(1_048_576);
  expect(page.value('libvirt_domain_block_stats_limit_burst_total_bytes_per_second', disk)).toBe(2_097_152);
  expect(page.value('libvirt_domain_block_stats_limit_burst_total_bytes_length_seconds', disk)).toBe(3);
  expect(page.value('libvirt_domain_block_stats_limit_read_requests_per_second', disk)).toBe(500);
  expect(page.all('libvirt_domain_block_stats_limit_write_requests_per_second', disk)).toEqual([]);
  expect(page.value('libvirt_domain_block_stats_info', { ...disk, limit_group: 'slow' })).toBe(1);
  const base = { ...disk, depth: '1', format: 'raw', source_file: join(lab.directory, 'tuned.img') };
  expect(page.value('libvirt_domain_block_backing_info', base)).toBe(1);

  expect(page.value('libvirt_domain_interface_link_up', labels)).toBe(0);
  expect(page.value('libvirt_domain_interface_stats_info', { ...labels, mtu_size: '1400' })).toBe(1);
  expect(page.value('libvirt_domain_placement_info', { ...labels, cpuset: '0-1' })).toBe(1);
  expect(page.value('libvirt_domain_vcpu_affinity_info', { ...labels, vcpu: '0', cpuset: '0' })).toBe(1);
  expect(page.value('libvirt_domain_metadata_info', { ...labels, owner: OWNER })).toBe(1);
  expect(page.value('libvirt_domain_info', { ...labels, title: 'Front door' })).toBe(1);
  const [graphics] = page.all('libvirt_domain_graphics_info', { ...labels, graphics_type: 'vnc' });
  expect(Number(graphics?.labels['port'])).toBeGreaterThan(0);
  expect(page.value('libvirt_domain_memory_stats_period_unset', labels)).toBe(1);
  expect(await promtoolCheck(page.text)).toEqual({ code: 0, complaints: [] });
});

test('an image below a disk has its sizes, under the index its facts have, and the disk its own', async () => {
  const disk = { host: 'lab', domain: 'tuned', target_device: 'vda' };
  const page = await scrapeUntil(
    'images are read',
    (now) => now.value('libvirt_domain_block_backing_physical_bytes', disk) !== undefined,
  );
  const [info] = page.all('libvirt_domain_block_backing_info', disk);
  const image = { ...disk, index: info?.labels['index'] ?? '' };
  const base = await stat(join(lab.directory, 'tuned.img'));
  expect(page.value('libvirt_domain_block_backing_capacity_bytes', image)).toBe(base.size);
  expect(page.value('libvirt_domain_block_backing_physical_bytes', image)).toBeGreaterThan(0);
  expect(page.all('libvirt_domain_block_backing_capacity_bytes', disk)).toHaveLength(1);
  expect(page.all('libvirt_domain_block_stats_capacity_bytes', disk)).toHaveLength(1);
  expect(page.all('libvirt_domain_block_stats_read_bytes_total', disk)).toHaveLength(1);
  expect(page.value('vireo_host_unlabelled_objects', { host: 'lab' })).toBe(0);
});

test('each vCPU is on a CPU that it may use', async () => {
  const labels = { host: 'lab', domain: 'tuned' };
  const page = await scrapeUntil('both are placed', (now) => now.all('libvirt_domain_vcpu_cpu', labels).length === 2);
  // Pinned by its XML; the other one has cpuset 0-1.
  expect(page.value('libvirt_domain_vcpu_cpu', { ...labels, vcpu: '0' })).toBe(0);
  expect([0, 1]).toContain(page.value('libvirt_domain_vcpu_cpu', { ...labels, vcpu: '1' }));
  expect(page.all('libvirt_domain_vcpu_cpu', { domain: 'limited' })).toEqual([]);
});

test('a cable that is plugged in and a balloon that is asked are seen without an event', async () => {
  const labels = { host: 'lab', domain: 'tuned' };
  const [nic] = (await exporter.scrape()).all('libvirt_domain_interface_link_up', labels);
  await libvirtd.virsh('dommemstat', 'tuned', '--period', '1', '--live');
  // libvirt has no event for either: they are seen when it is the XML's turn.
  await libvirtd.virsh('domif-setlink', 'tuned', nic?.labels['target_device'] ?? '', 'up');
  const page = await scrapeUntil(
    'the XML is read again',
    (now) => now.value('libvirt_domain_memory_stats_period_unset', labels) === 0,
  );
  expect(
    page.value('libvirt_domain_interface_link_up', { ...labels, target_device: nic?.labels['target_device'] ?? '' }),
  ) //
    .toBe(1);
  expect(page.value('libvirt_domain_memory_stats_period_seconds', labels)).toBe(1);
});

test('KVM has what it counts of the domain and of each vCPU, moving; emulation has nothing', async () => {
  const exits = { host: 'lab', domain: 'tuned', vcpu: '0', event: 'exits' };
  const name = 'libvirt_domain_kvm_vcpu_events_total';
  if (domainType() !== 'kvm') {
    expect((await exporter.scrape()).text).not.toContain('libvirt_domain_kvm_');
    return;
  }
  const page = await scrapeUntil('KVM is asked', (now) => (now.value(name, exits) ?? 0) > 0);
  const first = page.value(name, exits) ?? NaN;
  expect(page.value(name, { ...exits, vcpu: '1' })).toBeGreaterThanOrEqual(0);
  expect(page.all('libvirt_domain_kvm_events_total', { domain: 'tuned' }).length).toBeGreaterThan(0);
  const waits = page.all('libvirt_domain_kvm_vcpu_event_seconds_total', { domain: 'tuned', event: 'halt_wait' });
  expect(waits).toHaveLength(2);
  await scrapeUntil('the vCPU exits again', (now) => (now.value(name, exits) ?? 0) > first);
});

test('cards without a name on the host are told apart, a drive without a medium is one, and Nova is quoted', async () => {
  const labels = { host: 'lab', domain: 'odd' };
  const page = await scrapeUntil(
    'the XML is read',
    (now) => now.all('libvirt_domain_openstack_info', labels).length > 0,
  );
  const cards = page.all('libvirt_domain_interface_stats_info', labels);
  expect(cards.map((card) => [card.labels['target_device'], card.labels['interface_type']])).toEqual([
    ['52:54:00:0d:0d:01', 'hostdev'],
    ['52:54:00:0d:0d:02', 'hostdev'],
    ['52:54:00:0d:0d:03', 'vhostuser'],
  ]);
  expect(page.value('libvirt_domain_block_stats_info', { ...labels, target_device: 'sda', device: 'cdrom' })).toBe(1);
  const nova = { instance_name: 'shop & "cart"', flavor_name: 'm1.small', project_id: 'p-1', user_name: 'alice' };
  expect(page.value('libvirt_domain_openstack_info', { ...labels, ...nova, root_type: 'image', root_id: 'i-1' })).toBe(
    1,
  );
  const made = page.value('libvirt_domain_openstack_created_timestamp_seconds', labels);
  expect(made).toBe(Date.UTC(2026, 2, 1, 10, 11, 12) / 1000);
  expect(page.value('vireo_host_unlabelled_objects', { host: 'lab' })).toBe(0);
});

test('IOThreads, a measured dirty rate, and cards of QEMU’s own network stack are on the page of a domain that runs', async () => {
  const labels = { host: 'lab', domain: 'busy' };
  await libvirtd.virsh('start', 'busy');
  await libvirtd.virsh('domdirtyrate-calc', 'busy', '--seconds', '1');
  const page = await scrapeUntil(
    'the dirty rate is measured',
    (now) =>
      now.value('libvirt_domain_dirty_rate_status', labels) === 2 &&
      now.all('libvirt_domain_iothread_poll_max_seconds', labels).length === 2,
  );
  expect(page.value('libvirt_domain_dirty_rate_period_seconds', labels)).toBe(1);
  expect(page.value('libvirt_domain_dirty_rate_bytes_per_second', labels)).toBeGreaterThanOrEqual(0);
  const measuredAt = page.value('libvirt_domain_dirty_rate_start_timestamp_seconds', labels) ?? NaN;
  expect(page.value('libvirt_domain_dirty_rate_info', { ...labels, mode: 'page-sampling' })).toBe(1);
  expect(measuredAt).toBeGreaterThan(0);
  expect(page.value('libvirt_domain_iothreads', labels)).toBe(2);
  expect(page.value('libvirt_domain_iothread_poll_max_seconds', { ...labels, iothread: '1' })).toBeCloseTo(
    32_768e-9,
    12,
  );
  const cards = page.all('libvirt_domain_interface_stats_info', labels);
  expect(cards.map((card) => card.labels['target_device']).toSorted()).toEqual(['net0', 'net1']);
  expect(await promtoolCheck(page.text)).toEqual({ code: 0, complaints: [] });
});

/** What virsh says of a domain, numbers by libvirt's names. */
async function figures(domain: string): Promise<ReadonlyMap<string, number>> {
  const printed = await libvirtd.virsh('domstats', '--raw', domain);
  return new Map([...printed.matchAll(/^ {2}(\S+)=(-?\d+)$/gm)].map(([, name = '', value]) => [name, Number(value)]));
}

/** By our own reading of libvirt's documentation, and not by the table under test. */
function baseUnits(name: string): number {
  if (/^balloon\.(?!.*(?:fault|hugetlb|last-update))/.test(name)) return 1024;
  return /(?:time|times|wait|delay|cpu\.user|cpu\.system|poll-max-ns)$/.test(name) ? 1e-9 : 1;
}

test('every figure virsh has of a domain is on the page, in base units, and nothing else is missing', async () => {
  await libvirtd.virsh('suspend', 'tuned');
  const labels = { host: 'lab', domain: 'tuned' };
  const before = await figures('tuned');
  const readAt = Date.now() / 1000;
  const page = await scrapeUntil(
    'another poll',
    (now) => (now.value('libvirt_domain_statistics_timestamp_seconds', labels) ?? 0) > readAt + 0.5,
  );
  const after = await figures('tuned');
  const [nic] = page.all('libvirt_domain_interface_stats_receive_bytes_total', labels);
  const devices = { block: 'vda', net: nic?.labels['target_device'] ?? '' };
  const missing: string[] = [];
  let compared = 0;
  for (const [name, least] of before) {
    const [, group = 'domain', index = '', field = name] = /^(vcpu|block|net|iothread)\.(\d+)\.(.+)$/.exec(name) ?? [];
    const family = METRIC_FAMILIES.find(
      ({ source }) => source.kind === 'statistic' && source.group === group && source.field === field,
    );
    if (family === undefined) {
      missing.push(name.replace(/\d+/, 'N'));
      continue;
    }
    const device = group === 'block' || group === 'net' ? { target_device: devices[group] } : {};
    const number = group === 'vcpu' || group === 'iothread' ? { [group]: index } : {};
    const shown = page.value(family.name, { ...labels, ...device, ...number });
    if (family.zeroIsUnknown && least === 0) {
      expect({ name, shown }).toEqual({ name, shown: undefined });
      continue;
    }
    const range = [least, after.get(name) ?? NaN].map((value) => value * baseUnits(name)).toSorted((a, b) => a - b);
    const [low = NaN, high = NaN] = range;
    // The kernel gives and takes pages of a process that does nothing, too.
    const slack = name === 'balloon.rss' ? 0.05 : 1e-12;
    expect({ name, shown, isRight: shown !== undefined && shown >= low * (1 - slack) && shown <= high * (1 + slack) }) //
      .toEqual({ name, shown, isRight: true });
    compared += 1;
  }
  expect(compared).toBeGreaterThan(25);
  // Numbers of the state are a StateSet, those of KVM and of the dirty rate are looked at above, counts are what count()
  // is for, and docs/metrics.md says why a backend's limits are not here.
  const known = [
    /^state\.(?:state|reason)$/,
    /^(?:net|block|cpu\.\S+\.monitor|memory\.\S+\.monitor)\.count$/,
    /^dirtyrate\./,
    /^block\.N\.(?:backingIndex$|limits\.)/,
    /^(?:vcpu\.N|vm)\..*\.(?:sum|cur|max)$/,
  ];
  expect(missing.filter((name) => !known.some((pattern) => pattern.test(name)))).toEqual([]);
  const ofKvm = [...before.keys()].filter((name) => /^(?:vcpu\.\d+|vm)\.\S+\.(?:sum|cur|max)$/.test(name));
  const kvm = page.series.filter(
    ({ name, labels: { domain } }) => domain === 'tuned' && name.startsWith('libvirt_domain_kvm_'),
  );
  expect(kvm.length).toBeGreaterThanOrEqual(ofKvm.length);
  await libvirtd.virsh('resume', 'tuned');
});
