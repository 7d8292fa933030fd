// SPDX-License-Identifier: Apache-2.0
// Debian's promtool judges the configurations of Prometheus and the rule file: its form, and for every alert series that make it fire and series that do not.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { annotationsOf } from '../../dashboards/src/alerts/alert.ts';
import { ALERT_CASES } from '../../dashboards/src/alerts/alert-cases.ts';
import type { AlertCase, Series } from '../../dashboards/src/alerts/alert-cases.ts';
import { ALERT_GROUPS } from '../../dashboards/src/alerts/alerts.ts';
import { repositoryRoot } from '../lab/lab.ts';

const RULES = join(repositoryRoot(), 'provisioning/prometheus/rules/vireo.yml');
const ALERTS = new Map(ALERT_GROUPS.flatMap(({ alerts }) => alerts.map((alert) => [alert.name, alert])));

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'vireo-rules-'));
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

function promtool(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

/** One test of promtool's file; `expected` is what fires at that time. */
function testCase(alert: string, interval: string, series: Series, at: string, expected: readonly object[]): object {
  return {
    interval,
    input_series: Object.entries(series).map(([selector, values]) => ({ series: selector, values })),
    alert_rule_test: [{ eval_time: at, alertname: alert, exp_alerts: expected }],
  };
}

/** What the templates come to; promtool renders them with Prometheus's own engine. */
function rendered(template: string, { labels, value }: AlertCase['fires']): string {
  return template
    .replaceAll(/\{\{ \$labels\.(\w+)(?: \| urlquery)? \}\}/g, (_, label: string) => labels[label] ?? `no ${label}`)
    .replaceAll(/\{\{ \$value .*?\}\}/g, value ?? 'no value');
}

function judge(interval: string, tests: readonly object[]): { status: number | null; output: string } {
  const file = join(directory, 'case.yml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ rule_files: [RULES], evaluation_interval: interval, tests }));
  return promtool('test', 'rules', file);
}

describe('the rule file', () => {
  it('passes promtool check rules, with every alert in it', () => {
    const { status, output } = promtool('check', 'rules', RULES);
    expect([status, output]).toEqual([0, expect.stringContaining(`SUCCESS: ${String(ALERTS.size)} rules found`)]);
  });

  it.each(['prometheus.yml', 'http-sd.yml'])('is named by %s, which passes promtool check config', (name) => {
    const { status, output } = promtool('check', 'config', join(RULES, '../..', name));
    expect([status, output]).toEqual([0, expect.stringContaining(`${String(ALERTS.size)} rules found`)]);
  });

  it.each(ALERT_CASES)('$alert fires when it should, with its texts, and is quiet when nothing is wrong', (given) => {
    const alert = ALERTS.get(given.alert);
    if (alert === undefined) throw new Error(`no alert ${given.alert}`);
    const annotations = Object.entries(annotationsOf(alert)).map(([key, text]) => [key, rendered(text, given.fires)]);
    const fired = {
      exp_labels: { severity: alert.severity, ...given.fires.labels },
      exp_annotations: Object.fromEntries(annotations) as object,
    };
    const interval = given.interval ?? '1m';
    const tests = [
      testCase(given.alert, interval, given.fires.series, given.fires.at, [fired]),
      ...Object.values(given.quiet).map(({ series, at }) => testCase(given.alert, interval, series, at, [])),
    ];
    expect(judge(interval, tests)).toEqual({ status: 0, output: expect.stringContaining('SUCCESS') as string });
  });

  it('is told from one that does not fire', () => {
    const silent = testCase('LibvirtHostLost', '1m', { 'libvirt_up{host="kvm1"}': '0x9' }, '5m', []);
    const { status, output } = judge('1m', [silent]);
    expect([status, output]).toEqual([1, expect.stringContaining('LibvirtHostLost')]);
  });
});
