// SPDX-License-Identifier: Apache-2.0
// Debian's promtool and amtool judge the configurations of Prometheus and Alertmanager and the rule file: its form, and for every alert series that make it fire and series that do not.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
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

describe('npm run rules', () => {
  const print = (...flags: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, [join(repositoryRoot(), 'dashboards/dist/print-rules.js'), ...flags], {
      encoding: 'utf8',
    });

  it('prints the committed file when nothing else is asked for', () => {
    expect(print()).toMatchObject({ status: 0, stdout: readFileSync(RULES, 'utf8') });
  });

  it('puts in the addresses of a Grafana and of runbooks, for both forms', () => {
    for (const format of ['prometheus', 'grafana']) {
      const { status, stdout } = print(
        `--format=${format}`,
        '--grafana.url=https://grafana.example/vm/',
        '--runbook.url=https://wiki.example/{name}.md',
      );
      expect(status).toBe(0);
      expect(stdout).toContain('https://grafana.example/vm/d/vireo-host?var-host=');
      expect(stdout).toContain('https://wiki.example/LibvirtHostLost.md');
      expect(stdout).not.toContain('127.0.0.1');
      if (format === 'grafana') continue;
      const file = join(directory, 'own.yml');
      writeFileSync(file, stdout);
      expect(promtool('check', 'rules', file).status).toBe(0);
    }
  });

  it.each([
    ['--grafana.url=grafana.example', 'must begin with https://'],
    ['--runbook.url=https://wiki.example/', 'must have {name}'],
    ['--format=thanos', '--format=thanos is not allowed'],
    ['--grafana', 'usage:'],
  ])('refuses %s and says why', (flag, why) => {
    expect(print(flag)).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining(why) as string });
  });
});

describe('the configuration of Alertmanager', () => {
  it('passes amtool check-config, and names alerts that there are', () => {
    const file = join(RULES, '../../../alertmanager/alertmanager.yml');
    const { status, stdout, stderr } = spawnSync('amtool', ['check-config', file], { encoding: 'utf8' });
    expect([status, stdout + stderr]).toEqual([0, expect.stringContaining('SUCCESS')]);
    const { inhibit_rules: inhibitions } = parse(readFileSync(file, 'utf8')) as {
      readonly inhibit_rules: readonly {
        readonly source_matchers: readonly string[];
        readonly target_matchers: readonly string[];
      }[];
    };
    for (const { source_matchers: sources, target_matchers: targets } of inhibitions) {
      for (const matcher of [...sources, ...targets]) {
        const [, pattern = 'none'] = /^alertname=~?"(.+)"$/.exec(matcher) ?? [];
        // Every alternative, groups multiplied out, is some alert.
        const [, before = '', inside = '', after = ''] = /^(\w*)\(([^)]*)\)(.*)$/.exec(pattern) ?? [
          '',
          '',
          pattern,
          '',
        ];
        const alternatives =
          before === ''
            ? inside.split('|')
            : [
                ...inside.split('|').map((part) => `${before}${part}${after.split('|')[0] ?? ''}`),
                ...after.split('|').slice(1),
              ];
        for (const alternative of alternatives) {
          const anchored = new RegExp(`^(?:${alternative})$`);
          expect([alternative, [...ALERTS.keys()].some((name) => anchored.test(name))]).toEqual([alternative, true]);
        }
      }
    }
  });
});

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

  it.each(ALERT_CASES)('$alert is one alert when two Vireos see the same, and none when all is well', (given) => {
    const interval = given.interval ?? '1m';
    const firing = `count(ALERTS{alertname="${given.alert}",alertstate="firing"})`;
    const both = (series: Series): Series =>
      Object.fromEntries(
        ['a:9177', 'b:9177'].flatMap((instance) =>
          Object.entries(series).map(([selector, values]) => [
            selector.replace(/(,instance="a")?\}$/, `,instance="${instance}",job="vireo"}`),
            values,
          ]),
        ),
      );
    const counted = (series: Series, at: string, alerts: readonly object[]): object => ({
      ...testCase(given.alert, interval, both(series), at, []),
      alert_rule_test: [],
      promql_expr_test: [{ expr: firing, eval_time: at, exp_samples: alerts }],
    });
    const tests = [
      counted(given.fires.series, given.fires.at, [{ labels: '{}', value: 1 }]),
      ...Object.values(given.quiet).map(({ series, at }) => counted(series, at, [])),
    ];
    expect(judge(interval, tests)).toEqual({ status: 0, output: expect.stringContaining('SUCCESS') as string });
  });

  it('is told from one that does not fire', () => {
    const silent = testCase('LibvirtHostLost', '1m', { 'libvirt_up{host="kvm1"}': '0x9' }, '5m', []);
    const { status, output } = judge('1m', [silent]);
    expect([status, output]).toEqual([1, expect.stringContaining('LibvirtHostLost')]);
  });
});
