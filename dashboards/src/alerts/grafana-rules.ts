// SPDX-License-Identifier: Apache-2.0
// The alerts as a provisioning file of Grafana's own alerting, for those who have no Alertmanager.

import { stringify } from 'yaml';
import { annotationsOf } from './alert.ts';
import type { Alert, LinkBases } from './alert.ts';
import { ALERT_GROUPS } from './alerts.ts';
import { PROMETHEUS_UID } from '../data-sources.ts';

/** Grafana's pseudo data source for expressions. */
const EXPRESSIONS = { type: '__expr__', uid: '__expr__' };

/** The uid of a rule: its name with dashes, at most 40 characters. */
export function ruleUid(name: string): string {
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
}

/** Grafana's `$value` is a text about all queries; the number of the query itself is elsewhere. */
function grafanaTemplate(template: string): string {
  return template.replaceAll('$value', '$values.A.Value');
}

/**
 * A: the expression of Prometheus, which gives series only for what is wrong. B: 1 for each of them, whatever its
 * value, for 0 is a fault too (libvirt_up). C: the condition.
 */
function ruleOf(alert: Alert, links: LinkBases | undefined): object {
  const annotations = Object.entries(annotationsOf(alert, links)).map(([key, text]) => [key, grafanaTemplate(text)]);
  return {
    uid: ruleUid(alert.name),
    title: alert.name,
    condition: 'C',
    data: [
      {
        refId: 'A',
        relativeTimeRange: { from: 600, to: 0 },
        datasourceUid: PROMETHEUS_UID,
        model: { refId: 'A', expr: alert.expr, instant: true, range: false },
      },
      {
        refId: 'B',
        datasourceUid: EXPRESSIONS.uid,
        model: {
          refId: 'B',
          datasource: EXPRESSIONS,
          type: 'math',
          expression: 'is_number($A) || is_nan($A) || is_inf($A)',
        },
      },
      {
        refId: 'C',
        datasourceUid: EXPRESSIONS.uid,
        model: {
          refId: 'C',
          datasource: EXPRESSIONS,
          type: 'threshold',
          expression: 'B',
          conditions: [{ evaluator: { type: 'gt', params: [0] } }],
        },
      },
    ],
    noDataState: 'OK',
    execErrState: 'Error',
    for: alert.for,
    labels: { severity: alert.severity },
    annotations: Object.fromEntries(annotations) as object,
  };
}

/** The text of provisioning/grafana/alerting/vireo.yml. */
export function buildGrafanaRules(links?: LinkBases): string {
  const groups = ALERT_GROUPS.map(({ name, alerts }) => ({
    orgId: 1,
    name,
    folder: 'Vireo',
    interval: '1m',
    rules: alerts.map((alert) => ruleOf(alert, links)),
  }));
  // Grafana takes annotations and models of rules as they are: `$` needs no escape here, unlike in other provisioning.
  const text = stringify({ apiVersion: 1, groups }, { lineWidth: 0, aliasDuplicateObjects: false });
  return `# Generated from dashboards/src/alerts by npm run docs: do not edit.\n${text}`;
}
