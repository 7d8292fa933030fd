// SPDX-License-Identifier: Apache-2.0
// What takes a call of its own for each domain, on real QEMU domains: a block job, a snapshot, a checkpoint, and a guest
// with the real agent.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startExporter } from '../lab/exporter.ts';
import type { Exporter, Exposition } from '../lab/exporter.ts';
import { openLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import type { Libvirtd } from '../lab/libvirtd.ts';
import { startLinuxGuest } from '../lab/linux-guest.ts';
import { promtoolCheck } from '../lab/prometheus.ts';
import { waitFor } from '../lab/wait-for.ts';

jest.setTimeout(120_000);

let lab: Lab;
let libvirtd: Libvirtd;
let exporter: Exporter;

beforeAll(async () => {
  lab = await openLab();
  libvirtd = await startLibvirtd(lab);
  await startLinuxGuest(lab, libvirtd, 'guest');
  exporter = await startExporter(lab, {
    config: `hosts: [{ name: lab, uri: '${libvirtd.uri}' }]
poll: { intervalSeconds: 1, detailsIntervalSeconds: 5 }
groups: { agent: true }
`,
  });
}, 240_000);

afterAll(() => lab.close());

/** The scrape in which there is a sample of `name` that `accepts`. */
async function scrapeWith(name: string, accepts: (value: number) => boolean = () => true): Promise<Exposition> {
  let page: Exposition | undefined;
  await waitFor(
    async () => {
      page = await exporter.scrape();
      return page.all(name, { domain: 'guest' }).some(({ value }) => accepts(value));
    },
    { what: name, deadlineMs: 30_000, intervalMs: 300 },
  );
  if (page === undefined) throw new Error('no scrape');
  return page;
}

const DOMAIN = { host: 'lab', domain: 'guest' };

it('tells what the agent of a guest says', async () => {
  const page = await scrapeWith('libvirt_domain_guest_filesystem_size_bytes');
  expect(page.value('libvirt_domain_guest_agent_connected', DOMAIN)).toBe(1);
  expect(page.value('libvirt_domain_guest_agent_responding', DOMAIN)).toBe(1);
  expect(page.all('libvirt_domain_guest_info')[0]?.labels).toMatchObject({
    hostname: 'lab-guest',
    os_id: 'lab',
    os_name: 'Lab Linux 1',
    machine: 'x86_64',
  });
  expect(page.value('libvirt_domain_guest_users', DOMAIN)).toBe(0);
  const size = page.value('libvirt_domain_guest_filesystem_size_bytes', { ...DOMAIN, mountpoint: '/mnt' }) ?? 0;
  expect(size).toBeGreaterThan(30e6);
  expect(size).toBeLessThan(70e6);
  expect(page.all('libvirt_domain_guest_filesystem_info', DOMAIN)[0]?.labels).toMatchObject({ fstype: 'ext2' });
});

it('counts disk errors: none', async () => {
  const page = await scrapeWith('libvirt_domain_disk_errors');
  expect(page.value('libvirt_domain_disk_errors', DOMAIN)).toBe(0);
});

it('follows a block job from its discovery to its end', async () => {
  const copy = join(lab.directory, 'copy.qcow2');
  await libvirtd.virsh('blockcopy', 'guest', 'vda', copy, '--transient-job', '--bandwidth', '1');
  const page = await scrapeWith('libvirt_domain_block_job_info');
  expect(page.all('libvirt_domain_block_job_info', DOMAIN)[0]?.labels).toMatchObject({
    target_device: 'vda',
    job_type: 'copy',
  });
  const job = { ...DOMAIN, target_device: 'vda' };
  expect(page.value('libvirt_domain_block_job_bandwidth_bytes_per_second', job)).toBe(1_048_576);
  expect(page.value('libvirt_domain_block_job_end', job)).toBeGreaterThan(0);
  expect(await promtoolCheck(page.text)).toEqual({ code: 0, complaints: [] });
  await libvirtd.virsh('blockjob', 'guest', 'vda', '--abort');
  await waitFor(async () => (await exporter.scrape()).all('libvirt_domain_block_job_info').length === 0, {
    what: 'the job is gone',
    deadlineMs: 30_000,
  });
});

it('counts and dates checkpoints and snapshots', async () => {
  const began = Math.floor(Date.now() / 1000);
  const xml = join(lab.directory, 'checkpoint.xml');
  await writeFile(xml, '<domaincheckpoint><name>check1</name></domaincheckpoint>');
  await libvirtd.virsh('checkpoint-create', 'guest', xml);
  const page = await scrapeWith('libvirt_domain_checkpoints', (count) => count === 1);
  expect(page.value('libvirt_domain_checkpoints_newest_timestamp_seconds', DOMAIN)).toBeGreaterThanOrEqual(began);
  expect(page.value('libvirt_domain_snapshots', DOMAIN)).toBe(0);
  expect(page.all('libvirt_domain_snapshots_newest_timestamp_seconds')).toEqual([]);
  await libvirtd.virsh('checkpoint-delete', 'guest', 'check1');
  await libvirtd.virsh('snapshot-create-as', 'guest', 'before-upgrade', '--disk-only');
  const later = await scrapeWith('libvirt_domain_snapshots', (count) => count === 1);
  expect(later.value('libvirt_domain_snapshots_newest_timestamp_seconds', DOMAIN)).toBeGreaterThanOrEqual(began);
  expect(later.all('libvirt_domain_snapshot_current_info')[0]?.labels).toMatchObject({ snapshot: 'before-upgrade' });
});

it('shows no more of a guest that obeyed its power button than its snapshots', async () => {
  await libvirtd.virsh('shutdown', 'guest', '--mode', 'acpi');
  await waitFor(async () => (await libvirtd.virsh('domstate', 'guest')).trim() === 'shut off', {
    what: 'the guest is off',
    deadlineMs: 60_000,
  });
  await waitFor(async () => (await exporter.scrape()).value('libvirt_domain_active', DOMAIN) === 0, {
    what: 'the exporter knows',
    deadlineMs: 30_000,
  });
  const page = await exporter.scrape();
  expect(page.all('libvirt_domain_guest_agent_responding')).toEqual([]);
  expect(page.all('libvirt_domain_disk_errors')).toEqual([]);
  expect(page.value('libvirt_domain_snapshots', DOMAIN)).toBe(1);
});
