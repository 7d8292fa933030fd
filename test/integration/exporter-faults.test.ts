// SPDX-License-Identifier: Apache-2.0
// What goes wrong on real hosts, done to real daemons: a killed libvirtd, a frozen QEMU, a daemon that never answers.
import { domainNames, freezeDomain, startDomains } from '../lab/domains.ts';
import { launchExporter, startExporter } from '../lab/exporter.ts';
import type { Exposition, Exporter } from '../lab/exporter.ts';
import { openLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import type { Libvirtd } from '../lab/libvirtd.ts';
import { startMuteDaemon } from '../lab/mute-daemon.ts';
import { checkEveryPage, seePage, slowScrapeMs, watchPages } from '../lab/pages.ts';
import type { WatchedPage } from '../lab/pages.ts';
import { fdCount } from '../lab/process.ts';
import { waitFor } from '../lab/wait-for.ts';

jest.setTimeout(120_000);

const NAMES = domainNames('vm', 5);
const CPU_TIME = 'libvirt_domain_info_cpu_time_seconds_total';
const STATISTICS_AT = 'libvirt_domain_statistics_timestamp_seconds';
const SCRAPE_LIMIT_MS = 100;

let lab: Lab;
let libvirtd: Libvirtd;

beforeAll(async () => {
  lab = await openLab();
  libvirtd = await startLibvirtd(lab);
  await startDomains(lab, libvirtd, NAMES);
}, 120_000);

afterAll(() => lab.close());

const watched = checkEveryPage();

describe('when libvirtd is killed and comes back', () => {
  test('says so, forgets what is old, and watches again, events included', async () => {
    const watch = (poll: string): Promise<Exporter> =>
      startExporter(lab, {
        config: `hosts: [{ name: lab, uri: '${libvirtd.uri}' }]\npoll: ${poll}\n`,
        checker: watched(),
      });
    const quick = await watch('{ intervalSeconds: 1, staleAfterPolls: 2 }');
    // This one learns of what happens between two of its polls by event or not at all.
    const slow = await watch('{ intervalSeconds: 60 }');
    const complete = (page: Exposition): boolean => page.all(CPU_TIME).length === NAMES.length;
    // Figures that the other one is asking for just then it gets a minute later.
    const known = (page: Exposition): boolean => page.value('libvirt_domains', { host: 'lab' }) === NAMES.length;
    await seePage(quick, 'all domains are there', 30_000, complete);
    await seePage(slow, 'all domains are known', 30_000, known);

    await libvirtd.kill();
    for (const exporter of [quick, slow]) {
      await seePage(exporter, 'libvirt_up is 0', 10_000, (page) => page.value('libvirt_up', { host: 'lab' }) === 0);
    }
    await seePage(quick, "the lost host's series end", 30_000, (page) => page.all(CPU_TIME).length === 0);

    await libvirtd.restart();
    for (const [exporter, isBack] of [
      [quick, complete],
      [slow, known],
    ] as const) {
      const page = await seePage(exporter, 'all domains are back', 60_000, (now) => {
        return now.value('libvirt_up', { host: 'lab' }) === 1 && isBack(now);
      });
      expect(page.value('libvirt_domain_state', { domain: 'vm5', state: 'running' })).toBe(1);
    }
    await libvirtd.virsh('suspend', 'vm5');
    await seePage(slow, 'vm5 is paused, by event', 10_000, (page) => {
      return page.value('libvirt_domain_state', { domain: 'vm5', state: 'paused' }) === 1;
    });
    await libvirtd.virsh('resume', 'vm5');
    await Promise.all([quick.process.stop(), slow.process.stop()]);
  });
});

describe('when one QEMU is frozen', () => {
  const INTERVAL_SECONDS = 2;
  const DEADLINE_SECONDS = 1;

  test('the others stay fresh, the frozen one is flagged, scrapes stay fast, and it all passes', async () => {
    const poll = `{ intervalSeconds: ${String(INTERVAL_SECONDS)}, statisticsDeadlineSeconds: ${String(DEADLINE_SECONDS)} }`;
    const exporter = await startExporter(lab, {
      config: `hosts: [{ name: lab, uri: '${libvirtd.uri}' }]\npoll: ${poll}\n`,
      checker: watched(),
    });
    await seePage(exporter, 'all domains are there', 30_000, (page) => page.all(CPU_TIME).length === NAMES.length);
    const readsOf = (page: Exposition): number | undefined =>
      page.value('libvirt_domain_block_stats_read_requests_total', { domain: 'vm3' });
    const before = readsOf(await seePage(exporter, 'vm3 reads', 30_000, (page) => (readsOf(page) ?? 0) > 0)) ?? 0;
    const thaw = await freezeDomain(lab, 'vm3');
    try {
      const frozenAt = Date.now() / 1000;
      const pages = await watchPages(exporter, 14_000);
      const healthy = NAMES.filter((name) => name !== 'vm3');
      const now = pages.at(-1);
      if (now === undefined) throw new Error('no page was seen');

      // A poll begins every interval; the one that meets the frozen QEMU first waits out its deadline, once.
      const allowedAge = INTERVAL_SECONDS + DEADLINE_SECONDS + 3;
      for (const domain of healthy) {
        expect(Date.now() / 1000 - (now.value(STATISTICS_AT, { domain }) ?? 0)).toBeLessThan(allowedAge);
        const times = pages.map((page) => page.value(STATISTICS_AT, { domain }) ?? 0);
        const updates = [...new Set(times)];
        const gaps = updates.slice(1).map((time, index) => time - (updates[index] ?? 0));
        expect(updates.length).toBeGreaterThanOrEqual(4);
        expect(Math.max(...gaps)).toBeLessThan(allowedAge);
        const reads = pages.map(
          (page) => page.value('libvirt_domain_block_stats_read_requests_total', { domain }) ?? 0,
        );
        expect(reads.at(-1)).toBeGreaterThan(reads[0] ?? 0);
        expect(now.value('libvirt_domain_timed_out', { domain })).toBe(0);
      }
      expect(now.value('libvirt_domain_timed_out', { domain: 'vm3' })).toBe(1);
      expect(now.value('libvirt_domain_timed_out_since_timestamp_seconds', { domain: 'vm3' })).toBeGreaterThan(
        frozenAt - 1,
      );
      expect(now.value('libvirt_domain_state', { domain: 'vm3', state: 'running' })).toBe(1);
      // Whose monitor does not answer, and since when.
      const occupied = { domain: 'vm3', state: 'occupied' };
      expect(now.value('libvirt_domain_control_state', occupied)).toBe(1);
      expect(now.all('libvirt_domain_control_state').filter(({ value }) => value === 1)).toHaveLength(1);
      const held = pages.map((page) => page.value('libvirt_domain_control_state_duration_seconds', { domain: 'vm3' }));
      expect(held.at(-1)).toBeGreaterThan(5);
      expect(held.at(-1)).toBeLessThan(Date.now() / 1000 - frozenAt + 1);
      expect(pages.every((page) => page.value('libvirt_up', { host: 'lab' }) === 1)).toBe(true);
      expect(slowScrapeMs(pages)).toBeLessThan(SCRAPE_LIMIT_MS);
    } finally {
      thaw();
    }
    // What is back goes on where it stopped, page for page: the checker reads them all.
    const back = await seePage(exporter, 'vm3 leaves quarantine and counts on', 30_000, (page) => {
      return page.value('libvirt_domain_timed_out', { domain: 'vm3' }) === 0 && (readsOf(page) ?? 0) > before;
    });
    const thawedAt = back.value(STATISTICS_AT, { domain: 'vm3' }) ?? 0;
    await seePage(exporter, 'two more polls of vm3', 30_000, (page) => {
      return (page.value(STATISTICS_AT, { domain: 'vm3' }) ?? 0) >= thawedAt + INTERVAL_SECONDS * 1.5;
    });
    await exporter.process.stop();
  });

  test('SIGTERM still ends the exporter within 5 s, with exit code 0', async () => {
    const exporter = await startExporter(lab, {
      config: `hosts: [{ name: lab, uri: '${libvirtd.uri}' }]\npoll: { intervalSeconds: 1 }\n`,
      checker: watched(),
    });
    await seePage(exporter, 'all domains are there', 30_000, (page) => page.all(CPU_TIME).length === NAMES.length);
    const thaw = await freezeDomain(lab, 'vm3');
    try {
      await seePage(
        exporter,
        'vm3 is flagged',
        15_000,
        (page) => page.value('libvirt_domain_timed_out', { domain: 'vm3' }) === 1,
      );
      const began = performance.now();
      expect(await exporter.process.stop('SIGTERM', 20_000)).toBe(0);
      expect(performance.now() - began).toBeLessThan(5000);
    } finally {
      thaw();
    }
  });
});

describe('when a daemon accepts connections and never answers', () => {
  test('its host is down, the other host is not, nothing leaks, and scrapes stay fast', async () => {
    const mute = await startMuteDaemon(lab);
    const exporter = await startExporter(lab, {
      config: `hosts:
  - { name: lab, uri: '${libvirtd.uri}' }
  - { name: mute, uri: '${mute.uri}' }
poll: { intervalSeconds: 1 }
`,
      checker: watched(),
    });
    await seePage(exporter, 'the good host is up', 30_000, (page) => page.all(CPU_TIME).length === NAMES.length);
    await waitFor(() => mute.accepted() >= 2, {
      what: 'the exporter has given up once and tried again',
      deadlineMs: 40_000,
    });
    const fdsBefore = await fdCount(exporter.process.pid);
    const tries = mute.accepted();
    const pages: WatchedPage[] = [];
    await waitFor(
      async () => {
        pages.push(...(await watchPages(exporter, 500)));
        expect(mute.open()).toBeLessThanOrEqual(1);
        return mute.accepted() >= tries + 1;
      },
      { what: 'the exporter tries again', deadlineMs: 40_000 },
    );
    expect(pages.every((page) => page.value('libvirt_up', { host: 'mute' }) === 0)).toBe(true);
    expect(pages.every((page) => page.value('libvirt_up', { host: 'lab' }) === 1)).toBe(true);
    expect(slowScrapeMs(pages)).toBeLessThan(SCRAPE_LIMIT_MS);
    // One connection attempt more or less may be open at either moment, and one of the scraper's own.
    expect(Math.abs((await fdCount(exporter.process.pid)) - fdsBefore)).toBeLessThanOrEqual(2);
    const began = performance.now();
    expect(await exporter.process.stop('SIGTERM', 20_000)).toBe(0);
    expect(performance.now() - began).toBeLessThan(5000);
  });
});

describe('when the configuration is wrong', () => {
  test.each([
    ['a key nobody knows', "hosts: [{ name: a, uri: 'qemu:///system', colour: red }]\n", 'colour'],
    ['a URI that is none', "hosts: [{ name: a, uri: 'not a uri' }]\n", 'hosts[0].uri'],
    [
      'two hosts of one name',
      "hosts: [{ name: a, uri: 'qemu:///system' }, { name: a, uri: 'test:///default' }]\n",
      'hosts[1].name',
    ],
  ])('%s ends it with exit code 2 and one line that names the place', async (_, config, place) => {
    const { process } = await launchExporter(lab, { config, flags: ['--web.listen-address=127.0.0.1:0'] });
    expect(await process.exit).toBe(2);
    const lines = process.output().trim().split('\n');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(place);
    expect(lines[0]).toContain('vireo.yml');
  });
});
