// SPDX-License-Identifier: Apache-2.0
// The built exporter behind a web config file, and the clients it is for: a real Prometheus over HTTPS with basic_auth,
// one that finds its targets through http_sd_configs, curl, and promtool on the example of the docs.

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readWebConfig } from '../../exporter/src/web/read-web-config.ts';
import { makeAuthority } from '../lab/certificates.ts';
import type { Authority } from '../lab/certificates.ts';
import { launchExporter, startExporter } from '../lab/exporter.ts';
import { freePort, openLab, repositoryRoot } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { secret } from '../lab/planted.ts';
import { startPrometheus } from '../lab/prometheus.ts';
import { waitFor } from '../lab/wait-for.ts';

jest.setTimeout(120_000);

const execute = promisify(execFile);

const PASSWORD = secret('password of a web user');
/** Of {@link PASSWORD}. */
const HASH = '$2b$04$chGIBIUk.ldZ5GyINGe7mun.U61lzj1tNl4X0JURqo5XIi5euoBOy';

let lab: Lab;
beforeEach(async () => {
  lab = await openLab();
});
afterEach(async () => {
  await lab.close();
});

/** The exporter's demo fleet behind TLS and one user, `prometheus` with {@link PASSWORD}. */
async function startSecured(authority: Authority): Promise<string> {
  const { certificate, key } = authority.server;
  const webConfig = join(lab.directory, 'web.yml');
  await writeFile(
    webConfig,
    `tls_server_config: { cert_file: ${certificate}, key_file: ${key} }
basic_auth_users: { prometheus: "${HASH}" }
`,
  );
  const address = `127.0.0.1:${String(await freePort())}`;
  const flags = ['--demo', `--web.config.file=${webConfig}`, `--web.listen-address=${address}`];
  const { process, lines } = await launchExporter(lab, { flags });
  await waitFor(() => process.hasExited || lines().some((line) => line.includes(`https://${address}/`)), {
    what: 'the exporter listens',
    deadlineMs: 60_000,
  });
  if (process.hasExited) throw new Error(`the exporter ended at once:\n${process.output()}`);
  return address;
}

/** The status curl gets, 000 when it refuses the server. */
async function curl(url: string, ...flags: readonly string[]): Promise<string> {
  const args = ['--silent', '--output', '/dev/null', '--write-out', '%{http_code}', ...flags, url];
  try {
    return (await execute('curl', args)).stdout;
  } catch (error) {
    return typeof error === 'object' && error !== null && 'stdout' in error ? String(error.stdout) : 'no curl';
  }
}

describe('behind a web config file', () => {
  it('a real Prometheus scrapes over HTTPS with basic_auth, and curl needs both', async () => {
    const authority = await makeAuthority(lab, 'web');
    const address = await startSecured(authority);
    const trust = ['--cacert', authority.server.ca];
    expect(await curl(`https://${address}/metrics`)).toBe('000');
    expect(await curl(`https://${address}/metrics`, ...trust)).toBe('401');
    expect(await curl(`https://${address}/metrics`, ...trust, '--user', 'prometheus:wrong')).toBe('401');
    expect(await curl(`https://${address}/metrics`, ...trust, '--user', `prometheus:${PASSWORD}`)).toBe('200');
    expect(await curl(`http://${address}/metrics`)).toBe('000');

    const prometheus = await startPrometheus(lab, {
      scrapeConfigs: `
  - job_name: vireo
    scheme: https
    tls_config: { ca_file: ${authority.server.ca} }
    basic_auth: { username: prometheus, password: ${PASSWORD} }
    static_configs: [{ targets: ['${address}'] }]`,
    });
    await waitFor(async () => (await prometheus.query('up == 1')).length === 1, {
      what: 'the target is up',
      deadlineMs: 30_000,
    });
    await waitFor(async () => (await prometheus.query('libvirt_up == 1')).length > 1, {
      what: 'its hosts are there',
      deadlineMs: 30_000,
    });
    const [expiry] = await prometheus.query('vireo_web_certificate_expiry_timestamp_seconds - time()');
    expect(expiry?.metric['certificate']).toBe('server');
    expect(Number(expiry?.value[1]) / 86_400).toBeCloseTo(2, 1);
    const refused = async (reason: string): Promise<string | undefined> =>
      (await prometheus.query(`vireo_auth_refusals_total{method="password",reason="${reason}"}`))[0]?.value[1];
    expect([await refused('missing'), await refused('wrong')]).toEqual(['1', '1']);
    // Only OpenMetrics tells Prometheus of units.
    const response = await fetch(`${prometheus.url}/api/v1/metadata?metric=libvirt_domain_info_cpu_time_seconds`);
    expect(JSON.stringify(await response.json())).toContain('"unit":"seconds"');
  });

  it('a real Prometheus finds every host through http_sd_configs', async () => {
    const exporter = await startExporter(lab, { flags: ['--demo'] });
    const prometheus = await startPrometheus(lab, {
      scrapeConfigs: `
  - job_name: vireo
    http_sd_configs: [{ url: '${exporter.url}/sd', refresh_interval: 1s }]`,
    });
    const listed = (await (await fetch(`${exporter.url}/sd`)).json()) as { labels: Record<string, string> }[];
    const names = listed.map(({ labels }) => labels['__meta_vireo_host']).sort();
    expect(names.length).toBeGreaterThan(1);
    await waitFor(async () => (await prometheus.query('up == 1')).length === names.length, {
      what: 'all targets are up',
      deadlineMs: 60_000,
    });
    const up = await prometheus.query('up');
    expect(up.map(({ metric }) => metric['instance']).sort()).toEqual(names);
    await waitFor(async () => (await prometheus.query('libvirt_up')).length === names.length, {
      what: 'every host says how it is',
      deadlineMs: 30_000,
    });
    for (const { metric } of await prometheus.query('libvirt_up')) {
      expect(metric['host']).toBe(metric['instance']);
      expect(metric).not.toHaveProperty('exported_host');
    }
    expect(await prometheus.query('vireo_scrapes_total')).toEqual([]);
  });

  it('does not start with a broken file, and says every problem', async () => {
    const webConfig = join(lab.directory, 'web.yml');
    await writeFile(webConfig, 'tls_server_config: { cert_file: no.pem }\nhttp_server_config: { http2: true }\n');
    const { process } = await launchExporter(lab, { flags: ['--demo', `--web.config.file=${webConfig}`] });
    await waitFor(() => process.hasExited, { what: 'the exporter gave up', deadlineMs: 60_000 });
    expect(process.output()).toContain('tls_server_config.key_file: is missing');
    expect(process.output()).toContain('http_server_config.http2: true is not allowed');
  });

  it('the example of the docs is one for Prometheus’s own tools, too', async () => {
    const page = readFileSync(join(repositoryRoot(), 'docs/web-configuration.md'), 'utf8');
    const example = /```yaml\n# web\.yml\n([^]*?)```/.exec(page)?.[1] ?? '';
    const authority = await makeAuthority(lab, 'example');
    const path = join(lab.directory, 'web.yml');
    const named = example
      .replace('vireo.pem', authority.server.certificate)
      .replace('vireo.key', authority.server.key)
      .replace('clients-ca.pem', authority.server.ca);
    await writeFile(path, named);
    expect(readWebConfig(path).problems).toEqual([]);
    const { stdout, stderr } = await execute('promtool', ['check', 'web-config', path]);
    expect(stdout + stderr).toContain('SUCCESS');
    await writeFile(path, named.replace('min_version', 'minimum'));
    await expect(execute('promtool', ['check', 'web-config', path])).rejects.toThrow();
  });
});
