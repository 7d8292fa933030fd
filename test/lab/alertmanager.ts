// SPDX-License-Identifier: Apache-2.0
// A real Alertmanager (Debian's) with the committed configuration, whose receivers are a webhook of the test.

import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parse, stringify } from 'yaml';
import { freePort, repositoryRoot } from './lab.ts';
import type { Lab } from './lab.ts';
import { start } from './process.ts';
import { waitFor } from './wait-for.ts';

/** What Alertmanager tells of an alert. */
export interface NotifiedAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A running Alertmanager. */
export interface Alertmanager {
  /** host:port */
  readonly address: string;
  /** Every alert of every notification so far, oldest first. */
  readonly notified: readonly NotifiedAlert[];
  /** Names of the alerts of a host it has now and holds back because of another one. */
  inhibited(host: string): Promise<string[]>;
  /** Gives it alerts as a Prometheus would. */
  post(alerts: readonly object[]): Promise<void>;
}

interface Configuration {
  readonly route: object;
  readonly receivers: readonly { readonly name: string }[];
}

interface ListedAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly status: { readonly inhibitedBy: readonly string[] };
}

/** Starts it; what the committed configuration waits for minutes is a second here. Closing the lab stops it. */
export async function startAlertmanager(lab: Lab): Promise<Alertmanager> {
  const notified: NotifiedAlert[] = [];
  const webhook = createServer((request, response) => {
    void text(request).then((body) => {
      const { alerts } = JSON.parse(body) as { readonly alerts: readonly NotifiedAlert[] };
      notified.push(...alerts);
      response.end();
    });
  });
  const webhookPort = await freePort();
  await new Promise<void>((resolve) => webhook.listen(webhookPort, '127.0.0.1', resolve));
  lab.onClose(
    () =>
      new Promise((resolve) => {
        webhook.closeAllConnections();
        webhook.close(() => {
          resolve();
        });
      }),
  );
  const committed = readFileSync(join(repositoryRoot(), 'provisioning/alertmanager/alertmanager.yml'), 'utf8');
  const { route, receivers, ...rest } = parse(committed) as Configuration;
  const url = `http://127.0.0.1:${String(webhookPort)}/`;
  const config = join(lab.directory, 'alertmanager.yml');
  const fast = { group_wait: '1s', group_interval: '1s' };
  await writeFile(
    config,
    stringify({
      ...rest,
      route: { ...route, ...fast },
      receivers: receivers.map(({ name }) => ({
        name,
        ...(name === 'nobody' ? {} : { webhook_configs: [{ url, send_resolved: true }] }),
      })),
    }),
  );
  const address = `127.0.0.1:${String(await freePort())}`;
  const process = start(lab, 'prometheus-alertmanager', [
    `--config.file=${config}`,
    `--storage.path=${join(lab.directory, 'alertmanager')}`,
    `--web.listen-address=${address}`,
    // No cluster of its own.
    '--cluster.listen-address=',
  ]);
  await waitFor(async () => (process.hasExited ? 'exited' : (await fetch(`http://${address}/-/ready`)).ok), {
    what: 'Alertmanager is ready',
    deadlineMs: 20_000,
    intervalMs: 50,
  });
  if (process.hasExited) throw new Error(`Alertmanager ended at once:\n${process.output()}`);
  return {
    address,
    notified,
    post: async (alerts) => {
      const answer = await fetch(`http://${address}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(alerts),
      });
      if (!answer.ok) throw new Error(`Alertmanager refused alerts: ${await answer.text()}`);
    },
    inhibited: async (host) => {
      const alerts = (await (await fetch(`http://${address}/api/v2/alerts`)).json()) as readonly ListedAlert[];
      return alerts
        .filter(({ labels, status }) => labels['host'] === host && status.inhibitedBy.length > 0)
        .map(({ labels }) => labels['alertname'] ?? 'no name');
    },
  };
}
