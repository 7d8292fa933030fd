// SPDX-License-Identifier: Apache-2.0
// What a scrape costs: ours beside Debian's prometheus-libvirt-exporter, on the same domains of the same libvirtd, in
// one run. Prints a table with ratios and writes no file. How to run and read it: README.md beside this file.
import { Agent, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { domainNames, domainType, startDomains } from '../test/lab/domains.ts';
import { scrape, startExporter } from '../test/lab/exporter.ts';
import type { Exporter } from '../test/lab/exporter.ts';
import { freePort, openLab } from '../test/lab/lab.ts';
import type { Lab } from '../test/lab/lab.ts';
import { startLibvirtd } from '../test/lab/libvirtd.ts';
import type { Libvirtd } from '../test/lab/libvirtd.ts';
import { cpuSeconds, runInside, start } from '../test/lab/process.ts';
import { waitFor } from '../test/lab/wait-for.ts';

/** What was measured of one exporter. */
interface Figures {
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly series: number;
  readonly bytes: number;
  /** CPU seconds a minute at one scrape every 5 s. */
  readonly exporterCpu: number;
  readonly libvirtdCpu: number;
}

/** Wall time of one whole poll of all domains, medians in milliseconds. */
interface PollTimes {
  /** Inventory and statistics of our poll, one after the other. */
  readonly ours: number;
  /** `virsh domstats` of the same groups, without what starting and connecting virsh takes. */
  readonly virsh: number;
}

interface Settings {
  readonly domains: number;
  readonly scrapes: number;
  readonly seconds: number;
  /** Guests that halt after a second of work: a hundred that work keep two cores busy by themselves. */
  readonly rest: boolean;
}

/** How often Prometheus would come, and our own poll interval. */
const INTERVAL_SECONDS = 5;

function readSettings(): Settings {
  const { values } = parseArgs({
    options: {
      domains: { type: 'string', default: '40' },
      scrapes: { type: 'string', default: '200' },
      seconds: { type: 'string', default: '60' },
      rest: { type: 'boolean', default: false },
    },
  });
  const read = (name: 'domains' | 'scrapes' | 'seconds'): number => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < 1) throw new Error(`--${name}: a whole number of at least 1 is needed`);
    return value;
  };
  return { domains: read('domains'), scrapes: read('scrapes'), seconds: read('seconds'), rest: values.rest };
}

/** The value below which `share` of the sorted numbers lie. */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

/** Milliseconds from the request to the last byte, gzip asked for as Prometheus does; the bytes are not even unpacked. */
async function timeScrape(url: string): Promise<number> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    get(url, { agent, headers: { 'accept-encoding': 'gzip' } }, (response) => {
      response.resume();
      response.once('error', reject);
      response.once('end', () => {
        if (response.statusCode === 200) resolve(performance.now() - began);
        else reject(new Error(`${url}: ${String(response.statusCode)}`));
      });
    }).once('error', reject);
  });
}

/** Measures one running exporter: scrapes one after the other, then CPU at a steady rate. */
async function measure(url: string, pid: number, libvirtd: Libvirtd, settings: Settings): Promise<Figures> {
  const first = await scrape(url);
  const times: number[] = [];
  for (let n = 0; n < settings.scrapes; n += 1) times.push(await timeScrape(url));
  times.sort((a, b) => a - b);

  const before = [await cpuSeconds(pid), await cpuSeconds(libvirtd.pid)] as const;
  const began = performance.now();
  const rounds = Math.max(1, Math.round(settings.seconds / INTERVAL_SECONDS));
  for (let round = 1; round <= rounds; round += 1) {
    await timeScrape(url);
    await delay(Math.max(0, began + round * INTERVAL_SECONDS * 1000 - performance.now()));
  }
  const minutes = (performance.now() - began) / 60_000;
  return {
    medianMs: percentile(times, 0.5),
    p99Ms: percentile(times, 0.99),
    series: first.series.length,
    bytes: Buffer.byteLength(first.text),
    exporterCpu: ((await cpuSeconds(pid)) - before[0]) / minutes,
    libvirtdCpu: ((await cpuSeconds(libvirtd.pid)) - before[1]) / minutes,
  };
}

const VIRSH_GROUPS = ['state', 'interface', 'perf', 'cpu-total', 'balloon', 'vcpu', 'block', 'iothread', 'dirtyrate'];
const POLLS = 10;

function median(times: number[]): number {
  return percentile(
    times.sort((a, b) => a - b),
    0.5,
  );
}

async function timeVirsh(lab: Lab, args: readonly string[]): Promise<number> {
  const began = performance.now();
  await runInside(lab, 'virsh', ['-r', '-c', 'qemu:///system', '--quiet', ...args]);
  return performance.now() - began;
}

/** Polls of ours and virsh's taken in turns, so that both see the same machine. */
async function measurePolls(lab: Lab, exporter: Exporter): Promise<PollTimes> {
  const ours: number[] = [];
  const virsh: number[] = [];
  const starting: number[] = [];
  for (let n = 0; n < POLLS; n += 1) {
    const page = await exporter.scrape();
    const seconds = (group: string): number => page.value('vireo_poll_duration_seconds', { group }) ?? Number.NaN;
    ours.push((seconds('inventory') + seconds('statistics')) * 1000);
    virsh.push(await timeVirsh(lab, ['domstats', '--nowait', ...VIRSH_GROUPS.map((group) => `--${group}`)]));
    starting.push(await timeVirsh(lab, ['uri']));
    await delay(INTERVAL_SECONDS * 1000);
  }
  return { ours: median(ours), virsh: median(virsh) - median(starting) };
}

async function measureOurs(
  lab: Lab,
  libvirtd: Libvirtd,
  settings: Settings,
): Promise<{ readonly figures: Figures; readonly polls: PollTimes }> {
  const exporter = await startExporter(lab, {
    config: `hosts: [{ name: bench, uri: 'qemu:///system' }]\npoll: { intervalSeconds: ${String(INTERVAL_SECONDS)} }\n`,
  });
  await waitFor(
    async () => (await exporter.scrape()).all('libvirt_domain_info_cpu_time_seconds_total').length === settings.domains,
    { what: 'our exporter has statistics of every domain', deadlineMs: 30_000, intervalMs: 100 },
  );
  const figures = await measure(`${exporter.url}/metrics`, exporter.process.pid, libvirtd, settings);
  const polls = await measurePolls(lab, exporter);
  await exporter.process.stop();
  return { figures, polls };
}

async function measurePeer(lab: Lab, libvirtd: Libvirtd, settings: Settings): Promise<Figures> {
  const address = `127.0.0.1:${String(await freePort())}`;
  const peer = start(lab, 'prometheus-libvirt-exporter', [`--web.listen-address=${address}`]);
  const url = `http://${address}/metrics`;
  await waitFor(async () => (await scrape(url)).value('libvirt_up') === 1, {
    what: "Debian's exporter answers",
    deadlineMs: 30_000,
    intervalMs: 100,
  });
  const figures = await measure(url, peer.pid, libvirtd, settings);
  await peer.stop();
  return figures;
}

/** One line of the table; `ratio` is how many times better (or, for series, more) ours is. */
function row(label: string, ours: number, theirs: number, digits: number, ratio: number): string {
  const cells = [label.padEnd(34), ours.toFixed(digits).padStart(10), theirs.toFixed(digits).padStart(10)];
  return `${cells.join('  ')}  ${`${ratio.toFixed(1)}x`.padStart(8)}`;
}

const settings = readSettings();
const lab = await openLab();
try {
  const libvirtd = await startLibvirtd(lab);
  await startDomains(lab, libvirtd, domainNames('bench', settings.domains), settings.rest);
  const { figures: ours, polls } = await measureOurs(lab, libvirtd, settings);
  const peer = await measurePeer(lab, libvirtd, settings);
  const kind = domainType() === 'kvm' ? 'KVM' : 'TCG';
  const lines = [
    `${String(settings.domains)} domains (${kind}${settings.rest ? ', at rest' : ''}), ${String(settings.scrapes)} scrapes, CPU over ${String(settings.seconds)} s`,
    `${''.padEnd(34)}  ${'vireo'.padStart(10)}  ${'debian'.padStart(10)}  ${'ratio'.padStart(8)}`,
    row('scrape latency, median (ms)', ours.medianMs, peer.medianMs, 2, peer.medianMs / ours.medianMs),
    row('scrape latency, p99 (ms)', ours.p99Ms, peer.p99Ms, 2, peer.p99Ms / ours.p99Ms),
    row('series', ours.series, peer.series, 0, ours.series / peer.series),
    row('exposition (bytes)', ours.bytes, peer.bytes, 0, ours.bytes / peer.bytes),
    row('exporter CPU (s/min)', ours.exporterCpu, peer.exporterCpu, 2, peer.exporterCpu / ours.exporterCpu),
    row('libvirtd CPU (s/min)', ours.libvirtdCpu, peer.libvirtdCpu, 2, peer.libvirtdCpu / ours.libvirtdCpu),
  ];
  lines.push(
    `whole poll ${polls.ours.toFixed(0)} ms, virsh domstats of the same groups ${polls.virsh.toFixed(0)} ms: ` +
      `${(polls.ours / polls.virsh).toFixed(2)} of it`,
  );
  process.stdout.write(`${lines.join('\n')}\n`);
} finally {
  agent.destroy();
  await lab.close();
}
