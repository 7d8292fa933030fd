// SPDX-License-Identifier: Apache-2.0
// The client and the exporter with the libvirt of Debian 13 (modular daemons) and of Debian unstable (libvirtd). From
// libvirt 11.0 on reading a domain's XML waits for whoever works on the domain. Run by `npm run test:long`.
import { connect } from '@vireo/libvirt';
import type { Connection } from '@vireo/libvirt';
import { debianRoot } from '../lab/debian-root.ts';
import type { Suite } from '../lab/debian-root.ts';
import { domainNames, freezeDomain, startDomains } from '../lab/domains.ts';
import { startExporter } from '../lab/exporter.ts';
import type { Exposition } from '../lab/exporter.ts';
import { openLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { checkEveryPage, seePage, watchPages } from '../lab/pages.ts';
import { start } from '../lab/process.ts';
import { promtoolCheck } from '../lab/prometheus.ts';
import { MODULAR_DAEMONS, startRootDaemons } from '../lab/root-daemons.ts';
import type { DaemonName, RootDaemons } from '../lab/root-daemons.ts';
import { waitFor } from '../lab/wait-for.ts';

jest.setTimeout(90_000);

const NAMES = domainNames('vm', 4);
const CPU_TIME = 'libvirt_domain_info_cpu_time_seconds_total';
const STATISTICS_AT = 'libvirt_domain_statistics_timestamp_seconds';
/** Made of the domain's XML. */
const FROM_XML = 'libvirt_domain_graphics_info';

const RELEASES: readonly (readonly [Suite, RegExp, readonly DaemonName[]])[] = [
  ['trixie', /^11\.3\.\d+$/, MODULAR_DAEMONS],
  ['sid', /^1[2-9]\.\d+\.\d+$/, ['libvirtd']],
];

describe.each(RELEASES)('libvirt of Debian %s', (suite, version, names) => {
  let lab: Lab;
  let root: string;
  let daemons: RootDaemons;
  let reader: Connection;
  let writer: Connection;
  const watched = checkEveryPage();

  async function open(readOnly: boolean): Promise<Connection> {
    const connection = await connect('qemu:///system', {
      readOnly,
      systemRuntimeDirectory: daemons.runtimeDirectory,
    });
    lab.onClose(() => connection.close());
    return connection;
  }

  beforeAll(async () => {
    root = await debianRoot(suite);
    lab = await openLab();
    daemons = await startRootDaemons(lab, root, names);
    await startDomains(lab, daemons, NAMES);
    reader = await open(true);
    writer = await open(false);
  }, 600_000);

  afterAll(() => lab.close());

  test('tells its version, lists, states, XML and statistics', async () => {
    expect(await reader.host.libvirtVersion()).toMatch(version);
    const domains = await reader.domains.list();
    expect(domains.map(({ name }) => name).sort()).toEqual(NAMES);
    for (const domain of domains) {
      expect(await reader.domains.state(domain)).toMatchObject({ state: 'running', reason: 'booted' });
      expect(await reader.domains.xml(domain)).toContain(`<name>${domain.name}</name>`);
    }
    const records = await reader.stats.getAll({ groups: ['state', 'cpu', 'balloon', 'vcpu', 'block', 'interface'] });
    for (const { block, net, fields } of records) {
      expect(block.get(0)?.get('name')).toBe('vda');
      expect(net.size).toBe(1);
      expect(Number(fields.get('cpu.time'))).toBeGreaterThan(0);
    }
    expect(records).toHaveLength(NAMES.length);
  });

  test('suspends, resumes, destroys and starts, and tells each by event within a second', async () => {
    const seen: string[] = [];
    const domain = await writer.domains.lookupByName('vm2');
    const unsubscribe = await reader.events.subscribe('lifecycle', (event) => {
      if (event.domain.uuid === domain.uuid) seen.push(event.event);
    });
    const steps = [
      [() => writer.domains.suspend(domain), 'suspended', 'paused'],
      [() => writer.domains.resume(domain), 'resumed', 'running'],
      [() => writer.domains.destroy(domain), 'stopped', 'shutoff'],
      [() => writer.domains.start(domain), 'started', 'running'],
    ] as const;
    for (const [act, event, state] of steps) {
      await act();
      await waitFor(() => seen.includes(event), { what: `the event ${event}`, deadlineMs: 1000 });
      expect(await reader.domains.state(domain)).toMatchObject({ state });
    }
    unsubscribe();
  });

  test('the exporter watches it at its usual place', async () => {
    const exporter = await startExporter(lab, {
      config: "hosts: [{ name: lab, uri: 'qemu:///system' }]\npoll: { intervalSeconds: 1 }\n",
      checker: watched(),
    });
    const page = await seePage(exporter, 'all domains with XML', 20_000, (now) => {
      return now.all(CPU_TIME).length === NAMES.length && now.all(FROM_XML).length === NAMES.length;
    });
    expect(page.value('libvirt_up', { host: 'lab' })).toBe(1);
    expect(page.all('libvirt_versions_info')[0]?.labels['libvirtd_running']).toMatch(version);
    expect(page.all('vireo_poll_success').filter(({ value }) => value !== 1)).toEqual([]);
    expect(await promtoolCheck(page.text)).toEqual({ code: 0, complaints: [] });
    await daemons.virsh('suspend', 'vm2');
    await seePage(exporter, 'vm2 is paused, by event', 1000, (now) => {
      return now.value('libvirt_domain_state', { domain: 'vm2', state: 'paused' }) === 1;
    });
    await daemons.virsh('resume', 'vm2');
    await exporter.process.stop();
  });

  test('a frozen QEMU with a job under way when the exporter starts holds up no other domain', async () => {
    const INTERVAL_SECONDS = 2;
    const DEADLINE_SECONDS = 1;
    const healthy = NAMES.filter((name) => name !== 'vm3');
    const thaw = await freezeDomain(lab, 'vm3');
    try {
      // Somebody's question holds the job until QEMU answers.
      const holder = start(lab, 'chroot', [
        root,
        'virsh',
        '--connect',
        'qemu:///system',
        'qemu-monitor-command',
        'vm3',
        '--hmp',
        'info status',
      ]);
      await waitFor(async () => (await daemons.virsh('domcontrol', 'vm3')).includes('occupied'), {
        what: 'a job holds vm3',
        deadlineMs: 10_000,
      });
      const asker = await open(true);
      const domain = await asker.domains.lookupByName('vm3');
      await expect(asker.domains.xml(domain, {}, { deadlineMs: 1500 })).rejects.toMatchObject({ code: 'LV_TIMEOUT' });

      const exporter = await startExporter(lab, {
        config: `hosts: [{ name: lab, uri: 'qemu:///system' }]\npoll: { intervalSeconds: ${String(INTERVAL_SECONDS)}, statisticsDeadlineSeconds: ${String(DEADLINE_SECONDS)} }\n`,
        checker: watched(),
      });
      await seePage(exporter, 'the host is up', 10_000, (page) => page.value('libvirt_up', { host: 'lab' }) === 1);
      const complete = (page: Exposition): boolean =>
        healthy.every((name) =>
          [CPU_TIME, STATISTICS_AT, FROM_XML].every((family) => page.all(family, { domain: name }).length > 0),
        );
      await seePage(
        exporter,
        'the others are complete within one poll',
        INTERVAL_SECONDS * 1000 + DEADLINE_SECONDS * 1000,
        complete,
      );
      const pages = await watchPages(exporter, 10_000);
      const allowedAge = INTERVAL_SECONDS + DEADLINE_SECONDS + 1;
      for (const name of healthy) {
        const times = [...new Set(pages.map((page) => page.value(STATISTICS_AT, { domain: name }) ?? 0))];
        const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
        expect(times.length).toBeGreaterThanOrEqual(3);
        expect(Math.max(...gaps)).toBeLessThan(allowedAge);
        expect(pages.at(-1)?.value('libvirt_domain_timed_out', { domain: name })).toBe(0);
      }
      expect(pages.every((page) => page.value('libvirt_up', { host: 'lab' }) === 1)).toBe(true);
      expect(pages.at(-1)?.value('libvirt_domain_timed_out', { domain: 'vm3' })).toBe(1);
      thaw();
      await seePage(exporter, 'vm3 is complete too', 20_000, (page) => {
        return (
          page.all(FROM_XML, { domain: 'vm3' }).length > 0 &&
          page.value('libvirt_domain_timed_out', { domain: 'vm3' }) === 0
        );
      });
      await holder.exit;
      await exporter.process.stop();
    } finally {
      thaw();
    }
  });
});
