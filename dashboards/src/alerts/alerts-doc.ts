// SPDX-License-Identifier: Apache-2.0
// docs/alerts.md: what every alert is about, how to take the files, and what they do not cover.

import { runbookPath } from './alert.ts';
import { ALERT_GROUPS } from './alerts.ts';

const HEAD = `# Alerts

<!-- Generated from dashboards/src/alerts by npm run docs: do not edit. -->

One list of alerts in two forms; take one of them, not both.

- **Prometheus**: [provisioning/prometheus/rules/vireo.yml](../provisioning/prometheus/rules/vireo.yml). Name it under
  \`rule_files\` of your Prometheus and send what fires to an Alertmanager.
- **Grafana alerting**: [provisioning/grafana/alerting/vireo.yml](../provisioning/grafana/alerting/vireo.yml), for
  \`provisioning/alerting\` of a Grafana whose data source for Prometheus has the uid \`vireo-prometheus\`.

Severities: \`critical\` is worth waking somebody, \`warning\` is for working hours, \`info\` is for a list. Every alert has a
summary, a description, the path of its runbook (\`runbook_url\`), and the path of the dashboard that shows it
(\`dashboard\`). Both are paths, for nobody knows the address of your wiki and of your Grafana; to make them addresses:

\`\`\`sh
sed -e 's#runbook_url: #&https://wiki.example/#' -e 's#dashboard: #&https://grafana.example#' \\
  provisioning/prometheus/rules/vireo.yml
\`\`\`

Thresholds are a beginning: copy a rule, change it, and drop the one here with a \`route\` or a silence.

`;

const TAIL = `
## What has no alert

- Failed logins: they are lines \`auth.denied\` in the log, and no metric counts them. With Loki, in Grafana:
  \`sum(count_over_time({service_name="vireo", event="auth.denied"}[5m])) > 10\`.
- Certificates about to expire: Vireo has no metric of them. blackbox_exporter's \`probe_ssl_earliest_cert_expiry\`, pointed
  at the port of the daemon or of Vireo, has.
`;

/** The text of docs/alerts.md. */
export function buildAlertsDoc(): string {
  const tables = ALERT_GROUPS.map(({ name, alerts }) => {
    const rows = alerts.map(
      (alert) =>
        `| [${alert.name}](${runbookPath(alert.name).replace('docs/', '')}) | ${alert.severity} | ${alert.for} | ${plain(alert.description)} |`,
    );
    return `## ${name}\n\n| alert | severity | after | what it says |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
  });
  return HEAD + tables.join('\n') + TAIL;
}

/** A template as people read it: `{{ $labels.host }}` is HOST. */
function plain(template: string): string {
  return template
    .replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => label.toUpperCase().replaceAll('_', ' '))
    .replaceAll(/\{\{ \$value.*?\}\}/g, 'N');
}
