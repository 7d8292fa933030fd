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
/** What the fitted line may rise over all polls after the warm-up. V8 collects when it likes; a leak does not stop. */
const RISE_MAX_BYTES = 24 * 1024 * 1024;

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

/** Scrapes until told to stop, and counts the polls the pages tell of. */
class Watcher {
  polls = 0;
  readonly memory: { readonly polls: number; readonly bytes: number }[] = [];
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
      this.memory.push({ polls: this.polls, bytes: await residentBytes(this.#exporter.process.pid) });
    }
  }

  stop(): void {
    this.#stopped = true;
  }
}

/** Bytes per poll of the straight line that fits best. */
function slope(points: Watcher['memory']): number {
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
  const settled = watcher.memory.filter(({ polls }) => polls >= WARM_UP_POLLS);
  const rise = slope(settled) * (watcher.polls - WARM_UP_POLLS);
  process.stderr.write(
    `soak: ${String(watcher.polls)} polls, ${String(checker.pages)} pages, ${String(guests)} guests, ` +
      `memory ${String(Math.round((settled.at(-1)?.bytes ?? 0) / 1024 / 1024))} MiB, ` +
      `fitted rise ${String(Math.round(rise / 1024))} KiB\n`,
  );
  expect(rise).toBeLessThan(RISE_MAX_BYTES);
  expect((await fdCount(pid)) - before.fds).toBeLessThanOrEqual(3);
  // Each host may have a connection more while a domain is frozen.
  expect((await libvirtd.fdCount()) - before.daemonFds).toBeLessThanOrEqual(6);
});
