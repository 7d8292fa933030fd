// SPDX-License-Identifier: Apache-2.0
// The built Grafana app over hosts of a lab: the built exporter that lets nobody act whom Grafana does not vouch for, a
// real Prometheus, the stand-in for Grafana with the app, and a browser.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { tokenLine } from './api.ts';
import { startBrowser } from './browser.ts';
import { startExporter } from './exporter.ts';
import type { Exporter, LogLine } from './exporter.ts';
import { buildGrafanaHost } from './grafana-host.ts';
import { GrafanaPage } from './grafana-page.ts';
import { startGrafana } from './grafana-server.ts';
import type { GrafanaServer } from './grafana-server.ts';
import { logBackend } from './grafana-logs.ts';
import { repositoryRoot } from './lab.ts';
import type { Lab } from './lab.ts';
import { secret } from './planted.ts';
import { startPrometheus } from './prometheus.ts';
import type { Prometheus } from './prometheus.ts';

/** See the head of this file. */
export interface GrafanaApp {
  readonly exporter: Exporter;
  readonly prometheus: Prometheus;
  readonly grafana: GrafanaServer;
  readonly browser: Browser;
  /** A browser page with a user of `USERS` signed in. */
  signIn(login: string): Promise<GrafanaPage>;
  /** The audit lines so far that have all of `fields`. */
  audit(fields: Readonly<Record<string, unknown>>): LogLine[];
}

/** A configured host as the file of the exporter has it. */
export interface AppHost {
  readonly name: string;
  readonly uri: string;
  readonly via?: string;
  /** Which of its domains are watched; all without it. */
  readonly domains?: { readonly include: readonly { readonly name: string }[] };
}

/** The folder `npm run build` leaves the app in. */
function builtApp(): string {
  const directory = join(repositoryRoot(), 'grafana-plugin', 'dist');
  if (!existsSync(join(directory, 'module.js'))) throw new Error(`${directory} has no built app: npm run build`);
  return directory;
}

/** Starts it while `hosts` are made ready. Closing the lab ends it. */
export async function startGrafanaApp(lab: Lab, hosts: Promise<readonly AppHost[]>): Promise<GrafanaApp> {
  const [configured, host] = await Promise.all([hosts, buildGrafanaHost(join(lab.directory, 'grafana-host'))]);
  const grafana = await startGrafana(lab, { pluginDirectory: builtApp(), host });
  const tokens = {
    readToken: secret('Grafana app token read'),
    operateToken: secret('Grafana app token operate'),
    consoleToken: secret('Grafana app token console'),
  };
  const config = join(lab.directory, 'grafana-vireo.yml');
  await writeFile(
    config,
    `hosts: ${JSON.stringify(configured)}
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
  return {
    exporter,
    prometheus,
    grafana,
    browser,
    signIn: (login) => GrafanaPage.signIn(browser, grafana, login),
    audit: (fields) =>
      exporter.log().filter((line) => Object.entries(fields).every(([key, value]) => line[key] === value)),
  };
}

/**
 * How the tests of one file sign in to the app that they share. After each of them its pages are closed, and nothing that
 * no user should see was in them, and they asked for nothing that is not there.
 */
export function signIns(
  app: () => Pick<GrafanaApp, 'grafana' | 'signIn'>,
): (...user: Parameters<GrafanaApp['signIn']>) => Promise<GrafanaPage> {
  let pages: GrafanaPage[] = [];
  afterEach(async () => {
    const open = pages;
    pages = [];
    for (const page of open) await page.close();
    expect(open.flatMap(({ problems }) => problems)).toEqual([]);
    expect(app().grafana.notFound).toEqual([]);
  });
  return async (login) => {
    const page = await app().signIn(login);
    pages.push(page);
    return page;
  };
}
