// SPDX-License-Identifier: Apache-2.0
// What happens to domains while they are watched, done to real ones: killed while they are asked, undefined, held by a
// managed save; a daemon that starts late or stops answering; and SIGTERM during all of it at once.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { defineDomains, domainNames, freezeDomain, qemuPid, startDomains } from '../lab/domains.ts';
import { startExporter } from '../lab/exporter.ts';
import type { Exporter, Exposition } from '../lab/exporter.ts';
import { openLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import type { Libvirtd } from '../lab/libvirtd.ts';
import { startMuteDaemon } from '../lab/mute-daemon.ts';
import type { PageChecker } from '../lab/page-checker.ts';
import { checkEveryPage, seePage, slowScrapeMs, watchPages } from '../lab/pages.ts';
import { runInside, start } from '../lab/process.ts';
import { waitFor } from '../lab/wait-for.ts';

jest.setTimeout(120_000);

const NAMES = domainNames('vm', 4);
const CPU_TIME = 'libvirt_domain_info_cpu_time_seconds_total';
const READS = 'libvirt_domain_block_stats_read_requests_total';
const STATISTICS_AT = 'libvirt_domain_statistics_timestamp_seconds';
const TIMED_OUT = 'libvirt_domain_timed_out';
const JOB = 'libvirt_domain_job_info_type';

let lab: Lab;
let libvirtd: Libvirtd;
const checked = checkEveryPage();

beforeAll(async () => {
  lab = await openLab();
  libvirtd = await startLibvirtd(lab);
  await startDomains(lab, libvirtd, NAMES);
  await fillMemory('vm2');
}, 120_000);

afterAll(() => lab.close());

/** An exporter that polls the lab every second. */
async function watchLab(checker: PageChecker, more = ''): Promise<Exporter> {
  return startExporter(lab, {
    config: `hosts:
  - { name: lab, uri: '${libvirtd.uri}' }
${more}poll: { intervalSeconds: 1, statisticsDeadlineSeconds: 1 }
`,
    checker,
  });
}

const allThere = (page: Exposition): boolean => page.all(READS).length === NAMES.length;
const isOf = (page: Exposition, domain: string, state: string): boolean =>
  page.value('libvirt_domain_state', { domain, state }) === 1;

/**
 * Starts a domain anew with 8 MiB of memory that is not zero. Without, all that is saved may lie in the pipes on the way
 * and in libvirt's helper, more than 1 MiB, and QEMU's part of the job is over whoever reads.
 */
async function fillMemory(domain: string): Promise<void> {
  const [file, xml] = [join(lab.directory, `${domain}.memory`), join(lab.directory, `${domain}-filled.xml`)];
  await writeFile(file, randomBytes(8 * 1024 * 1024));
  const loader = `<qemu:arg value='-device'/><qemu:arg value='loader,file=${file},addr=0x1000000,force-raw=on'/>`;
  const plain = await libvirtd.virsh('dumpxml', '--inactive', domain);
  const filled = plain
    .replace('<domain ', "<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0' ")
    .replace('</domain>', `<qemu:commandline>${loader}</qemu:commandline></domain>`);
  await writeFile(xml, filled);
  await libvirtd.virsh('destroy', domain);
  await libvirtd.virsh('define', xml);
  await libvirtd.virsh('start', domain);
}

/** Writes a managed save into a pipe that nobody empties: the job is held until it is aborted. */
async function holdJob(domain: string): Promise<() => Promise<void>> {
  const directory = join(lab.directory, 'lib', 'qemu', 'save');
  await mkdir(directory, { recursive: true });
  const pipe = join(directory, `${domain}.save`);
  await runInside(lab, 'mkfifo', [pipe]);
  // Open for reading too, so that libvirt's own opening does not wait.
  const end = await open(pipe, 'r+');
  const save = libvirtd.virsh('managedsave', domain).then(
    () => 'saved',
    () => 'aborted',
  );
  // domcontrol tells of a job only while another call enters the monitor.
  await waitFor(async () => /^Job type: +Unbounded/m.test(await libvirtd.virsh('domjobinfo', domain)), {
    what: `a job holds ${domain}`,
    deadlineMs: 30_000,
  });
  return async () => {
    await libvirtd.virsh('domjobabort', domain);
    // Who writes into the pipe is told so only by its end.
    await end.close();
    expect(await save).toBe('aborted');
    await rm(pipe, { force: true });
  };
}

describe('a QEMU that is killed', () => {
  test('in the middle of being asked for statistics takes nothing away but its own, again and again', async () => {
    const checker = checked();
    const exporter = await watchLab(checker);
    await seePage(exporter, 'all domains are there', 30_000, allThere);
    const others = NAMES.filter((name) => name !== 'vm1');
    const pages: Exposition[] = [];
    const see = (what: string, accept: (page: Exposition) => boolean): Promise<Exposition> =>
      seePage(exporter, what, 30_000, (page) => {
        pages.push(page);
        return accept(page);
      });
    // Not in every page: a call that hung goes on to them when vm1 is gone, and the poll that meets it there gets nothing.
    const countsAfter = (page: Exposition, time: number) => (domain: string) =>
      page.all(READS, { domain }).length === 1 && (page.value(STATISTICS_AT, { domain }) ?? 0) > time;
    for (let round = 0; round < 6; round += 1) {
      const pid = await qemuPid(lab, 'vm1');
      checker.mayRestart('vm1');
      // Every other time the call is certain to be under way: it hangs in the frozen monitor until the kill ends it.
      if (round % 2 === 0) {
        await freezeDomain(lab, 'vm1');
        const frozenAt = Date.now() / 1000;
        await see('vm1 holds up a call, and nobody else', (page) => {
          return page.value(TIMED_OUT, { domain: 'vm1' }) === 1 && others.every(countsAfter(page, frozenAt));
        });
      }
      process.kill(pid, 'SIGKILL');
      const killedAt = Date.now() / 1000;
      await see('vm1 is off and counts nothing, and the others go on', (page) => {
        const isOff = isOf(page, 'vm1', 'shutoff') && page.all(CPU_TIME, { domain: 'vm1' }).length === 0;
        return isOff && others.every(countsAfter(page, killedAt));
      });
      await libvirtd.virsh('start', 'vm1');
      await see('vm1 counts again', (page) => page.all(READS, { domain: 'vm1' }).length === 1);
    }
    for (const page of pages) expect(page.value('libvirt_up', { host: 'lab' })).toBe(1);
    // Nobody's statistics waited for a dead domain: a poll a second, and its deadline where vm1 was frozen.
    for (const domain of others) {
      const times = [...new Set(pages.flatMap((page) => page.value(STATISTICS_AT, { domain }) ?? []))];
      const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
      expect(Math.max(...gaps)).toBeLessThan(4);
    }
    await exporter.process.stop();
  });
});

describe('a domain that is undefined', () => {
  test('is gone from the pages by the next poll, with every series it had', async () => {
    const exporter = await watchLab(checked());
    await defineDomains(lab, libvirtd, ['short']);
    await seePage(exporter, 'it is there', 30_000, (page) => isOf(page, 'short', 'shutoff'));
    await libvirtd.virsh('undefine', 'short');
    const undefinedAt = Date.now() / 1000;
    const page = await seePage(exporter, 'another poll', 30_000, (now) => {
      const polledAt = now.value('vireo_poll_last_success_timestamp_seconds', { host: 'lab', group: 'inventory' });
      return (polledAt ?? 0) > undefinedAt + 1;
    });
    expect(page.series.filter(({ labels }) => labels['domain'] === 'short')).toEqual([]);
    expect(page.value('libvirt_domains', { host: 'lab' })).toBe(NAMES.length);
    await exporter.process.stop();
  });
});

describe('a domain that is off, where such have no series', () => {
  test('is counted, and has them from its start to its end', async () => {
    const checker = checked();
    const exporter = await watchLab(checker, 'domains: { inactiveSeries: false }\n');
    await seePage(exporter, 'all domains are there', 30_000, allThere);
    const ofVm4 = (page: Exposition): number =>
      page.series.filter(({ name, labels }) => name.startsWith('libvirt_') && labels['domain'] === 'vm4').length;
    checker.mayRestart('vm4');
    await libvirtd.virsh('destroy', 'vm4');
    const page = await seePage(exporter, 'it has none', 30_000, (now) => ofVm4(now) === 0);
    expect(page.value('libvirt_domains', { host: 'lab' })).toBe(NAMES.length);
    expect(page.value('libvirt_domains_by_state', { host: 'lab', state: 'shutoff' })).toBe(1);
    await libvirtd.virsh('start', 'vm4');
    await seePage(exporter, 'it has all of them', 30_000, allThere);
    await exporter.process.stop();
  });
});

describe('a disk whose storage goes away', () => {
  test('pauses its domain, is told of with its error, and takes nothing from the others', async () => {
    const socket = join(lab.directory, 'nbd.sock');
    const image = join(lab.directory, 'remote.img');
    await defineDomains(lab, libvirtd, ['remote']);
    const xml = await libvirtd.virsh('dumpxml', 'remote');
    // Of a disk without a name on its server libvirt 9.0 cannot send the event: it has no path to put there.
    const source = `<source protocol='nbd' name='remote'><host transport='unix' socket='${socket}'/></source>`;
    const path = join(lab.directory, 'remote-nbd.xml');
    const network = xml
      .replace(/<disk type='file'/, "<disk type='network'")
      .replace(/<source file='[^']*'\/>/, source)
      .replace("cache='writeback'", "cache='none' error_policy='stop' rerror_policy='stop'");
    await writeFile(path, network);
    const storage = start(lab, 'qemu-nbd', [
      '--format=raw',
      '--persistent',
      '--export-name=remote',
      `--socket=${socket}`,
      image,
    ]);
    await waitFor(() => existsSync(socket), { what: 'the storage is served', deadlineMs: 20_000 });
    await libvirtd.virsh('define', path);
    await libvirtd.virsh('start', 'remote');
    const exporter = await watchLab(checked());
    const errors = { host: 'lab', domain: 'remote' };
    await seePage(exporter, 'no disk has an error', 30_000, (page) => {
      return page.value('libvirt_domain_disk_errors', errors) === 0 && (page.value(READS, errors) ?? 0) > 0;
    });
    await storage.stop('SIGKILL');
    const lostAt = Date.now() / 1000;
    const disk = { ...errors, target_device: 'vda', error: 'unspecified' };
    const page = await seePage(exporter, 'the disk has an error', 30_000, (now) => {
      const told = now.value('libvirt_domain_events_total', { host: 'lab', event: 'io-error' }) ?? 0;
      return told > 0 && isOf(now, 'remote', 'paused') && now.value('libvirt_domain_disk_error_info', disk) === 1;
    });
    expect(page.value('libvirt_domain_disk_errors', errors)).toBe(1);
    expect(page.value('libvirt_domain_state_reason_info', { ...errors, reason: 'ioerror' })).toBe(1);
    await seePage(exporter, 'the others count', 30_000, (now) => {
      return NAMES.every((domain) => (now.value(STATISTICS_AT, { domain }) ?? 0) > lostAt + 1);
    });
    await exporter.process.stop();
    await libvirtd.virsh('destroy', 'remote');
    await libvirtd.virsh('undefine', 'remote');
  });
});

describe('a job held by a managed save', () => {
  test('delays no poll and no scrape, is shown, and takes no figure back', async () => {
    const exporter = await watchLab(checked());
    await seePage(exporter, 'all domains are there', 30_000, allThere);
    const heldAt = Date.now() / 1000;
    const release = await holdJob('vm2');
    await seePage(exporter, 'the job is shown', 30_000, (page) => (page.value(JOB, { domain: 'vm2' }) ?? 0) > 0);
    const pages = await watchPages(exporter, 4000);
    // libvirt says milliseconds.
    const elapsed = pages.at(-1)?.value('libvirt_domain_job_info_time_elapsed_seconds', { domain: 'vm2' });
    expect(elapsed).toBeGreaterThan(1);
    expect(elapsed).toBeLessThan(Date.now() / 1000 - heldAt);
    expect(pages.at(-1)?.value('libvirt_domain_job_info_operation', { domain: 'vm2' })).toBe(2);
    expect(slowScrapeMs(pages)).toBeLessThan(100);
    for (const page of pages) {
      expect(page.value('libvirt_up', { host: 'lab' })).toBe(1);
      for (const domain of NAMES) expect(page.all(CPU_TIME, { domain })).toHaveLength(1);
    }
    for (const domain of ['vm1', 'vm3', 'vm4']) {
      const times = new Set(pages.map((page) => page.value(STATISTICS_AT, { domain })));
      expect(times.size).toBeGreaterThanOrEqual(3);
    }
    await release();
    await seePage(exporter, 'vm2 runs and counts', 30_000, (page) => {
      return isOf(page, 'vm2', 'running') && allThere(page) && (page.value(JOB, { domain: 'vm2' }) ?? 0) === 0;
    });
    await exporter.process.stop();
  });
});

describe('a daemon', () => {
  test('that starts after the exporter is watched soon, and until then nothing is said of its domains', async () => {
    await libvirtd.kill();
    const exporter = await watchLab(checked());
    const page = await seePage(
      exporter,
      'the host is lost',
      10_000,
      (now) => now.value('libvirt_up', { host: 'lab' }) === 0,
    );
    expect(page.series.filter(({ name }) => name.startsWith('libvirt_domain'))).toEqual([]);
    await libvirtd.restart();
    // The pause between two attempts may have grown while the daemon took its time.
    await seePage(exporter, 'all domains are there', 45_000, allThere);
    await exporter.process.stop();
  });

  test('that stops answering without closing a connection is lost at once, and watched again when it goes on', async () => {
    const exporter = await watchLab(checked());
    await seePage(exporter, 'all domains are there', 30_000, allThere);
    const { pid } = libvirtd;
    process.kill(pid, 'SIGSTOP');
    try {
      await seePage(exporter, 'the host is lost', 15_000, (page) => page.value('libvirt_up', { host: 'lab' }) === 0);
      await seePage(exporter, 'its series end', 30_000, (page) => page.all(CPU_TIME).length === 0);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await seePage(exporter, 'all domains are back', 45_000, allThere);
    await exporter.process.stop();
  });
});

describe('SIGTERM', () => {
  test('ends the exporter within 5 s with exit code 0 while everything is wrong at once', async () => {
    const mute = await startMuteDaemon(lab);
    const exporter = await watchLab(checked(), `  - { name: mute, uri: '${mute.uri}' }\n`);
    await seePage(exporter, 'all domains are there', 30_000, allThere);
    const release = await holdJob('vm2');
    const thaw = await freezeDomain(lab, 'vm3');
    const sockets: Socket[] = [];
    try {
      await seePage(exporter, 'vm3 is stuck', 30_000, (page) => page.value(TIMED_OUT, { domain: 'vm3' }) === 1);
      // Scrapers that never read, and clients that never finish their request.
      const [host, port] = exporter.address.split(':');
      for (let i = 0; i < 40; i += 1) {
        const socket = connect(Number(port), host).pause();
        socket.on('error', () => undefined);
        sockets.push(socket);
        await once(socket, 'connect');
        socket.write(`GET /metrics HTTP/1.1\r\nHost: x\r\n${i % 2 === 0 ? '\r\n' : 'X-Slow: '}`);
      }
      const drip = setInterval(() => {
        for (const [i, socket] of sockets.entries()) if (i % 2 === 1) socket.write('a');
      }, 50);
      try {
        await libvirtd.virsh('destroy', 'vm4');
        const began = performance.now();
        expect(await exporter.process.stop('SIGTERM', 20_000)).toBe(0);
        expect(performance.now() - began).toBeLessThan(5000);
      } finally {
        clearInterval(drip);
      }
    } finally {
      for (const socket of sockets) socket.destroy();
      thaw();
      await release();
    }
  });
});
