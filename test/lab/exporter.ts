// SPDX-License-Identifier: Apache-2.0
// The built exporter as a process of its own, and what it says: exposition, JSON log.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, repositoryRoot } from './lab.ts';
import type { Lab } from './lab.ts';
import type { PageChecker } from './page-checker.ts';
import { asUser } from './polkit.ts';
import { keepOutput } from './planted.ts';
import { start } from './process.ts';
import type { RunningProcess } from './process.ts';
import { waitFor } from './wait-for.ts';

/** One line of the exporter's log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** One sample of an exposition. */
export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The samples of one scrape. */
export interface Exposition {
  readonly text: string;
  /** Milliseconds from the request to the last byte. */
  readonly tookMs: number;
  readonly series: readonly Series[];
  /** The samples of `name` that have all of `labels`. */
  all(name: string, labels?: Readonly<Record<string, string>>): Series[];
  /** The value of the only such sample; undefined when there is none, throws when there are more. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
}

/** A running exporter. */
export interface Exporter {
  readonly process: RunningProcess;
  readonly address: string;
  readonly url: string;
  scrape(): Promise<Exposition>;
  /** The log so far. A line that is not JSON appears as `{ unparsable: line }`. */
  log(): LogLine[];
}

/** How to start it. */
export interface ExporterOptions {
  /** The configuration file's text; no file is given when absent. */
  readonly config?: string;
  readonly flags?: readonly string[];
  /** Through exporter/start.mjs, as `npm start` does, rather than the built program itself. */
  readonly throughNpmStart?: boolean;
  /** Another user than the tests', without groups. */
  readonly user?: string;
  /** Is given every page of {@link Exporter.scrape}. */
  readonly checker?: PageChecker;
}

const MAIN = join('exporter', 'dist', 'main.js');
const NPM_START = join('exporter', 'start.mjs');

/** Starts the exporter as configured, without waiting for anything. Closing the lab stops it. */
export async function launchExporter(
  lab: Lab,
  options: ExporterOptions,
): Promise<{ process: RunningProcess; lines: () => string[] }> {
  const flags = [...(options.flags ?? [])];
  if (options.config !== undefined) {
    const path = join(lab.directory, 'vireo.yml');
    await writeFile(path, options.config);
    flags.push(`--config.file=${path}`);
  }
  let stdout = '';
  const program = join(repositoryRoot(), options.throughNpmStart === true ? NPM_START : MAIN);
  const command: [string, string[]] = [process.execPath, [program, ...flags]];
  const running = start(lab, ...(options.user === undefined ? command : asUser(options.user, ...command)), {
    onStdout: (text) => (stdout += text),
  });
  return { process: running, lines: () => stdout.split('\n').filter((line) => line !== '') };
}

/** Starts the exporter on a free port; resolves when it answers `/-/healthy`. */
export async function startExporter(lab: Lab, options: ExporterOptions): Promise<Exporter> {
  const address = `127.0.0.1:${String(await freePort())}`;
  const url = `http://${address}`;
  const flags = [...(options.flags ?? []), `--web.listen-address=${address}`];
  const { process, lines } = await launchExporter(lab, { ...options, flags });
  await waitFor(async () => (process.hasExited ? 'exited' : (await fetch(`${url}/-/healthy`)).ok), {
    what: 'the exporter is healthy',
    deadlineMs: 30_000,
  });
  if (process.hasExited) throw new Error(`the exporter ended at once:\n${process.output()}`);
  return {
    process,
    address,
    url,
    scrape: async () => {
      const page = await scrape(`${url}/metrics`);
      options.checker?.take(page);
      return page;
    },
    log: () => lines().map(parseLogLine),
  };
}

function parseLogLine(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return { unparsable: line };
  }
}

/** Scrapes any exporter; throws unless it answers 200 within 60 s. */
export async function scrape(url: string): Promise<Exposition> {
  const began = performance.now();
  const response = await fetch(url, { signal: AbortSignal.timeout(60_000) });
  const text = await response.text();
  const tookMs = performance.now() - began;
  keepPage(text);
  if (!response.ok) throw new Error(`${url}: ${String(response.status)}`);
  return parsePage(text, tookMs);
}

const keptSeries = new Set<string>();

/** Keeps what of a page no page had before. Numbers hold no secret, and the pages of a long run are many gigabytes. */
function keepPage(text: string): void {
  const lines = text.split('\n').map((line) => (line.startsWith('#') ? line : line.slice(0, line.lastIndexOf(' '))));
  const fresh = lines.filter((line) => !keptSeries.has(line));
  for (const line of fresh) keptSeries.add(line);
  if (fresh.length > 0) keepOutput('answers-scrape', `${fresh.join('\n')}\n`);
}

/** Reads a page of the text format that took so long to come; throws where it is none. */
export function parsePage(text: string, tookMs: number): Exposition {
  const series = parseExposition(text);
  function all(name: string, labels: Readonly<Record<string, string>> = {}): Series[] {
    const wanted = Object.entries(labels);
    return series.filter((s) => s.name === name && wanted.every(([key, value]) => s.labels[key] === value));
  }
  return {
    text,
    tookMs,
    series,
    all,
    value: (name, labels) => {
      const found = all(name, labels);
      if (found.length > 1)
        throw new Error(`${name} ${JSON.stringify(labels)}: ${String(found.length)} series, not one`);
      return found[0]?.value;
    },
  };
}

/** Reads the text format, version 0.0.4. An own reader, so that the exporter's writer is not checked with itself. */
function parseExposition(text: string): Series[] {
  const series: Series[] = [];
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
    const [, name, labelText = '', value] = match ?? [];
    if (name === undefined || value === undefined) throw new Error(`not a sample: ${line}`);
    const labels: Record<string, string> = {};
    for (const [, key, raw] of labelText.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
      if (key === undefined || raw === undefined) continue;
      labels[key] = raw.replaceAll(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
    }
    series.push({ name, labels, value: Number(value.replace('Inf', 'Infinity')) });
  }
  return series;
}
