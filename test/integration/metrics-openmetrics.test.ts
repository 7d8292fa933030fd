// SPDX-License-Identifier: Apache-2.0
// OpenMetrics pages read by a parser that is not ours: Debian's python3-prometheus-client, the reference of the format.

import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { MetricsPage } from '../../exporter/src/metrics/metrics-page.ts';
import { SelfMetrics } from '../../exporter/src/metrics/self-metrics.ts';
import { DEMO, hostWith, KVM1, KVM2, OFF, WEB } from '../../exporter/src/metrics/testdata/snapshot.ts';
import { promtoolCheck } from '../lab/prometheus.ts';

/** Prints every sample as a line of JSON: family, type, unit, name, labels, value. */
const READ = `
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
sys.stdin.reconfigure(encoding='utf-8', newline='')
sys.stdout.reconfigure(encoding='utf-8')
for family in text_string_to_metric_families(sys.stdin.read()):
    for s in family.samples:
        print(json.dumps([family.name, family.type, family.unit, s.name, s.labels, s.value]))
`;

type Row = readonly [
  family: string,
  type: string,
  unit: string,
  name: string,
  labels: Readonly<Record<string, string>>,
  value: number,
];

/** What the parser makes of a page; rejects with its complaint. */
function parse(page: Buffer | string): Promise<Row[]> {
  return new Promise((resolve, reject) => {
    // Debian's interpreter: another one in PATH does not have Debian's packages.
    const options = { maxBuffer: 256 * 1024 * 1024 };
    const child = execFile('/usr/bin/python3', ['-c', READ], options, (error, stdout, stderr) => {
      const complaint = stderr.trim().split('\n').at(-1) ?? '';
      if (error !== null) reject(new Error(complaint === '' ? error.message : complaint, { cause: error }));
      else
        resolve(
          stdout
            .split('\n')
            .filter((line) => line !== '')
            .map((line) => JSON.parse(line) as Row),
        );
    });
    child.stdin?.end(page);
  });
}

jest.setTimeout(120_000);

const HOSTILE = [
  'quote"quote',
  'back\\slash',
  'line\nfeed',
  'ends with \\',
  '\\"\\n',
  '},x="1"} 5 # {a="b"} 1',
  '🐦 Vögel',
  'carriage\rreturn\ttab',
  'x'.repeat(1024),
];

describe('the OpenMetrics page', () => {
  const self = new SelfMetrics({ version: '0.0.0' });
  const page = new MetricsPage({ process: self });
  page.update(KVM1);
  page.update(KVM2);
  page.update(DEMO);
  const hostile = HOSTILE.map((name, i) => ({
    ...OFF,
    name,
    uuid: `00000000-0000-4000-8000-00000000000${String(i)}`,
  }));
  page.update(hostWith([...hostile, { ...WEB, name: 'web' }], { host: 'hostile "\\\n🐦' }));
  self.observeCall({ host: 'kvm1', procedure: 'DOMAIN_GET_STATE', outcome: 'ok', durationMs: 1 });
  self.observeReconnect('kvm1');
  self.observeScrape({ encoding: 'identity', durationMs: 1, bytes: 1 });
  beforeAll(async () => {
    // The library's histogram of garbage collections has no series before the first.
    setFlagsFromString('--expose-gc');
    runInNewContext('gc()');
    while (!(await self.text()).includes('nodejs_gc_duration_seconds_bucket')) await sleep(5);
  });
  afterAll(() => {
    self.close();
  });

  it('is valid, the metrics of the process included, and has every sample of the text page', async () => {
    const rows = await parse(await page.render({}, 'openmetrics'));
    const text = (await page.render()).toString();
    const lines = text.split('\n').filter((line) => /^(libvirt|vireo)_/.test(line));
    expect(rows.filter(([, , , name]) => /^(libvirt|vireo)_/.test(name))).toHaveLength(lines.length);
    expect(rows.map(([, , , name]) => name)).toEqual(
      expect.arrayContaining(['process_cpu_seconds_total', 'nodejs_version_info', 'nodejs_gc_duration_seconds_bucket']),
    );
  });

  it('says type and unit, and names its families as the format wants them', async () => {
    const rows = await parse(await page.render({}, 'openmetrics'));
    const kinds = new Map(rows.map(([family, type, unit, name]) => [name, [family, type, unit]]));
    expect(kinds.get('libvirt_domain_info_cpu_time_seconds_total')).toEqual([
      'libvirt_domain_info_cpu_time_seconds',
      'counter',
      'seconds',
    ]);
    expect(kinds.get('libvirt_domain_info')).toEqual(['libvirt_domain', 'info', '']);
    expect(kinds.get('libvirt_domain_state')).toEqual(['libvirt_domain_state', 'gauge', '']);
    expect(kinds.get('vireo_build_info')).toEqual(['vireo_build', 'info', '']);
    expect(kinds.get('vireo_rpc_calls_total')).toEqual(['vireo_rpc_calls', 'counter', '']);
  });

  it('carries the strangest names through unharmed', async () => {
    const rows = await parse(await page.render({ host: 'hostile "\\\n🐦' }, 'openmetrics'));
    const hosts = new Set(rows.map(([, , , , labels]) => labels['host']));
    expect(hosts).toEqual(new Set(['hostile "\\\n🐦']));
    const domains = rows
      .filter(([, , , name]) => name === 'libvirt_domain_active')
      .map(([, , , , labels]) => labels['domain']);
    expect(domains.sort()).toEqual([...HOSTILE, 'web'].sort());
    const text = (await page.render({ host: 'hostile "\\\n🐦' })).toString();
    expect(await promtoolCheck(text)).toEqual({ code: 0, complaints: [] });
    expect(text.match(/^libvirt_domain_active\{/gm)).toHaveLength(HOSTILE.length + 1);
  });

  it('is valid when narrowed, and when there is nothing', async () => {
    const rows = await parse(await page.render({ host: 'kvm2', groups: new Set(['cpu'] as const) }, 'openmetrics'));
    expect(rows.map(([, , , name]) => name)).toEqual(['libvirt_up']);
    expect(await parse(await new MetricsPage().render({}, 'openmetrics'))).toEqual([]);
  });

  it('would be refused if it were wrong', async () => {
    const good = (await page.render({}, 'openmetrics')).toString();
    await expect(parse(good.replace('# EOF\n', ''))).rejects.toThrow('Missing # EOF');
    await expect(
      parse(good.replace('# TYPE libvirt_domain_state gauge', '# TYPE libvirt_domain_state stateset')),
    ).rejects.toThrow('Stateset missing label');
    await expect(parse(await page.render())).rejects.toThrow('Error');
  });
});
