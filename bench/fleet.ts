// SPDX-License-Identifier: Apache-2.0
// What a fleet costs: the built exporter as a process of its own, a simulated fleet in others, several sizes one after
// another; then what the series themselves cost, beside prom-client. How to run and read it: README.md beside this file.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { freePort } from '../test/lab/lab.ts';
import { cpuSeconds } from '../test/lab/process.ts';
import { startFleetElsewhere } from './fleet-processes.ts';
import type { FleetHost } from './fleet-processes.ts';
import { measureSeries } from './series.ts';

/** One size of fleet. */
interface Size {
  readonly hosts: number;
  readonly domainsPerHost: number;
}

/** What was measured of it. */
interface Figures {
  readonly cpuShare: number;
  readonly cpuUsPerDomainPoll: number;
  readonly blockMs: number;
  readonly rssMb: number;
  readonly series: number;
  readonly megabytes: number;
  readonly gzipScrapeMs: number;
  /** Seconds since the statistics of the host that is furthest behind were read. */
  readonly behindSeconds: number;
}

const MAIN = fileURLToPath(new URL('../../../exporter/dist/main.js', import.meta.url));

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1x100,10x100,100x100,1x1000,1x10000' },
    interval: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '20' },
    'series-domains': { type: 'string', default: '2400' },
  },
});
const intervalSeconds = Number(values.interval);
const seconds = Number(values.seconds);
const sizes = values.sizes
  .split(',')
  .filter((text) => text !== '')
  .map((text): Size => {
    const [hosts, domainsPerHost] = text.split('x').map(Number);
    if (!Number.isInteger(hosts) || !Number.isInteger(domainsPerHost))
      throw new Error(`--sizes: "${text}" is not like 10x100`);
    return { hosts: hosts ?? 0, domainsPerHost: domainsPerHost ?? 0 };
  });

async function scrape(url: string): Promise<{ readonly text: string; readonly tookMs: number }> {
  const began = performance.now();
  const response = await fetch(url, { headers: { 'accept-encoding': 'gzip' } });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url}: ${String(response.status)}`);
  return { text, tookMs: performance.now() - began };
}

/** All values of a metric. */
function valuesOf(text: string, start: string): number[] {
  return [...text.matchAll(new RegExp(`^${start}.* (\\S+)$`, 'gmu'))].map(([, value]) => Number(value));
}

const STATISTICS_AT = 'vireo_poll_last_success_timestamp_seconds\\{.*group="statistics"\\}';

async function whenWatched(url: string, size: Size, hasEnded: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000 + size.hosts * size.domainsPerHost * 10;
  for (;;) {
    if (hasEnded()) throw new Error('the exporter ended');
    const { text } = await scrape(`${url}?collect[]=vireo&collect[]=host`).catch(() => ({ text: '' }));
    const watched = valuesOf(text, STATISTICS_AT).length;
    if (
      watched === size.hosts &&
      valuesOf(text, 'vireo_poll_last_success_timestamp_seconds\\{.*group="jobs"\\}').length === size.hosts
    )
      return;
    if (performance.now() > deadline)
      throw new Error(`only ${String(watched)} of ${String(size.hosts)} hosts are watched`);
    await delay(1000);
  }
}

async function measure(size: Size, hosts: readonly FleetHost[]): Promise<Figures> {
  const directory = await mkdtemp(join(tmpdir(), 'vireo-bench-'));
  const config = join(directory, 'vireo.yml');
  const lines = hosts.map(({ name, uri }) => `  - { name: ${name}, uri: '${uri}' }`);
  await writeFile(config, `hosts:\n${lines.join('\n')}\npoll: { intervalSeconds: ${String(intervalSeconds)} }\n`);
  const address = `127.0.0.1:${String(await freePort())}`;
  const exporter = spawn(process.execPath, [MAIN, `--config.file=${config}`, `--web.listen-address=${address}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const { pid } = exporter;
  if (pid === undefined) throw new Error('the exporter did not start');
  let hasEnded = false;
  const ended = new Promise((resolve) => exporter.once('exit', resolve));
  void ended.then(() => (hasEnded = true));
  try {
    const url = `http://${address}/metrics`;
    await whenWatched(url, size, () => hasEnded);
    // The XML of all domains has been read once by now, which is not what polls cost.
    await delay(2 * intervalSeconds * 1000);
    const before = await cpuSeconds(pid);
    const began = performance.now();
    let blockMs = 0;
    const scrapes: number[] = [];
    let last = '';
    while (performance.now() - began < seconds * 1000) {
      await delay(5000);
      const { text, tookMs } = await scrape(url);
      scrapes.push(tookMs);
      last = text;
      blockMs = Math.max(
        blockMs,
        ...valuesOf(text, 'vireo_event_loop_lag_seconds\\{statistic="max"\\}').map((lag) => lag * 1000),
      );
    }
    const took = (performance.now() - began) / 1000;
    const cpu = (await cpuSeconds(pid)) - before;
    const status = await readFile(`/proc/${String(pid)}/status`, 'utf8');
    const domains = size.hosts * size.domainsPerHost;
    return {
      cpuShare: cpu / took,
      cpuUsPerDomainPoll: (cpu / (took / intervalSeconds) / domains) * 1e6,
      blockMs,
      rssMb: Number(/VmRSS:\s+(\d+)/u.exec(status)?.[1]) / 1024,
      series: last.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length,
      megabytes: Buffer.byteLength(last) / 1e6,
      gzipScrapeMs: scrapes.sort((a, b) => a - b)[Math.floor(scrapes.length / 2)] ?? Number.NaN,
      behindSeconds: Date.now() / 1000 - Math.min(...valuesOf(last, STATISTICS_AT)),
    };
  } finally {
    exporter.kill('SIGTERM');
    await ended;
    await rm(directory, { recursive: true, force: true });
  }
}

const COLUMNS = ['fleet', 'series', 'page MB', 'CPU %', 'µs/domain', 'block ms', 'RSS MB', 'scrape ms', 'behind s'];
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const row = (cells: readonly string[]): string => cells.map((cell) => cell.padStart(11)).join('');

say(
  `interval ${String(intervalSeconds)} s, measured over ${String(seconds)} s, Node.js ${process.versions.node}, load ${(loadavg()[0] ?? 0).toFixed(1)}`,
);
say(row(COLUMNS));
for (const size of sizes) {
  const fleet = await startFleetElsewhere(size.hosts, size.domainsPerHost);
  try {
    const f = await measure(size, fleet.hosts);
    const shown = [f.cpuShare * 100, f.cpuUsPerDomainPoll, f.blockMs, f.rssMb, f.gzipScrapeMs].map((figure) =>
      figure.toFixed(0),
    );
    say(
      row([
        `${String(size.hosts)}x${String(size.domainsPerHost)}`,
        String(f.series),
        f.megabytes.toFixed(1),
        ...shown,
        f.behindSeconds.toFixed(1),
      ]),
    );
  } finally {
    await fleet.close();
  }
}
if (values['series-domains'] !== '0')
  for (const line of await measureSeries(Number(values['series-domains']))) say(line);
