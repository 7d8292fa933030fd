// SPDX-License-Identifier: Apache-2.0
// Prometheus's own linter on the golden page, and on the metrics of the process joined to it.

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SelfMetrics } from '../../exporter/src/metrics/self-metrics.ts';

const GOLDEN = join(__dirname, '../../exporter/src/metrics/testdata/page.prom');

/** What `promtool check metrics` prints and its exit code: 0 clean, 1 cannot parse, 3 lint findings. */
function promtool(page: string): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = execFile('promtool', ['check', 'metrics'], (error, stdout, stderr) => {
      if (error === null) resolve({ code: 0, output: stdout + stderr });
      else if (typeof error.code === 'number') resolve({ code: error.code, output: stdout + stderr });
      else reject(new Error(`promtool does not run: ${error.message}`));
    });
    child.stdin?.end(page);
  });
}

describe('promtool check metrics', () => {
  const golden = readFileSync(GOLDEN, 'utf8');

  it('is clean on the golden page', async () => {
    expect(await promtool(golden)).toEqual({ code: 0, output: '' });
  });

  it('is clean with the metrics of the process, those of Node.js included', async () => {
    const metrics = new SelfMetrics({ version: '0.0.0' });
    try {
      metrics.observeCall({ host: 'kvm1', procedure: 'DOMAIN_GET_STATE', outcome: 'ok', durationMs: 1 });
      metrics.observeReconnect('kvm1');
      metrics.observeScrape({ encoding: 'identity', durationMs: 1, bytes: 1 });
      expect(await promtool(golden + (await metrics.render()))).toEqual({ code: 0, output: '' });
    } finally {
      metrics.close();
    }
  });

  it('would tell: a counter called a gauge is a finding', async () => {
    const { code, output } = await promtool(
      golden.replace(
        '# TYPE libvirt_domain_cpu_user_seconds_total counter',
        '# TYPE libvirt_domain_cpu_user_seconds_total gauge',
      ),
    );
    expect(code).toBe(3);
    expect(output).toContain('libvirt_domain_cpu_user_seconds_total');
  });
});
