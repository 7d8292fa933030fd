// SPDX-License-Identifier: Apache-2.0
// docs/dashboards.md: which dashboards there are, what is on them, and how to get them into a Grafana.

import { DASHBOARDS } from './dashboards.ts';
import { buildDashboard } from './frame.ts';
import { panelsOf } from './read-dashboard.ts';

const HEAD = `# Dashboards

<!-- Generated from dashboards/src/dashboards by npm run docs: do not edit. -->

Seven dashboards for Grafana 11 to 13, in the folder [dashboards/grafana](../dashboards/grafana). Take the files as they are:

- **By hand**: Dashboards > New > Import, one file after another.
- **Provisioned**: as [provisioning/grafana/dashboards/vireo.yml](../provisioning/grafana/dashboards/vireo.yml) does.

Choose the data source of Prometheus, and that of Loki if you have one: without it the annotations and the panels with log
lines stay empty, everything else works. Hosts and domains are chosen above the panels; a click on a host or domain in a
table opens its dashboard, and the menu Vireo leads from each to the others with time and choice kept. For a wall, add
\`?kiosk\` to the address of Fleet. The link App leads to the same host or domain in Vireo's Grafana app, where that is
installed.

The queries use \`$__rate_interval\`, so set the scrape interval in the data source of Prometheus ("Scrape interval"): 15s if
you scrape as README.md says. Vertical marks are states of domains, actions and lost hosts, from the log of Vireo; see
[logs.md](logs.md).

They cannot be edited in place; save a copy. They are generated: change dashboards/src and run \`npm run docs\`.

Where several Vireos watch the same hosts, ratios and tables of hosts are right all the same; sums over domains count each of
them. Give the data source of these dashboards one of them (a Prometheus that scrapes one, or a label filter in its settings).

They are what [dashboard-linter](https://github.com/grafana/dashboard-linter) wants, but for four of its rules that
\`dashboards/grafana/.lint\` leaves out, with the reason.

## Coming from inovex/prometheus-libvirt-exporter

The dashboard inovex publishes works with Vireo's metrics, but for two panels whose metrics have other names here: memory
in percent (computed, see [metrics.md](metrics.md)) and swap (\`_total\`).

## Which there are

`;

/** The text of docs/dashboards.md. */
export function buildDashboardsDoc(): string {
  const parts = DASHBOARDS.map((spec) => {
    const titles = new Set(panelsOf(buildDashboard(spec)).map(({ title }) => title ?? ''));
    return `### ${spec.title.replace('Vireo / ', '')}\n\n${spec.description} \`${spec.uid}\`\n\n${[...titles].join(' · ')}\n`;
  });
  return HEAD + parts.join('\n');
}
