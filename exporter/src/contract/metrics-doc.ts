// SPDX-License-Identifier: Apache-2.0
// Writes docs/metrics.md from the tables. test/drift/metrics.test.ts keeps the page and the tables together.

import { GROUPS } from './groups.ts';
import { INOVEX_RENAMES } from './inovex-renames.ts';
import { KUMINA_RENAMES, TINKOFF_RENAMES } from './peer-renames.ts';
import type { PeerRename } from './peer-renames.ts';
import { PROCESS_SECTION, SNAPSHOT_SECTIONS } from './metrics.ts';
import type { MetricSection } from './metrics.ts';
import { statisticText } from './metric-family.ts';
import type { MetricFamily, PeerNames } from './metric-family.ts';

const HEAD = `<!-- Generated from exporter/src/contract by \`npm run docs\`; do not edit. -->
<!-- prettier-ignore-start -->

# Metrics

Every family \`/metrics\` exposes. The rules:

- **Absent, never zero.** What libvirt does not say makes no series. A counter that is gone is unknown, not reset.
- **Value series carry \`host\`, \`domain\` and the device, nothing that changes.** Facts (uuid, paths, bridges, metadata)
  are labels of the \`_info\` series, always 1. Join them:
  \`rate(libvirt_domain_info_cpu_time_seconds_total[1m]) * on (host, domain) group_left (uuid) libvirt_domain_info\`.
- **States are StateSets**: one series per state, exactly one of them 1. A state newer than this Vireo appears as
  \`unknown-N\`.
- **Base units**: seconds, bytes, ratios. Booleans are 0 or 1. NaN and infinity are never exposed.
- **A lost host** keeps its last values for a few polls, then only \`libvirt_up\` 0 and the \`vireo_*\` families; watch
  \`vireo_poll_last_success_timestamp_seconds\`.
- **Names are unique.** A device without a name, or with the name of another one of the same domain, falls back to its
  alias, then its MAC address; if that fails too it is left out and counted in \`vireo_host_unlabelled_objects\`.
- Counters of a domain start again at 0 when the domain starts again; \`rate()\` knows.
- **Both formats say the same.** A client that asks for OpenMetrics 1.0, as Prometheus does, gets it: counters and infos
  lose \`_total\` and \`_info\` in their headers (not in their samples), units are told, StateSets are gauges (OpenMetrics
  wants the family's name as the label's, and a label that changed with the format would break every query).
- **Parts of the page**: \`/metrics?collect[]=block&collect[]=vcpu\` gives only the families of these groups,
  \`exclude[]\` all others; \`libvirt_up\` is always there. \`/metrics?host=NAME\` and \`/probe?target=NAME\` give one host.
- \`nodejs_*\` and \`process_*\` are the usual families of Node.js's Prometheus client; like those of group \`vireo\`
  about the process they are at most a second old. \`vireo_event_loop_lag_seconds\` takes the place of its event-loop lag.
`;

/** A cell: pipes and line ends would break the table. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function code(text: string): string {
  return `\`${text}\``;
}

function row(...cells: readonly string[]): string {
  return `| ${cells.map(cell).join(' | ')} |\n`;
}

function peersText(peers: PeerNames): string {
  const parts: string[] = [];
  if (peers.inovex !== undefined) parts.push(`inovex: ${peers.inovex}`);
  if (peers.tinkoff !== undefined) parts.push(`Tinkoff: ${peers.tinkoff}`);
  return parts.join('; ');
}

function sourceText({ source }: MetricFamily): string {
  return source.kind === 'statistic' ? statisticText(source.group, source.field, source.scale) : source.from;
}

/** The help sentence without the source in parentheses, which has a column of its own. */
function meaning(family: MetricFamily): string {
  return family.help.replace(` (${sourceText(family)})`, '');
}

function sectionText({ title, group, families }: MetricSection): string {
  let text = `\n## ${title}\n\nGroup ${code(group)}.\n\n`;
  text += row('Name', 'Type', 'Labels', 'Unit', 'Meaning', 'Source', 'Elsewhere');
  text += row(...Array.from({ length: 7 }, () => '---'));
  for (const family of families) {
    text += row(
      code(family.name),
      family.type,
      family.labels.map(code).join(' '),
      family.unit,
      meaning(family),
      sourceText(family),
      peersText(family.peers),
    );
  }
  return text;
}

function renamesText(): string {
  let text = '\n## If you come from inovex/prometheus-libvirt-exporter\n\n';
  text += 'Its correct names are kept, each with one more label, `host`. These differ:\n\n';
  text += row('There', 'Here', 'Why');
  text += row('---', '---', '---');
  for (const { inovex, here, why } of INOVEX_RENAMES) text += row(code(inovex), code(here), why);
  return text;
}

function groupsText(): string {
  let text = '\n## Groups\n\n';
  text += 'Off means not asked for and not shown; the key `groups`, `--groups.on` and `--groups.off` decide.\n\n';
  text += row('Group', 'Default', 'What it shows', 'What it costs');
  text += row(...Array.from({ length: 4 }, () => '---'));
  for (const { name, on, what, cost } of GROUPS) text += row(code(name), on ? 'on' : 'off', what, cost);
  return text;
}

const OVERCOMMIT = `
## Overcommit

How much of a host its running domains were promised, as a ratio:

- CPUs: \`libvirt_host_allocated_vcpus{state="active"} / on (host) libvirt_host_cpus\`
- memory: \`libvirt_host_allocated_memory_bytes{state="active"} / on (host) libvirt_host_memory_total_bytes\`

Over all domains: \`sum by (host) (libvirt_host_allocated_vcpus)\` in place of the first part. Domains that a filter
leaves out are not counted.
`;

const NOT_HERE = `
## What is not here, and why

- **Node devices, PCI**: what a host has is for node_exporter; what a domain was given of it is in its XML, in the API.
- **Load of the daemon's workers and clients**: only its admin socket tells, for root on the same machine alone.
- **When a domain began that ran before Vireo did**: nothing libvirt answers has it: statistics, XML, guest agent, nor
  GET_CONTROL_INFO, which tells since when the present call holds the monitor. \`libvirt_domain_start_timestamp_seconds\`
  is there for those that Vireo saw begin; \`changes(libvirt_domain_start_timestamp_seconds[1d])\` are restarts.
- **Events of each domain as series**: some sixty kinds for each domain, most of them never. The log has every event with
  its domain, \`/api/v1/events\` too.
- **Latency histograms and interval statistics of disks** (libvirt 11.10 and 12.1, where the XML of a disk asks for them):
  QEMU's own bins, without the sum that a histogram of Prometheus has. The mean is
  \`rate(libvirt_domain_block_stats_read_time_seconds_total[5m]) / rate(libvirt_domain_block_stats_read_requests_total[5m])\`.
- **Limits of a disk's backend** (\`block.N.limits\`, libvirt 11.10): alignments and sizes that do not change while a
  domain runs.
`;

function peerRenamesText(peer: string, renames: readonly PeerRename[]): string {
  let text = `\n## If you come from ${peer}\n\n`;
  text += 'Names that are not here are the same, each with one more label, `host`.\n\n';
  text += row('There', 'Here', 'Why');
  text += row('---', '---', '---');
  for (const { there, here, why } of renames) text += row(code(there), here === undefined ? 'gone' : code(here), why);
  return text;
}

/** The whole of docs/metrics.md. */
export function buildMetricsDoc(): string {
  const sections = [...SNAPSHOT_SECTIONS, PROCESS_SECTION];
  const tables = sections.map(sectionText).join('');
  const others =
    peerRenamesText('Tinkoff/libvirt-exporter', TINKOFF_RENAMES) +
    peerRenamesText('kumina/libvirt_exporter, Debian’s prometheus-libvirt-exporter', KUMINA_RENAMES);
  return `${HEAD}${groupsText()}${tables}${OVERCOMMIT}${NOT_HERE}${renamesText()}${others}\n<!-- prettier-ignore-end -->\n`;
}
