// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { statistic } from '../metric.ts';
import { annotationsOf, runbookPath } from './alert.ts';
import { ALERT_CASES } from './alert-cases.ts';
import { ALERT_GROUPS } from './alerts.ts';
import { buildGrafanaRules, ruleUid } from './grafana-rules.ts';

const ROOT = join(__dirname, '../../..');
const ALERTS = ALERT_GROUPS.flatMap(({ alerts }) => alerts);
const NAMES = ALERTS.map(({ name }) => name);

describe('an alert', () => {
  it('has a name of its own, that also makes a uid Grafana takes', () => {
    expect(new Set(NAMES).size).toBe(NAMES.length);
    for (const name of NAMES) {
      expect(name).toMatch(/^(Libvirt|Vireo)[A-Z]/);
      expect(ruleUid(name)).toMatch(/^[a-z-]{1,40}$/);
    }
  });

  it('has cases that fire and that do not', () => {
    expect(ALERT_CASES.map((c) => c.alert)).toEqual(NAMES);
    for (const { quiet } of ALERT_CASES) expect(Object.keys(quiet)).not.toHaveLength(0);
  });

  it('has a runbook, and every runbook an alert', () => {
    const pages = readdirSync(join(ROOT, 'docs/runbooks'));
    expect(pages.sort()).toEqual(NAMES.map((name) => `${name}.md`).sort());
  });

  it.each(NAMES)('%s: its runbook says what it means, what to look at and what to do', (name) => {
    const page = readFileSync(join(ROOT, runbookPath(name)), 'utf8');
    expect(page.split('\n')[0]).toBe(`# ${name}`);
    expect(page.match(/^## .*$/gm)).toEqual(['## What it means', '## Look at', '## Do']);
    // Metrics it names exist.
    for (const [metric] of page.matchAll(/\b(libvirt|vireo)_[a-z_]+[a-z]\b/g)) {
      expect(() => statistic(metric)).not.toThrow();
    }
  });

  it.each(ALERTS)('$name: its templates use nothing but labels and value', (alert) => {
    const texts = Object.values(annotationsOf(alert)).join('\n');
    const inside = [...texts.matchAll(/\{\{(.*?)\}\}/g)].map(([, template]) => template);
    for (const template of inside) {
      expect(template).toMatch(/^ (\$labels\.\w+( \| urlquery)?|\$value \| humanize(Percentage|Duration)?) $/);
    }
  });
});

describe('a link', () => {
  it.each(ALERTS)('of $name is an address, of one Grafana and one place of runbooks', (alert) => {
    const links = { grafana: 'https://grafana.example', runbook: 'https://wiki.example/{name}.md' };
    const { runbook_url: runbook, dashboard_url: dashboard } = annotationsOf(alert, links);
    expect(runbook).toBe(`https://wiki.example/${alert.name}.md`);
    expect(dashboard).toMatch(new RegExp(`^https://grafana\\.example/d/${alert.dashboard.uid}(\\?var-.+)?$`));
    for (const value of Object.values(annotationsOf(alert)).filter((text) => /^\S+$/.test(text))) {
      expect(() => new URL(value)).not.toThrow();
    }
  });
});

describe('an expression', () => {
  it.each(ALERTS)('of $name keeps no label that tells one Vireo from another', ({ expr }) => {
    // Every selector stands in an aggregation, so instance and job are gone before anything is compared or joined.
    const bare = expr.replaceAll(/(?:max|min|sum) by \([^)]*\) \((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)/g, '');
    expect(bare.replace('absent(vireo_build_info)', '')).not.toMatch(/(libvirt|vireo)_/);
  });
});

describe('the form for Grafana', () => {
  interface Rule {
    readonly title: string;
    readonly condition: string;
    readonly data: readonly { readonly refId: string; readonly model: { readonly expr?: string } }[];
    readonly annotations: Readonly<Record<string, string>>;
  }

  const file = parse(buildGrafanaRules()) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] };
  const rules = file.groups.flatMap((group) => group.rules);

  it('has the same alerts with the same expressions', () => {
    expect(rules.map(({ title, data }) => [title, data[0]?.model.expr])).toEqual(
      ALERTS.map(({ name, expr }) => [name, expr]),
    );
  });

  it('has a condition among its queries, and values by the name of a query', () => {
    for (const { condition, data, annotations } of rules) {
      expect(data.map(({ refId }) => refId)).toContain(condition);
      expect(Object.values(annotations).join()).not.toContain('$value |');
    }
  });
});

describe('the name of a metric', () => {
  it('must be in the contract, and its labels too', () => {
    expect(() => statistic('libvirt_domain_info_cpu_seconds')).toThrow('the contract has no metric');
    expect(() => statistic('libvirt_domain_vcpu_current', { vcpu: '="0"' })).toThrow('has no label vcpu');
    expect(statistic('libvirt_domain_vcpu_current', { host: '="a"' })).toBe('libvirt_domain_vcpu_current{host="a"}');
  });
});
