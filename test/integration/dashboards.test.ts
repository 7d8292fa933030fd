// SPDX-License-Identifier: Apache-2.0
// Every PromQL query of every dashboard, asked of a real Prometheus that scrapes the simulated fleet and, for what that
// fleet never has (disk errors, block jobs, agents), a page the encoder made of a snapshot that has everything.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { INOVEX_RENAMES } from '@vireo/exporter/contract';
import { ALERT_GROUPS } from '../../dashboards/src/alerts/alerts.ts';
import { DASHBOARDS } from '../../dashboards/src/dashboards/dashboards.ts';
import { buildDashboard } from '../../dashboards/src/dashboards/frame.ts';
import { dashboardQueries, interpolate } from '../../dashboards/src/dashboards/read-dashboard.ts';
import { fact } from '../../dashboards/src/metric.ts';
import { startExporter } from '../lab/exporter.ts';
import { freePort, openLab, repositoryRoot } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startPrometheus } from '../lab/prometheus.ts';
import type { Prometheus } from '../lab/prometheus.ts';
import { waitFor } from '../lab/wait-for.ts';

/** Counters that begin with the first action, reconnection and refused console, and what only TLS has. */
const LATER = [
  `${fact('vireo_actions_total', { action: '="start"', result: '="succeeded"' })} 1`,
  `${fact('vireo_host_reconnects_total', { host: '="kvm1"' })} 1`,
  `${fact('vireo_console_rejections_total', { reason: '="origin"' })} 1`,
  `${fact('vireo_host_certificate_expiry_timestamp_seconds', { host: '="kvm1"', certificate: '="daemon"' })} 2e9`,
  `${fact('vireo_web_certificate_expiry_timestamp_seconds', { certificate: '="server"' })} 2e9`,
  '',
].join('\n');

/** Made by the encoder; the golden test of exporter/metrics keeps it so. */
const PAGE = join(repositoryRoot(), 'exporter/src/metrics/testdata/page.prom');

let lab: Lab;
let page: Server;
let prometheus: Prometheus;

beforeAll(async () => {
  lab = await openLab();
  const port = await freePort();
  page = createServer((_, response) => {
    response.setHeader('Content-Type', 'text/plain; version=0.0.4').end(readFileSync(PAGE, 'utf8') + LATER);
  });
  await new Promise<void>((resolve) => page.listen(port, '127.0.0.1', resolve));
  const exporter = await startExporter(lab, { flags: ['--demo'] });
  // Twice, as two Vireos that watch the same hosts: whatever joins series of a host must bear it.
  const targets = [exporter.address, exporter.address.replace('127.0.0.1', 'localhost'), `127.0.0.1:${String(port)}`];
  prometheus = await startPrometheus(lab, {
    scrapeConfigs: `[{ job_name: vireo, static_configs: [{ targets: ${JSON.stringify(targets)} }] }]`,
  });
}, 120_000);

afterAll(async () => {
  page.close();
  await lab.close();
}, 60_000);

/** Waits until each query gives at least one series; what does not is in the message. */
async function expectData(queries: readonly string[]): Promise<void> {
  let missing = [...new Set(queries)];
  await waitFor(
    async () => {
      const empty: string[] = [];
      for (const query of missing) if ((await prometheus.query(query)).length === 0) empty.push(query);
      missing = empty;
      return missing.length === 0;
    },
    { what: 'data of every query', deadlineMs: 60_000, intervalMs: 1000 },
  ).catch((cause: unknown) => {
    throw new Error(`no data of:\n${missing.join('\n')}`, { cause });
  });
}

describe('a real Prometheus', () => {
  it.each(DASHBOARDS)(
    'understands every query of $uid and has data for it',
    async (spec) => {
      const queries = dashboardQueries(buildDashboard(spec)).filter(({ source }) => source === 'prometheus');
      await expectData(queries.map(({ expr }) => interpolate(expr)));
    },
    90_000,
  );

  it('has values for the variables', async () => {
    for (const spec of DASHBOARDS) {
      for (const { definition } of buildDashboard(spec).templating.list ?? []) {
        if (definition === undefined) continue;
        const [, series, label] = /^label_values\((.*), (\w+)\)$/.exec(definition) ?? [];
        if (series === undefined || label === undefined) throw new Error(`not a variable: ${definition}`);
        await expectData([`group by (${label}) (${interpolate(series)})`]);
      }
    }
  }, 60_000);

  it('evaluates every alert', async () => {
    for (const { expr } of ALERT_GROUPS.flatMap(({ alerts }) => alerts)) await prometheus.query(expr);
  });
});

/** What the dashboard inovex publishes for its exporter shows of a domain: names as they are, and names it takes rates of. */
const INOVEX_GAUGES = [
  'libvirt_domain_info_state',
  'libvirt_domain_vcpu_current',
  'libvirt_domain_memory_stats_maximum_bytes',
  'libvirt_domain_block_stats_info',
  'libvirt_domain_interface_stats_info',
  'libvirt_domain_openstack_info',
  'libvirt_domain_memory_stats_used_percent',
];
const INOVEX_COUNTERS = [
  'libvirt_domain_info_cpu_time_seconds_total',
  'libvirt_domain_vcpu_delay_seconds_total',
  'libvirt_domain_vcpu_time_seconds_total',
  'libvirt_domain_memory_stats_swap_in_bytes',
  'libvirt_domain_memory_stats_swap_out_bytes',
  ...['read', 'write'].flatMap((way) =>
    ['requests', 'bytes', 'time_seconds'].map((what) => `libvirt_domain_block_stats_${way}_${what}_total`),
  ),
  ...['receive', 'transmit'].flatMap((way) =>
    ['bytes', 'packets', 'errors', 'drops'].map((what) => `libvirt_domain_interface_stats_${way}_${what}_total`),
  ),
];

describe('the dashboard of inovex', () => {
  const renamed = new Map(INOVEX_RENAMES.map(({ inovex, here }) => [inovex, here]));
  const isRenamed = (name: string): boolean => renamed.has(name) && renamed.get(name) !== name;
  const kept = [...INOVEX_GAUGES, ...INOVEX_COUNTERS].filter((name) => !isRenamed(name));

  it('finds every metric under its name, for a domain it chooses by OpenStack’s names, but for the three renamed', async () => {
    const [chosen] = await prometheus.query('libvirt_domain_openstack_info{instance_name!="",project_name!=""}');
    const domain = chosen?.metric['domain'] ?? 'no domain';
    await expectData(
      kept.map((name) =>
        INOVEX_COUNTERS.includes(name)
          ? `sum by (domain) (rate(${name}{domain="${domain}"}[15s]))`
          : `${name}{domain="${domain}"}`,
      ),
    );
    expect([...INOVEX_GAUGES, ...INOVEX_COUNTERS].filter(isRenamed)).toEqual([
      'libvirt_domain_memory_stats_used_percent',
      'libvirt_domain_memory_stats_swap_in_bytes',
      'libvirt_domain_memory_stats_swap_out_bytes',
    ]);
  }, 90_000);

  it('finds what was renamed where the list of renames says', async () => {
    const here = [...INOVEX_GAUGES, ...INOVEX_COUNTERS].filter(isRenamed).map((name) => renamed.get(name) ?? name);
    await expectData(here);
  }, 90_000);
});
