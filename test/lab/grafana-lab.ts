// SPDX-License-Identifier: Apache-2.0
// What a journey through the Grafana app needs: a real libvirtd with QEMU domains, a host that nobody reaches, the built
// exporter that lets nobody act whom Grafana does not vouch for, a real Prometheus, the stand-in for Grafana with the
// built app, and a browser.
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { tokenLine } from './api.ts';
import { startBrowser } from './browser.ts';
import { defineDomains, startDomains } from './domains.ts';
import { startExporter } from './exporter.ts';
import type { Exporter, LogLine } from './exporter.ts';
import { buildGrafanaHost } from './grafana-host.ts';
import { GrafanaPage } from './grafana-page.ts';
import { startGrafana } from './grafana-server.ts';
import type { GrafanaServer } from './grafana-server.ts';
import { openLab, repositoryRoot } from './lab.ts';
import type { Lab } from './lab.ts';
import { startLibvirtd } from './libvirtd.ts';
import type { Libvirtd } from './libvirtd.ts';
import { logBackend } from './grafana-logs.ts';
import { secret } from './planted.ts';
import { startPrometheus } from './prometheus.ts';
import { waitFor } from './wait-for.ts';

/** The hosts: one that is up and one that nobody reaches. */
export const HOSTS = { up: 'kvm1', lost: 'kvm2' } as const;

/** The domains of {@link HOSTS}.up; their guests ignore a shutdown. `spare` is off. */
export const DOMAINS = ['web-1', 'web-2', 'deaf', 'spare'] as const;

/** The storage pool of {@link HOSTS}.up. */
export const POOL = 'images';

/** See the head of this file. */
export interface GrafanaLab {
  readonly lab: Lab;
  readonly libvirtd: Libvirtd;
  readonly exporter: Exporter;
  readonly grafana: GrafanaServer;
  readonly browser: Browser;
  /** A browser page with a user of `USERS` signed in. */
  signIn(login: string): Promise<GrafanaPage>;
  /** The state of a domain as virsh tells it. */
  state(name: string): Promise<string>;
  /** Waits until virsh tells this state. */
  becomes(name: string, state: string): Promise<void>;
  uuidOf(name: string): Promise<string>;
  /** The page of a domain in the app. */
  pathOf(name: string): Promise<string>;
  /** The audit lines so far that have all of `fields`. */
  audit(fields: Readonly<Record<string, unknown>>): LogLine[];
}

/** The folder `npm run build` leaves the app in. */
function builtApp(): string {
  const directory = join(repositoryRoot(), 'grafana-plugin', 'dist');
  if (!existsSync(join(directory, 'module.js'))) throw new Error(`${directory} has no built app: npm run build`);
  return directory;
}

/** Opens it. Closing `lab` closes everything. */
export async function openGrafanaLab(): Promise<GrafanaLab> {
  const lab = await openLab();
  try {
    return await furnish(lab);
  } catch (error) {
    await lab.close();
    throw error;
  }
}

async function furnish(lab: Lab): Promise<GrafanaLab> {
  const [libvirtd, host] = await Promise.all([
    startLibvirtd(lab),
    buildGrafanaHost(join(lab.directory, 'grafana-host')),
  ]);
  const pool = join(lab.directory, 'pool');
  await mkdir(pool, { recursive: true });
  await libvirtd.virsh('pool-create-as', POOL, 'dir', '--target', pool);
  await defineDomains(lab, libvirtd, ['spare']);
  await startDomains(lab, libvirtd, ['web-1', 'web-2', 'deaf']);
  const grafana = await startGrafana(lab, { pluginDirectory: builtApp(), host });
  const tokens = {
    readToken: secret('Grafana app token read'),
    operateToken: secret('Grafana app token operate'),
    consoleToken: secret('Grafana app token console'),
  };
  const config = join(lab.directory, 'grafana-vireo.yml');
  await writeFile(
    config,
    `hosts:
  - { name: ${HOSTS.up}, uri: 'qemu:///system' }
  - { name: ${HOSTS.lost}, uri: 'qemu+tcp://127.0.0.1:9/system' }
poll: { intervalSeconds: 5 }
api:
  grafana: { url: '${grafana.url}', requireIdentity: true, audience: 'org:1' }
  tokens:
    - ${tokenLine('grafana-read', tokens.readToken, ['read', 'xml'])}
    - ${tokenLine('grafana-operate', tokens.operateToken, ['read', 'xml', 'power', 'force'])}
    - ${tokenLine('grafana-console', tokens.consoleToken, ['read', 'console.view', 'console.control'])}
`,
  );
  const exporter = await startExporter(lab, { flags: [`--config.file=${config}`] });
  const prometheus = await startPrometheus(lab, exporter.address);
  grafana.settings = { jsonData: { apiUrl: exporter.url }, secureJsonData: tokens };
  // The uids of provisioning/grafana/datasources.
  grafana.dataSources = [
    { uid: 'vireo-prometheus', name: 'Prometheus', type: 'prometheus', backend: prometheus.url },
    { uid: 'vireo-loki', name: 'Loki', type: 'loki', backend: logBackend(() => exporter.log()) },
  ];
  const browser = await startBrowser(lab);
  await waitFor(async () => (await prometheus.query('libvirt_domain_info')).length === DOMAINS.length, {
    what: 'Prometheus has every domain',
    deadlineMs: 30_000,
    intervalMs: 200,
  });

  async function state(name: string): Promise<string> {
    return (await libvirtd.virsh('domstate', name)).trim();
  }

  async function uuidOf(name: string): Promise<string> {
    return (await libvirtd.virsh('domuuid', name)).trim();
  }

  return {
    lab,
    libvirtd,
    exporter,
    grafana,
    browser,
    signIn: (login) => GrafanaPage.signIn(browser, grafana, login),
    state,
    becomes: async (name, wanted) => {
      await waitFor(async () => (await state(name)) === wanted, {
        what: `${name} is ${wanted}`,
        deadlineMs: 15_000,
        intervalMs: 50,
      });
    },
    uuidOf,
    pathOf: async (name) => `/hosts/${HOSTS.up}/domains/${await uuidOf(name)}`,
    audit: (fields) =>
      exporter.log().filter((line) => Object.entries(fields).every(([key, value]) => line[key] === value)),
  };
}
