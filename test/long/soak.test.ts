// SPDX-License-Identifier: Apache-2.0
// Ten thousand polls of everything at once: domains that come and go under new names, that restart and freeze, a mute
// daemon, scrapes without end. Memory must not slope, file descriptors not grow, and no page say what is not so. Run by
// `npm run test:long`; takes a quarter of an hour at most.
import { readFile } from 'node:fs/promises';
import { domainNames, freezeDomain, startDomains, startTransientDomain } from '../lab/domains.ts';
import { startExporter } from '../lab/exporter.ts';
import type { Exporter } from '../lab/exporter.ts';
import { openLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import type { Libvirtd } from '../lab/libvirtd.ts';
import { startMuteDaemon } from '../lab/mute-daemon.ts';
import { PageChecker } from '../lab/page-checker.ts';
import { fdCount } from '../lab/process.ts';
import { waitFor } from '../lab/wait-for.ts';

/** The same daemon under so many names, each polled every second, which is as often as the configuration allows. */
const HOSTS = domainNames('lab', 16);
const WARM_UP_POLLS = 2000;
const POLLS = 10_000;
const LONGEST_MS = 900_000;
/** Memory is judged by the least of so many polls: what V8 has not collected yet is no leak, what is always there may be. */
const WINDOW_POLLS = 500;
/** What the line fitted to those may rise from the warm-up to the end. A leak of 1 KB a poll would be 8 MB. */
const RISE_MAX_BYTES = { live: 6 * 1024 * 1024, resident: 24 * 1024 * 1024 };

jest.setTimeout(LONGEST_MS + 120_000);

let lab: Lab;
let libvirtd: Libvirtd;
const NAMES = domainNames('soak', 5);

beforeAll(async () => {
  lab = await openLab();
  libvirtd = await startLibvirtd(lab);
  await startDomains(lab, libvirtd, NAMES);
}, 120_000);

afterAll(() => lab.close());

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${String(pid)}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) * 1024;
}

/** Scrapes until told to stop; counts the polls the pages tell of, and keeps the least memory of each window of polls. */
class Watcher {
  polls = 0;
  /** By window: V8's heap with its external memory, and what the kernel counts. */
  readonly #least = new Map<number, { live: number; resident: number }>();
  readonly #polledAt = new Map<string, number>();
  readonly #exporter: Exporter;
  #stopped = false;

  constructor(exporter: Exporter) {
    this.#exporter = exporter;
  }

  async run(): Promise<void> {
    while (!this.#stopped) {
      const page = await this.#exporter.scrape();
      const times = page.all('vireo_poll_last_success_timestamp_seconds', { group: 'inventory' });
      for (const { labels, value } of times) {
        const host = labels['host'] ?? '';
        if (this.#polledAt.get(host) !== value) this.polls += 1;
        this.#polledAt.set(host, value);
      }
      const heap = page.value('nodejs_heap_size_used_bytes') ?? Number.NaN;
      const live = heap + (page.value('nodejs_external_memory_bytes') ?? Number.NaN);
      const resident = await residentBytes(this.#exporter.process.pid);
      const window = Math.floor(this.polls / WINDOW_POLLS);
      const least = this.#least.get(window) ?? { live, resident };
      this.#least.set(window, {
        live: Math.min(least.live, live),
        resident: Math.min(least.resident, resident),
      });
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  /** The least memory of each window that is over, from this poll on. */
  memory(kind: 'live' | 'resident', fromPoll: number): { readonly polls: number; readonly bytes: number }[] {
    const last = Math.floor(this.polls / WINDOW_POLLS);
    return [...this.#least].flatMap(([window, least]) => {
      const polls = window * WINDOW_POLLS;
      return polls >= fromPoll && window < last ? [{ polls, bytes: least[kind] }] : [];
    });
  }
}

/** Bytes per poll of the straight line that fits best. */
function slope(points: ReturnType<Watcher['memory']>): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanPolls, meanBytes] = [mean(points.map(({ polls }) => polls)), mean(points.map(({ bytes }) => bytes))];
  const over = points.map(({ polls, bytes }) => (polls - meanPolls) * (bytes - meanBytes));
  return mean(over) / mean(points.map(({ polls }) => (polls - meanPolls) ** 2));
}

test('ten thousand polls of trouble leak neither memory nor file descriptors, here or in libvirtd, nor tell a lie', async () => {
  const mute = await startMuteDaemon(lab);
  const checker = new PageChecker();
  const exporter = await startExporter(lab, {
    config: `hosts:
${HOSTS.map((name) => `  - { name: ${name}, uri: '${libvirtd.uri}' }\n`).join('')}  - { name: mute, uri: '${mute.uri}' }
poll: { intervalSeconds: 1 }
`,
    checker,
  });
  const watcher = new Watcher(exporter);
  const watching = watcher.run();
  const end = performance.now() + LONGEST_MS;
  let guests = 0;

  /** Makes trouble until so many polls are over. */
  async function stir(polls: number): Promise<void> {
    while (watcher.polls < polls && performance.now() < end) {
      const thaw = await freezeDomain(lab, 'soak1');
      try {
        guests += 1;
        const guest = `guest${String(guests)}`;
        await startTransientDomain(lab, libvirtd, guest);
        checker.mayRestart('soak5');
        await libvirtd.virsh('destroy', 'soak5');
        const before = watcher.polls;
        await waitFor(() => watcher.polls >= before + 2 * HOSTS.length, {
          what: 'every host is polled twice',
          deadlineMs: 30_000,
        });
        await libvirtd.virsh('start', 'soak5');
        await libvirtd.virsh('destroy', guest);
      } finally {
        thaw();
      }
      const before = watcher.polls;
      await waitFor(() => watcher.polls >= before + HOSTS.length, {
        what: 'every host is polled once',
        deadlineMs: 30_000,
      });
    }
  }

  const { pid } = exporter.process;
  await stir(WARM_UP_POLLS);
  const before = { fds: await fdCount(pid), daemonFds: await libvirtd.fdCount() };
  await stir(POLLS);
  watcher.stop();
  await watching;

  expect(watcher.polls).toBeGreaterThanOrEqual(POLLS);
  expect(checker.findings).toEqual([]);
  for (const kind of ['live', 'resident'] as const) {
    const memory = watcher.memory(kind, WARM_UP_POLLS);
    const rise = slope(memory) * (watcher.polls - WARM_UP_POLLS);
    const inKiB = memory.map(({ bytes }) => Math.round(bytes / 1024)).join(' ');
    process.stderr.write(
      `soak: ${String(watcher.polls)} polls, ${String(checker.pages)} pages, ${String(guests)} guests; ` +
        `${kind} memory rises ${String(Math.round(rise / 1024))} KiB: ${inKiB}\n`,
    );
    expect(rise).toBeLessThan(RISE_MAX_BYTES[kind]);
  }
  expect((await fdCount(pid)) - before.fds).toBeLessThanOrEqual(3);
  // Each host may have a connection more while a domain is frozen.
  expect((await libvirtd.fdCount()) - before.daemonFds).toBeLessThanOrEqual(6);
});
