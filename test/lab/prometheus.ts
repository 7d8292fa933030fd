// SPDX-License-Identifier: Apache-2.0
// A real Prometheus (Debian's) that scrapes one exporter every second, and promtool.
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from './lab.ts';
import type { Lab } from './lab.ts';
import { start } from './process.ts';
import { waitFor } from './wait-for.ts';

/** One series of an instant vector. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  /** Unix seconds, and the value as text. */
  readonly value: readonly [number, string];
}

/** A running Prometheus. */
export interface Prometheus {
  readonly url: string;
  /** Evaluates PromQL now; throws what Prometheus says when it cannot. */
  query(expression: string): Promise<Sample[]>;
}

interface QueryResponse {
  readonly status: 'success' | 'error';
  readonly error?: string;
  readonly data?: { readonly result: Sample[] };
}

/** What is done about alerts. */
export interface AlertingOptions {
  readonly ruleFile: string;
  /** host:port of the Alertmanager they are sent to. */
  readonly alertmanager: string;
}

/**
 * Starts Prometheus, scraping `target` (host:port) or as `scrape_configs` (a YAML list) says, and evaluating alerts if
 * told so; resolves when it is ready. Closing the lab stops it.
 */
export async function startPrometheus(
  lab: Lab,
  target: string | { readonly scrapeConfigs: string },
  alerting?: AlertingOptions,
): Promise<Prometheus> {
  const scrapeConfigs =
    typeof target === 'string'
      ? `[{ job_name: vireo, static_configs: [{ targets: ['${target}'] }] }]`
      : target.scrapeConfigs;
  const port = await freePort();
  const config = join(lab.directory, 'prometheus.yml');
  await writeFile(
    config,
    `global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }
rule_files: ${JSON.stringify(alerting === undefined ? [] : [alerting.ruleFile])}
alerting: ${JSON.stringify(alerting === undefined ? {} : { alertmanagers: [{ static_configs: [{ targets: [alerting.alertmanager] }] }] })}
scrape_configs: ${scrapeConfigs}
`,
  );
  const process = start(lab, 'prometheus', [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(lab.directory, 'prometheus')}`,
    `--web.listen-address=127.0.0.1:${String(port)}`,
  ]);
  const url = `http://127.0.0.1:${String(port)}`;
  await waitFor(async () => (process.hasExited ? 'exited' : (await fetch(`${url}/-/ready`)).ok), {
    what: 'Prometheus is ready',
    deadlineMs: 20_000,
    intervalMs: 50,
  });
  if (process.hasExited) throw new Error(`prometheus ended at once:\n${process.output()}`);
  return {
    url,
    query: async (expression) => {
      const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`);
      const body = (await response.json()) as QueryResponse;
      if (body.data === undefined) throw new Error(`query failed: ${expression}: ${body.error ?? 'no reason given'}`);
      return body.data.result;
    },
  };
}

/** What `promtool check metrics` says of an exposition: its exit code and complaints, one a line. */
export async function promtoolCheck(exposition: string): Promise<{ code: number; complaints: string[] }> {
  const child = spawn('promtool', ['check', 'metrics'], { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exit) => {
      resolve(exit ?? 127);
    });
    child.stdin.end(exposition);
  });
  return { code, complaints: said.split('\n').filter((line) => line !== '') };
}
