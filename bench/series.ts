// SPDX-License-Identifier: Apache-2.0
// What 200,000 series cost in the page itself: encoding, a scrape, gzip, memory, beside prom-client with the same series.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '@vireo/libvirt';
import { Gauge, Registry } from 'prom-client';
import { DEFAULT_GROUPS } from '../exporter/src/contract/groups.ts';
import { Host } from '../exporter/src/hosts/host.ts';
import type { HostSnapshot } from '../exporter/src/hosts/snapshot.ts';
import { MetricsPage } from '../exporter/src/metrics/metrics-page.ts';
import { startFleetElsewhere } from './fleet-processes.ts';

/** What was measured of one way to do it. */
interface Cost {
  readonly cpuMs: number;
  readonly blockMs: number;
}

const RESOLUTION_MS = 1;
const ROUNDS = 10;
/** What little of a page tells its generation. */
const SMALL = { groups: new Set(['vireo'] as const) };

/** CPU of this process, and the longest time the event loop stood still, over `work`; the median of some rounds. */
async function cost(work: () => Promise<unknown>): Promise<Cost> {
  const costs: Cost[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    histogram.enable();
    // Its first tick only starts the clock.
    await delay(20);
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    await delay(5);
    histogram.disable();
    costs.push({ cpuMs: (user + system) / 1000, blockMs: histogram.max / 1e6 - RESOLUTION_MS });
  }
  const median = (of: (one: Cost) => number): number => costs.map(of).sort((a, b) => a - b)[ROUNDS / 2] ?? Number.NaN;
  return { cpuMs: median(({ cpuMs }) => cpuMs), blockMs: Math.max(...costs.map(({ blockMs }) => blockMs)) };
}

/** Two snapshots of one host, a few polls apart, taken over real sockets. */
async function takeSnapshots(domains: number): Promise<readonly [HostSnapshot, HostSnapshot]> {
  const fleet = await startFleetElsewhere(1, domains);
  const uri = fleet.hosts[0]?.uri ?? '';
  const whole: HostSnapshot[] = [];
  const host = new Host({
    name: 'bench',
    uri,
    simulated: true,
    poll: {
      intervalMs: 1000,
      deadlineMs: 30_000,
      chunkDomains: 20,
      staleAfterPolls: 3,
      slowIntervalMs: 600_000,
      maxInFlight: 4,
      groups: DEFAULT_GROUPS,
    },
    open: (signal) => connect(uri, { readOnly: true, signal, maxInFlight: 4 }),
    onSnapshot: (snapshot) => {
      const known = [...snapshot.domains.values()].every(
        ({ id, xml, stats }) => xml !== undefined && (id < 0 || stats !== undefined),
      );
      if (snapshot.domains.size === domains && known) whole.push(snapshot);
    },
    onChange: () => undefined,
  });
  host.start(0);
  while (whole.length < 4) await delay(100);
  await host.stop();
  await fleet.close();
  const [first] = whole;
  const last = whole.at(-1);
  if (first === undefined || last === undefined) throw new Error('no snapshot');
  return [first, last];
}

function heldBytes(): number {
  // Twice: what the first round frees of buffers is counted off in the second.
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** The same series in prom-client. Gauges: it has no way to set a counter. */
function registryOf(page: string): Registry {
  const samples = page.split('\n').flatMap((line) => {
    const [, name, labelText, value] = /^(\w+)\{(.*)\} (\S+)$/u.exec(line) ?? [];
    if (name === undefined || labelText === undefined) return [];
    const pairs = [...labelText.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/gu)].map(
      ([, key, text]) => [key ?? '', text ?? ''] as const,
    );
    return [{ name, pairs, value: Number(value) }];
  });
  const labelNames = new Map<string, Set<string>>();
  for (const { name, pairs } of samples) {
    const known = labelNames.get(name) ?? new Set();
    labelNames.set(name, known);
    for (const [label] of pairs) known.add(label);
  }
  const registry = new Registry();
  const gauges = new Map(
    [...labelNames].map(([name, labels]) => [
      name,
      new Gauge({ name, help: name, labelNames: [...labels], registers: [registry] }),
    ]),
  );
  for (const { name, pairs, value } of samples) gauges.get(name)?.set(Object.fromEntries(pairs), value);
  return registry;
}

/** Measures and says it, line by line. */
export async function measureSeries(domains: number): Promise<readonly string[]> {
  const start = heldBytes();
  const snapshots = await takeSnapshots(domains);
  const before = heldBytes();
  let generation = 0;
  // Its clock counts generations, so that the page tells which one it shows.
  const page = new MetricsPage({ now: () => generation });
  const update = async (): Promise<void> => {
    generation += 1;
    const [first, last] = snapshots;
    const snapshot = { ...(generation % 2 === 0 ? first : last), generation };
    page.update(snapshot);
    while (!(await page.render(SMALL)).includes(`timestamp_seconds{host="bench"} ${String(generation / 1000)}\n`)) {
      await delay(1);
    }
    // A host is not encoded again at once.
    await delay(300);
  };
  await update();
  await update();
  const held = heldBytes();
  const text = (await page.render()).toString();
  const bytes = Buffer.byteLength(text);
  const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
  const beyond = (held - before - bytes) / series;
  // Two of them are held, which share the XML.
  const snapshotBytes = (before - start) / 2 / series;
  const encode = await cost(update);
  const plain = await cost(() => page.render());
  const gzip = await cost(async () => {
    await update();
    await page.respond({ acceptEncoding: 'gzip' });
  });
  const again = await cost(() => page.respond({ acceptEncoding: 'gzip' }));
  const registry = registryOf(text);
  const client = await cost(() => registry.metrics());
  const row = (label: string, { cpuMs, blockMs }: Cost): string =>
    `${label.padEnd(52)} ${cpuMs.toFixed(1).padStart(9)} ${blockMs.toFixed(1).padStart(9)}`;
  return [
    `${String(series)} series, ${(bytes / 1e6).toFixed(1)} MB of text, one host of ${String(domains)} domains`,
    `${''.padEnd(52)} ${'CPU ms'.padStart(9)} ${'block ms'.padStart(9)}`,
    row('encoding a new snapshot', encode),
    row('scrape, not compressed', plain),
    row('encoding and the first compressed scrape after it', gzip),
    row('compressed scrape, same generation', again),
    row('prom-client, registry.metrics()', client),
    `a scrape is ${(client.cpuMs / plain.cpuMs).toFixed(0)} times cheaper than prom-client's`,
    `memory a series: ${(bytes / series).toFixed(0)} bytes of text, ${beyond.toFixed(0)} beyond it on the page, ${snapshotBytes.toFixed(0)} in the snapshot`,
  ];
}
