// SPDX-License-Identifier: Apache-2.0
// The alerts on real faults: a daemon that is killed, a QEMU that is frozen, a pool that is filled. Each fires in a real
// Prometheus with the committed rules, only their `for` shortened, and clears when the fault is over.

import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineDomains, freezeDomain, startDomains } from '../lab/domains.ts';
import { startExporter } from '../lab/exporter.ts';
import { openLab, repositoryRoot } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import type { Libvirtd } from '../lab/libvirtd.ts';
import { runInside } from '../lab/process.ts';
import { startPrometheus } from '../lab/prometheus.ts';
import type { Prometheus } from '../lab/prometheus.ts';
import { waitFor } from '../lab/wait-for.ts';

jest.setTimeout(120_000);

/** What Prometheus tells of an alert that fires. */
interface Firing {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: 'firing' | 'pending';
}

let lab: Lab;
let libvirtd: Libvirtd;
let prometheus: Prometheus;
let pool: string;

beforeAll(async () => {
  lab = await openLab();
  libvirtd = await startLibvirtd(lab);
  await startDomains(lab, libvirtd, ['web']);
  await defineDomains(lab, libvirtd, ['spare']);
  pool = join(lab.directory, 'pool');
  await mkdir(pool);
  await runInside(lab, 'mount', ['-t', 'tmpfs', '-o', 'size=16m', 'pool', pool]);
  await libvirtd.virsh('pool-define-as', 'small', 'dir', '--target', pool);
  await libvirtd.virsh('pool-start', 'small');
  const exporter = await startExporter(lab, {
    config: `hosts: [{ name: lab, uri: '${libvirtd.uri}' }]\npoll: { intervalSeconds: 1, detailsIntervalSeconds: 5 }\n`,
  });
  const rules = readFileSync(join(repositoryRoot(), 'provisioning/prometheus/rules/vireo.yml'), 'utf8');
  const shortened = join(lab.directory, 'rules.yml');
  await writeFile(shortened, rules.replaceAll(/^( +for:) .*$/gm, '$1 1s'));
  prometheus = await startPrometheus(lab, exporter.address, shortened);
}, 120_000);

afterAll(() => lab.close());

async function firing(name: string): Promise<Firing[]> {
  const response = await fetch(`${prometheus.url}/api/v1/alerts`);
  const { data } = (await response.json()) as { readonly data: { readonly alerts: readonly Firing[] } };
  return data.alerts.filter(({ labels, state }) => labels['alertname'] === name && state === 'firing');
}

/** Waits until the alert fires, and gives it. */
function fires(name: string): Promise<Firing> {
  return waitFor(async () => (await firing(name))[0], { what: `${name} fires`, deadlineMs: 60_000 });
}

function clears(name: string): Promise<unknown> {
  return waitFor(async () => (await firing(name)).length === 0, { what: `${name} clears`, deadlineMs: 60_000 });
}

test('nothing fires while all is well, once Vireo was scraped', async () => {
  await waitFor(async () => (await prometheus.query('libvirt_domain_vcpu_current')).length > 0, {
    what: 'Prometheus has the domain',
    deadlineMs: 30_000,
  });
  // With its `for` shortened it fires before the first scrape.
  await clears('VireoAbsent');
  const { data } = (await (await fetch(`${prometheus.url}/api/v1/alerts`)).json()) as {
    readonly data: { readonly alerts: readonly Firing[] };
  };
  const names = data.alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels['alertname']);
  // How much memory and how many CPUs the machine of the test has is no affair of the test.
  expect(names.filter((name) => name?.startsWith('LibvirtHost') !== true)).toEqual([]);
});

test('a frozen QEMU: LibvirtDomainStuck, with links to its runbook and dashboard, until it goes on', async () => {
  const thaw = await freezeDomain(lab, 'web');
  try {
    const { labels, annotations } = await fires('LibvirtDomainStuck');
    expect(labels).toMatchObject({ host: 'lab', domain: 'web', severity: 'critical' });
    expect(annotations['summary']).toBe('QEMU of domain web at host lab does not answer');
    expect(annotations['dashboard']).toBe('/d/vireo-domain?var-host=lab&var-domain=web');
    expect(existsSync(join(repositoryRoot(), annotations['runbook_url'] ?? 'none'))).toBe(true);
    expect(await firing('LibvirtHostLost')).toEqual([]);
  } finally {
    thaw();
  }
  await clears('LibvirtDomainStuck');
});

test('a full pool: LibvirtStoragePoolNearlyFull, until there is room', async () => {
  await runInside(lab, 'dd', ['if=/dev/zero', `of=${join(pool, 'large')}`, 'bs=1M', 'count=16']).catch(() => 'full');
  await libvirtd.virsh('pool-refresh', 'small');
  const { labels, annotations } = await fires('LibvirtStoragePoolNearlyFull');
  expect(labels).toMatchObject({ host: 'lab', storage_pool: 'small' });
  expect(annotations['description']).toMatch(/^Only 0% of pool small of lab is free/);
  await runInside(lab, 'rm', [join(pool, 'large')]);
  await libvirtd.virsh('pool-refresh', 'small');
  await clears('LibvirtStoragePoolNearlyFull');
});

test('a domain that is to start with its host and is off: LibvirtDomainAutostartDown, until nobody wants it', async () => {
  await libvirtd.virsh('autostart', 'spare');
  expect((await fires('LibvirtDomainAutostartDown')).labels).toMatchObject({ host: 'lab', domain: 'spare' });
  await libvirtd.virsh('autostart', '--disable', 'spare');
  await clears('LibvirtDomainAutostartDown');
});

test('a killed daemon: LibvirtHostLost and no alert about its domains, until it is back', async () => {
  await libvirtd.kill();
  const { labels, annotations } = await fires('LibvirtHostLost');
  expect(labels).toMatchObject({ host: 'lab', severity: 'critical' });
  expect(annotations['dashboard']).toBe('/d/vireo-host?var-host=lab');
  expect(await firing('LibvirtDomainStuck')).toEqual([]);
  await libvirtd.restart();
  await clears('LibvirtHostLost');
});
