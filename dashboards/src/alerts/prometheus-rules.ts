// SPDX-License-Identifier: Apache-2.0
// The alerts as a rule file of Prometheus.

import { stringify } from 'yaml';
import { annotationsOf } from './alert.ts';
import type { LinkBases } from './alert.ts';
import { ALERT_GROUPS } from './alerts.ts';

/** The text of provisioning/prometheus/rules/vireo.yml. */
export function buildPrometheusRules(links?: LinkBases): string {
  const groups = ALERT_GROUPS.map(({ name, alerts }) => ({
    name,
    rules: alerts.map((alert) => ({
      alert: alert.name,
      expr: alert.expr,
      for: alert.for,
      labels: { severity: alert.severity },
      annotations: annotationsOf(alert, links),
    })),
  }));
  return `# Generated from dashboards/src/alerts by npm run docs: do not edit.\n${stringify({ groups }, { lineWidth: 0 })}`;
}
