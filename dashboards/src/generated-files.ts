// SPDX-License-Identifier: Apache-2.0
// Every file of the repository that this workspace writes, by its path from the root.

import { buildAlertsDoc } from './alerts/alerts-doc.ts';
import { buildGrafanaRules } from './alerts/grafana-rules.ts';
import { buildPrometheusRules } from './alerts/prometheus-rules.ts';
import { DASHBOARDS } from './dashboards/dashboards.ts';
import { buildDashboardsDoc } from './dashboards/dashboards-doc.ts';
import { buildDashboard } from './dashboards/frame.ts';
import { buildLintFile } from './dashboards/lint-exclusions.ts';

/** Builds the text of each file. */
export function buildFiles(): ReadonlyMap<string, string> {
  return new Map([
    ['provisioning/prometheus/rules/vireo.yml', buildPrometheusRules()],
    ['provisioning/grafana/alerting/vireo.yml', buildGrafanaRules()],
    ['docs/alerts.md', buildAlertsDoc()],
    ['docs/dashboards.md', buildDashboardsDoc()],
    ['dashboards/grafana/.lint', buildLintFile()],
    ...DASHBOARDS.map((spec): [string, string] => [
      `dashboards/grafana/${spec.uid}.json`,
      `${JSON.stringify(buildDashboard(spec), undefined, 2)}\n`,
    ]),
  ]);
}
