// SPDX-License-Identifier: Apache-2.0
// The alerts on real faults: a daemon that is killed, a QEMU that is frozen, a pool that is filled, a guesser. Two Vireos
// watch one libvirtd, the second over TLS; a real Prometheus evaluates the committed rules, of which only `for` is
// shortened and Vireo's address put in for the default one; a real Alertmanager with the committed configuration notifies.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startAlertmanager } from '../lab/alertmanager.ts';
import type { Alertmanager, NotifiedAlert } from '../lab/alertmanager.ts';
import { makeAuthority } from '../lab/certificates.ts';
import { defineDomains, freezeDomain, startDomains } from '../lab/domains.ts';
import { startExporter } from '../lab/exporter.ts';
import type { Exporter } from '../lab/exporter.ts';
import { openLab, repositoryRoot } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import type { Libvirtd } from '../lab/libvirtd.ts';
import { runInside } from '../lab/process.ts';
import { startPrometheus } from '../lab/prometheus.ts';
import type { Prometheus } from '../lab/prometheus.ts';
import { waitFor } from '../lab/wait-for.ts';

jest.setTimeout(120_000);

interface Rule {
  readonly name: string;
  readonly health: string;
  readonly state: 'firing' | 'pending' | 'inactive';
  readonly alerts: readonly { readonly labels: Readonly<Record<string, string>>; readonly state: string }[];
}

let lab: Lab;
let libvirtd: Libvirtd;
let exporter: Exporter;
let prometheus: Prometheus;
let alertmanager: Alertmanager;
let pool: string;

beforeAll(async () => {
  lab = await openLab();
  const authority = await makeAuthority(lab, 'lab');
  libvirtd = await startLibvirtd(lab, { tls: authority.server });
  await startDomains(lab, libvirtd, ['web']);
  await defineDomains(lab, libvirtd, ['spare']);
  pool = join(lab.directory, 'pool');
  await mkdir(pool);
  await runInside(lab, 'mount', ['-t', 'tmpfs', '-o', 'size=16m', 'pool', pool]);
  await libvirtd.virsh('pool-define-as', 'small', 'dir', '--target', pool);
  await libvirtd.virsh('pool-start', 'small');
  const poll = 'poll: { intervalSeconds: 1, detailsIntervalSeconds: 5 }\n';
  const sha256 = createHash('sha256').update('vireo_nobody-has-this-token').digest('hex');
  exporter = await startExporter(lab, {
    config: `hosts: [{ name: lab, uri: '${libvirtd.uri}' }]\n${poll}api: { tokens: [{ name: t, sha256: ${sha256}, privileges: [read], hosts: ['*'], domains: ['*'] }] }\n`,
  });
  const second = join(lab.directory, 'second.yml');
  const tls = `qemu+tls://localhost:${String(libvirtd.tlsPort)}/system?pkipath=${authority.clientDirectory}`;
  await writeFile(second, `hosts: [{ name: lab, uri: '${tls}' }]\n${poll}`);
  const other = await startExporter(lab, { flags: [`--config.file=${second}`] });
  const rules = readFileSync(join(repositoryRoot(), 'provisioning/prometheus/rules/vireo.yml'), 'utf8');
  const ruleFile = join(lab.directory, 'rules.yml');
  await writeFile(
    ruleFile,
    rules.replaceAll(/^( +for:) .*$/gm, '$1 1s').replaceAll('http://127.0.0.1:9177', exporter.url),
  );
  alertmanager = await startAlertmanager(lab);
  const targets = `['${exporter.address}', '${other.address}']`;
  prometheus = await startPrometheus(
    lab,
    { scrapeConfigs: `[{ job_name: vireo, static_configs: [{ targets: ${targets} }] }]` },
    { ruleFile, alertmanager: alertmanager.address },
  );
}, 120_000);

afterAll(() => lab.close());

async function rules(): Promise<readonly Rule[]> {
  const answer = await fetch(`${prometheus.url}/api/v1/rules`);
  const { data } = (await answer.json()) as {
    readonly data: { readonly groups: readonly { readonly rules: readonly Rule[] }[] };
  };
  return data.groups.flatMap((group) => group.rules);
}

/** The newest word of Alertmanager about an alert. */
function newest(name: string): NotifiedAlert | undefined {
  return alertmanager.notified.findLast(({ labels }) => labels['alertname'] === name);
}

/** Waits until Alertmanager notifies of the alert, and gives it; its links lead to what is there. */
async function fires(name: string): Promise<NotifiedAlert> {
  const alert = await waitFor(() => (newest(name)?.status === 'firing' ? newest(name) : undefined), {
    what: `Alertmanager notifies that ${name} fires`,
    deadlineMs: 60_000,
  });
  const runbook = await fetch(alert.annotations['runbook_url'] ?? 'no link');
  expect([runbook.status, (await runbook.text()).split('\n')[0]]).toEqual([200, `# ${name}`]);
  const dashboard = new URL(alert.annotations['dashboard_url'] ?? 'no link');
  expect(dashboard.origin).toBe('http://127.0.0.1:3000');
  const file = join(repositoryRoot(), 'dashboards/grafana', `${dashboard.pathname.replace('/d/', '')}.json`);
  const { templating } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly templating: { readonly list: readonly { readonly name: string }[] };
  };
  const variables = templating.list.map((variable) => `var-${variable.name}`);
  for (const parameter of dashboard.searchParams.keys()) expect(variables).toContain(parameter);
  return alert;
}

function clears(name: string): Promise<unknown> {
  return waitFor(() => newest(name)?.status === 'resolved', {
    what: `Alertmanager notifies that ${name} is resolved`,
    deadlineMs: 60_000,
  });
}

test('while all is well no alert fires but for certificates of two days, and one fault is one alert for two Vireos', async () => {
  await waitFor(async () => (await prometheus.query('libvirt_domain_vcpu_current')).length === 2, {
    what: 'Prometheus has the domain of both Vireos',
    deadlineMs: 30_000,
  });
  const firing = async (): Promise<readonly Rule[]> => (await rules()).filter(({ state }) => state === 'firing');
  // With its `for` shortened VireoAbsent fires before the first scrape.
  await waitFor(async () => !(await firing()).some(({ name }) => name === 'VireoAbsent'), {
    what: 'VireoAbsent clears',
    deadlineMs: 30_000,
  });
  const { annotations } = await fires('LibvirtCertificateExpires');
  expect(annotations['description']).toMatch(/of the TLS connection to lab is good for another 1d 23h/);
  // How much memory and how many CPUs the machine of the test has is no affair of the test; and the first poll of a daemon
  // that has just started may be late, which for so short a `for` is an alert.
  const names = async (): Promise<string> =>
    (await firing())
      .map(({ name }) => name)
      .filter((name) => !name.startsWith('LibvirtHost'))
      .join();
  await waitFor(async () => (await names()) === 'LibvirtCertificateExpires', {
    what: 'nothing fires but LibvirtCertificateExpires',
    deadlineMs: 30_000,
  }).catch(async (cause: unknown) => {
    const alerts = (await firing()).flatMap((rule) => rule.alerts.map(({ labels }) => labels));
    throw new Error(`these fire: ${JSON.stringify(alerts)}`, { cause });
  });
  const now = await rules();
  const certificates = now.find(({ name }) => name === 'LibvirtCertificateExpires')?.alerts ?? [];
  expect(certificates.map(({ labels }) => labels['certificate']).sort()).toEqual(['authority', 'client', 'daemon']);
  expect(now.filter(({ health }) => health !== 'ok')).toEqual([]);
});

test('a frozen QEMU: LibvirtDomainStuck, with links to its runbook and dashboard, until it goes on', async () => {
  const thaw = await freezeDomain(lab, 'web');
  try {
    const { labels, annotations } = await fires('LibvirtDomainStuck');
    expect(labels).toEqual({ alertname: 'LibvirtDomainStuck', host: 'lab', domain: 'web', severity: 'critical' });
    expect(annotations['summary']).toBe('QEMU of domain web at host lab does not answer');
    expect(annotations['dashboard_url']).toMatch(/\/d\/vireo-domain\?var-host=lab&var-domain=web$/);
    expect(newest('LibvirtHostLost')).toBeUndefined();
    expect((await rules()).filter(({ health }) => health !== 'ok')).toEqual([]);
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

test('a killed daemon: LibvirtHostLost, one for two Vireos, until it is back', async () => {
  await libvirtd.virsh('autostart', 'spare');
  expect((await fires('LibvirtDomainAutostartDown')).labels).toMatchObject({ host: 'lab', domain: 'spare' });
  await libvirtd.kill();
  const { labels, annotations } = await fires('LibvirtHostLost');
  expect(labels).toEqual({ alertname: 'LibvirtHostLost', host: 'lab', severity: 'critical' });
  expect(annotations['dashboard_url']).toMatch(/\/d\/vireo-host\?var-host=lab$/);
  await libvirtd.restart();
  await clears('LibvirtHostLost');
  await libvirtd.virsh('autostart', '--disable', 'spare');
  await clears('LibvirtDomainAutostartDown');
});

test('a guesser of tokens: VireoFailedLogins', async () => {
  for (let i = 0; i < 30; i += 1) {
    const answer = await fetch(`${exporter.url}/api/v1/hosts`, {
      headers: { Authorization: `Bearer guess-${String(i)}` },
    });
    expect([401, 429]).toContain(answer.status);
  }
  expect((await fires('VireoFailedLogins')).labels['method']).toBe('token');
});

test('what follows from a lost host or a full pool is held back, and what is only for a list notifies nobody', async () => {
  const at = { host: 'kvm9', domain: 'web', storage_pool: 'default' };
  const alert = (alertname: string, severity: string): object => ({ labels: { alertname, severity, ...at } });
  await alertmanager.post([
    alert('LibvirtHostLost', 'critical'),
    alert('LibvirtDomainStuck', 'critical'),
    alert('LibvirtStoragePoolNearlyFull', 'critical'),
    alert('VireoPollStale', 'warning'),
    alert('LibvirtDomainSnapshotOld', 'info'),
    alert('VireoFailedLogins', 'warning'),
  ]);
  const told = (): string[] =>
    alertmanager.notified
      .filter(({ labels }) => labels['host'] === 'kvm9')
      .map(({ labels }) => labels['alertname'] ?? '');
  await waitFor(() => told().includes('VireoFailedLogins') && told().includes('LibvirtHostLost'), {
    what: 'the two that nothing holds back are notified',
    deadlineMs: 30_000,
  });
  expect([...new Set(told())].sort()).toEqual(['LibvirtHostLost', 'VireoFailedLogins']);
  expect((await alertmanager.inhibited('kvm9')).sort()).toEqual([
    'LibvirtDomainSnapshotOld',
    'LibvirtDomainStuck',
    'LibvirtStoragePoolNearlyFull',
    'VireoPollStale',
  ]);
});
