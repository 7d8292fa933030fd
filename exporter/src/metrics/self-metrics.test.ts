// SPDX-License-Identifier: Apache-2.0
import { PROCESS_SECTION } from '../contract/metrics.ts';
import { SelfMetrics } from './self-metrics.ts';
import { parsePage, valueOf } from './testdata/parse-page.ts';

describe('SelfMetrics', () => {
  let metrics: SelfMetrics;
  beforeEach(() => {
    metrics = new SelfMetrics({ version: '1.2.3', defaultMetrics: false });
  });
  afterEach(() => {
    metrics.close();
  });

  it('has every process family of the contract and no other, with its help and labels', async () => {
    metrics.observeCall({ host: 'kvm1', procedure: 'DOMAIN_GET_STATE', outcome: 'ok', durationMs: 2 });
    metrics.observeReconnect('kvm1');
    metrics.observeUndecodableEvent('kvm1');
    metrics.observeAction({ action: 'start', result: 'succeeded' });
    metrics.observeHostCertificates('kvm1', [{ certificate: 'daemon', notAfter: 0 }]);
    metrics.observeWebCertificates([{ certificate: 'server', notAfter: 0 }]);
    for (const event of ['console.ticket.issued', 'console.refused', 'console.closed']) {
      metrics.observeConsole({ event, mode: 'view', kind: 'vnc', reason: 'origin', end: 'left', bytesToClient: 5 }, 1);
    }
    metrics.observeScrape({ encoding: 'gzip', durationMs: 3, bytes: 1000 });
    const text = await metrics.render();
    const samples = parsePage(text);
    expect(new Set(samples.map(({ name }) => name))).toEqual(new Set(PROCESS_SECTION.families.map(({ name }) => name)));
    for (const { name, help, labels } of PROCESS_SECTION.families) {
      expect(text).toContain(`# HELP ${name} ${help}\n`);
      const sample = samples.find((candidate) => candidate.name === name);
      expect(Object.keys(sample?.labels ?? {}).sort()).toEqual([...labels].sort());
    }
  });

  it('counts calls by host, procedure and outcome, and their time in seconds', async () => {
    metrics.observeCall({ host: 'kvm1', procedure: 'A', outcome: 'ok', durationMs: 1500 });
    metrics.observeCall({ host: 'kvm1', procedure: 'A', outcome: 'timeout', durationMs: 500 });
    metrics.observeCall({ host: 'kvm2', procedure: 'A', outcome: 'ok', durationMs: 1 });
    const text = await metrics.render();
    expect(valueOf(text, 'vireo_rpc_calls_total', { host: 'kvm1', outcome: 'ok' })).toBe(1);
    expect(valueOf(text, 'vireo_rpc_calls_total', { host: 'kvm1', outcome: 'timeout' })).toBe(1);
    expect(valueOf(text, 'vireo_rpc_call_seconds_total', { host: 'kvm1' })).toBe(2);
  });

  it('keeps the calls of a host with a strange name apart, and their families under their headers', async () => {
    const host = 'a "host" \\ of\nmine';
    metrics.observeCall({ host, procedure: 'A', outcome: 'ok', durationMs: 1500 });
    metrics.observeCall({ host: 'kvm2', procedure: 'A', outcome: 'ok', durationMs: -1 });
    const text = await metrics.render();
    expect(valueOf(text, 'vireo_rpc_calls_total', { host })).toBe(1);
    expect(valueOf(text, 'vireo_rpc_call_seconds_total', { host: 'kvm2' })).toBe(0);
    expect(/^# TYPE vireo_rpc_calls_total counter\n(?:vireo_rpc_calls_total\{.*\n){2}#/mu.exec(text)).not.toBeNull();
  });

  it('counts reconnects from a series that is there before the first', async () => {
    metrics.addHost('kvm1');
    expect(valueOf(await metrics.render(), 'vireo_host_reconnects_total')).toBe(0);
    metrics.observeReconnect('kvm1');
    expect(valueOf(await metrics.render(), 'vireo_host_reconnects_total')).toBe(1);
  });

  it('counts events that do not decode from a series that is there before the first', async () => {
    metrics.addHost('kvm1');
    expect(valueOf(await metrics.render(), 'vireo_host_undecodable_events_total')).toBe(0);
    metrics.observeUndecodableEvent('kvm1');
    expect(valueOf(await metrics.render(), 'vireo_host_undecodable_events_total')).toBe(1);
    await metrics.removeHost('kvm1');
    expect(await metrics.render()).not.toContain('vireo_host_undecodable_events_total{');
  });

  it('counts consoles: tickets by mode, refusals by reason, ends by kind and way, bytes both ways', async () => {
    metrics.observeConsole({ event: 'console.ticket.issued', mode: 'control', kind: 'vnc' }, 0);
    metrics.observeConsole({ event: 'console.opened', mode: 'control', kind: 'vnc' }, 1);
    metrics.observeConsole({ event: 'console.refused', reason: 'ticket-used' }, 1);
    const end = { event: 'console.closed', kind: 'vnc', end: 'time-up', bytesToClient: 7, bytesFromClient: 3 };
    metrics.observeConsole(end, 0);
    const text = await metrics.render();
    expect(valueOf(text, 'vireo_console_sessions')).toBe(0);
    expect(valueOf(text, 'vireo_console_tickets_total', { mode: 'control' })).toBe(1);
    expect(valueOf(text, 'vireo_console_rejections_total', { reason: 'ticket-used' })).toBe(1);
    expect(valueOf(text, 'vireo_console_ends_total', { kind: 'vnc', end: 'time-up' })).toBe(1);
    expect(valueOf(text, 'vireo_console_bytes_total', { direction: 'to_client' })).toBe(7);
    expect(valueOf(text, 'vireo_console_bytes_total', { direction: 'from_client' })).toBe(3);
  });

  it('has every reason for a refusal before the first, and counts', async () => {
    expect(valueOf(await metrics.render(), 'vireo_auth_refusals_total', { method: 'password', reason: 'wrong' })).toBe(
      0,
    );
    metrics.observeRefusal({ method: 'password', reason: 'wrong' });
    metrics.observeRefusal({ method: 'token', reason: 'unknown' });
    const text = await metrics.render();
    expect(valueOf(text, 'vireo_auth_refusals_total', { method: 'password', reason: 'wrong' })).toBe(1);
    expect(valueOf(text, 'vireo_auth_refusals_total', { method: 'token', reason: 'unknown' })).toBe(1);
    expect(valueOf(text, 'vireo_auth_refusals_total', { method: 'token', reason: 'missing' })).toBe(0);
  });

  it('says when certificates expire in seconds, of ours only those there are now', async () => {
    const expiry = 'vireo_web_certificate_expiry_timestamp_seconds';
    expect(valueOf(await metrics.render(), expiry)).toBeUndefined();
    metrics.observeWebCertificates([
      { certificate: 'server', notAfter: 5_000 },
      { certificate: 'client_authority', notAfter: 6_000 },
    ]);
    metrics.observeWebCertificates([{ certificate: 'server', notAfter: 7_000 }]);
    metrics.observeHostCertificates('kvm1', [{ certificate: 'daemon', notAfter: 8_000 }]);
    const text = await metrics.render();
    expect(valueOf(text, expiry)).toBe(7);
    const host = { host: 'kvm1', certificate: 'daemon' };
    expect(valueOf(text, 'vireo_host_certificate_expiry_timestamp_seconds', host)).toBe(8);
  });

  it('forgets a host that was removed, and only that one', async () => {
    for (const host of ['kvm1', 'kvm2']) {
      metrics.addHost(host);
      metrics.observeHostCertificates(host, [{ certificate: 'daemon', notAfter: 1 }]);
      metrics.observeCall({ host, procedure: 'A', outcome: 'ok', durationMs: 1 });
      metrics.observeCall({ host, procedure: 'B', outcome: 'error', durationMs: 1 });
    }
    await metrics.removeHost('kvm1');
    const hosts = parsePage(await metrics.render()).flatMap(({ labels }) => labels['host'] ?? []);
    expect(hosts).toHaveLength(7);
    expect(new Set(hosts)).toEqual(new Set(['kvm2']));
  });

  it('makes its text between scrapes, at least once a second', async () => {
    const before = await metrics.text();
    metrics.addHost('kvm1');
    expect(await metrics.text()).toBe(before);
    await waitUntil(async () => (await metrics.text()) !== before);
    expect(valueOf(await metrics.text(), 'vireo_host_reconnects_total', { host: 'kvm1' })).toBe(0);
  });

  it('measures how late the event loop is, without the timer’s own interval', async () => {
    const until = performance.now() + 150;
    // The measurement's timer has to have run once before and once after the block.
    await new Promise((resolve) => setTimeout(resolve, 50));
    while (performance.now() < until + 50);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const text = await metrics.render();
    const worst = valueOf(text, 'vireo_event_loop_lag_seconds', { statistic: 'max' }) ?? 0;
    expect(worst).toBeGreaterThan(0.08);
    expect(worst).toBeLessThan(5);
    expect(valueOf(text, 'vireo_event_loop_lag_seconds', { statistic: 'p50' })).toBeLessThan(worst);
  });

  it('adds the usual process families when asked, without the gauges named _total and without percentiles of all its life', async () => {
    const withDefaults = new SelfMetrics({ version: '1.2.3' });
    try {
      const text = await withDefaults.render();
      expect(text).toContain('process_resident_memory_bytes');
      expect(text).not.toContain('nodejs_eventloop_lag');
      expect(text).not.toMatch(/# TYPE \w+_total gauge/);
      expect(text).not.toMatch(/ (nan|[+-]?inf(inity)?)$/im);
    } finally {
      withDefaults.close();
    }
  });
});

async function waitUntil(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('not within five seconds');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
