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
summary, a description, the address of its runbook (\`runbook_url\`), and that of the dashboard which shows it
(\`dashboard_url\`). In the committed files these are addresses of this machine, as docker-compose.yml publishes them: Vireo
serves the runbooks itself, below \`/runbooks/\`. For people elsewhere write the files anew with your own:

\`\`\`sh
npm run -s rules -- --format=prometheus --grafana.url=https://grafana.example \\
  --runbook.url='https://vireo.example:9177/runbooks/{name}' > vireo-rules.yml
npm run -s rules -- --format=grafana --grafana.url=https://grafana.example \\
  --runbook.url='https://wiki.example/runbooks/{name}.md' > vireo-alerting.yml
\`\`\`

Thresholds are a beginning: copy a rule, change it, and drop the one here with a \`route\` or a silence.

Several Vireos may watch the same hosts, as long as they call them the same: an alert has only the labels it is about
(\`host\`, \`domain\`, a device), not \`instance\` and \`job\`, so one fault is one alert, and a host is lost when none of them
sees it. Hosts of one Prometheus must have different names.

## To an Alertmanager

[provisioning/alertmanager/alertmanager.yml](../provisioning/alertmanager/alertmanager.yml) is what docker-compose.yml runs:
one notification a host, \`critical\` again every hour, \`info\` never; what follows from a lost host (its domains' alerts) is
held back while LibvirtHostLost fires. It notifies nobody until you name somebody in it.

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
  return HEAD + tables.join('\n');
}

/** A template as people read it: `{{ $labels.host }}` is HOST. */
function plain(template: string): string {
  return template
    .replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => label.toUpperCase().replaceAll('_', ' '))
    .replaceAll(/\{\{ \$value.*?\}\}/g, 'N');
}
