// SPDX-License-Identifier: Apache-2.0
// The main job, whole: real domains on a real libvirtd, watched by the real exporter, scraped by a real Prometheus.
import { defineDomains, domainNames, startDomains } from '../lab/domains.ts';
import { startExporter } from '../lab/exporter.ts';
import type { Exporter } from '../lab/exporter.ts';
import { openLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import type { Libvirtd } from '../lab/libvirtd.ts';
import { promtoolCheck, startPrometheus } from '../lab/prometheus.ts';
import { medianMs, waitFor } from '../lab/wait-for.ts';

jest.setTimeout(120_000);

const NAMES = domainNames('vm', 5);
const CPU_TIME = 'libvirt_domain_info_cpu_time_seconds_total';

let lab: Lab;
let libvirtd: Libvirtd;

beforeAll(async () => {
  lab = await openLab();
  libvirtd = await startLibvirtd(lab);
  await startDomains(lab, libvirtd, NAMES);
  await defineDomains(lab, libvirtd, ['spare']);
}, 120_000);

afterAll(() => lab.close());

/** Starts an exporter on the lab's daemon, and waits until it has the statistics of every running domain. */
async function watch(intervalSeconds: number): Promise<Exporter> {
  const exporter = await startExporter(lab, {
    config: `hosts: [{ name: lab, uri: '${libvirtd.uri}' }]\npoll: { intervalSeconds: ${String(intervalSeconds)} }\n`,
  });
  await waitFor(async () => (await exporter.scrape()).all(CPU_TIME).length >= NAMES.length, {
    what: 'the exporter has statistics of every running domain',
    deadlineMs: 20_000,
  });
  return exporter;
}

describe('an exporter that polls every second', () => {
  let exporter: Exporter;

  beforeAll(async () => {
    exporter = await watch(1);
  });

  afterAll(() => exporter.process.stop());

  test('tells the state of every domain, running or not', async () => {
    const page = await exporter.scrape();
    expect(page.value('libvirt_up', { host: 'lab' })).toBe(1);
    for (const domain of NAMES) {
      expect(page.value('libvirt_domain_state', { host: 'lab', domain, state: 'running' })).toBe(1);
    }
    expect(page.value('libvirt_domain_state', { host: 'lab', domain: 'spare', state: 'shutoff' })).toBe(1);
  });

  test('gives no statistics of a domain that is off', async () => {
    const page = await exporter.scrape();
    expect(page.all(CPU_TIME, { domain: 'vm1' })).toHaveLength(1);
    expect(page.all(CPU_TIME, { domain: 'spare' })).toHaveLength(0);
  });

  test('gives disk, network and memory figures in base units', async () => {
    const disk = { host: 'lab', domain: 'vm1', target_device: 'vda' };
    const page = await waitFor(
      async () => {
        const now = await exporter.scrape();
        return (now.value('libvirt_domain_block_stats_read_bytes_total', disk) ?? 0) > 0 && now;
      },
      { what: 'the disk figures of vm1 have been read', deadlineMs: 20_000 },
    );
    const requests = page.value('libvirt_domain_block_stats_read_requests_total', disk) ?? Number.NaN;
    expect((page.value('libvirt_domain_block_stats_read_bytes_total', disk) ?? 0) / requests).toBe(512);
    expect(page.value('libvirt_domain_block_stats_capacity_bytes', disk)).toBe(1024 * 1024);
    expect(page.value('libvirt_domain_info_maximum_memory_bytes', { domain: 'vm1' })).toBe(32 * 1024 * 1024);
    expect(page.all('libvirt_domain_interface_stats_transmit_bytes_total', { domain: 'vm1' })).toHaveLength(1);
  });

  test('tells what the host is', async () => {
    const page = await exporter.scrape();
    expect(page.value('libvirt_host_cpus', { host: 'lab' })).toBeGreaterThanOrEqual(1);
    expect(page.value('libvirt_host_memory_total_bytes', { host: 'lab' })).toBeGreaterThan(512 * 1024 * 1024);
    expect(page.all('libvirt_host_cpu_seconds_total', { host: 'lab' }).length).toBeGreaterThan(1);
    const [versions] = page.all('libvirt_versions_info', { host: 'lab' });
    expect(versions?.labels['libvirtd_running']).toMatch(/^\d+\.\d+\.\d+$/);
  });

  test('writes an exposition that promtool finds nothing wrong with', async () => {
    const { text } = await exporter.scrape();
    expect(await promtoolCheck(text)).toEqual({ code: 0, complaints: [] });
  });

  test('is scraped by Prometheus, which then knows the CPU rate of every domain', async () => {
    const prometheus = await startPrometheus(lab, exporter.address);
    const rates = await waitFor(
      async () => {
        const samples = await prometheus.query(`rate(${CPU_TIME}{host="lab"}[10s])`);
        return samples.length >= NAMES.length && samples.every((s) => Number(s.value[1]) > 0) && samples;
      },
      { what: 'Prometheus computes a CPU rate above zero for every domain', deadlineMs: 30_000, intervalMs: 250 },
    );
    expect(rates.map((sample) => sample.metric['domain']).sort()).toEqual(NAMES);
    expect(await prometheus.query('up{job="vireo"}')).toMatchObject([{ value: [expect.any(Number), '1'] }]);
  });

  test('logs one JSON object a line', () => {
    const lines = exporter.log();
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.filter((line) => 'unparsable' in line)).toEqual([]);
  });

  test('shows its hosts on the landing page', async () => {
    const response = await fetch(`${exporter.url}/`);
    expect(response.status).toBe(200);
    const page = await response.text();
    expect(page).toContain('lab');
    expect(page).toContain('/metrics');
  });

  test('is healthy and ready', async () => {
    expect((await fetch(`${exporter.url}/-/healthy`)).status).toBe(200);
    expect((await fetch(`${exporter.url}/-/ready`)).status).toBe(200);
  });
});

describe('an exporter whose next poll is far away', () => {
  let exporter: Exporter;

  beforeAll(async () => {
    exporter = await watch(60);
  });

  afterAll(() => exporter.process.stop());

  /** Resolves when the page says so, with the time until then; only an event can make it before the next poll. */
  async function seesState(domain: string, state: string): Promise<number> {
    const began = performance.now();
    await waitFor(
      async () => (await exporter.scrape()).value('libvirt_domain_state', { host: 'lab', domain, state }) === 1,
      { what: `/metrics says that ${domain} is ${state}`, deadlineMs: 10_000 },
    );
    return performance.now() - began;
  }

  test('sees start, suspend, resume and destroy within a second, by event', async () => {
    const times: number[] = [];
    for (const [command, state] of [
      ['start', 'running'],
      ['suspend', 'paused'],
      ['resume', 'running'],
      ['suspend', 'paused'],
      ['destroy', 'shutoff'],
    ] as const) {
      await libvirtd.virsh(command, 'spare');
      times.push(await seesState('spare', state));
    }
    expect(medianMs(times)).toBeLessThan(1000);
  });

  test('sees a new domain and its end by event', async () => {
    await defineDomains(lab, libvirtd, ['newcomer']);
    await seesState('newcomer', 'shutoff');
    await libvirtd.virsh('undefine', 'newcomer');
    await waitFor(
      async () => (await exporter.scrape()).all('libvirt_domain_state', { domain: 'newcomer' }).length === 0,
      {
        what: '/metrics has no series of newcomer any more',
        deadlineMs: 10_000,
      },
    );
  });
});

describe('an exporter without configuration', () => {
  test('watches the local libvirt, whose socket is there, started as `npm start` does', async () => {
    const exporter = await startExporter(lab, { throughNpmStart: true });
    const page = await waitFor(
      async () => {
        const now = await exporter.scrape();
        return now.all(CPU_TIME).length >= NAMES.length && now;
      },
      { what: 'statistics of the local libvirt', deadlineMs: 20_000 },
    );
    expect(page.all('vireo_host_info').map((series) => series.labels['simulated'])).toEqual(['false']);
    expect(await exporter.process.stop()).toBe(0);
  });

  test('shows the simulated fleet, labelled as such, where `npm start` finds no libvirt', async () => {
    const bare = await openLab();
    try {
      const exporter = await startExporter(bare, { throughNpmStart: true });
      const page = await waitFor(
        async () => {
          const now = await exporter.scrape();
          return now.all('libvirt_up').length > 1 && now.all(CPU_TIME).length > 0 && now;
        },
        { what: 'statistics of the simulated fleet', deadlineMs: 20_000 },
      );
      const simulated = page.all('vireo_host_info').map((series) => series.labels['simulated']);
      expect(new Set(simulated)).toEqual(new Set(['true']));
      expect(await (await fetch(`http://${exporter.address}/`)).text()).toContain('SIMULATED');
      expect(await exporter.process.stop()).toBe(0);
    } finally {
      await bare.close();
    }
  });
});
