// SPDX-License-Identifier: Apache-2.0
// OpenMetrics 1.0: its headers for the samples we encode, and the text of the client library rewritten into it. The
// library's registry itself is never asked for OpenMetrics: that renames its counters for good.

import type { MetricFamily, MetricType } from '../contract/metric-family.ts';
import { PROCESS_SECTION } from '../contract/metrics.ts';
import { escapeHelp } from './exposition.ts';

/** Content type of OpenMetrics 1.0. */
export const OPENMETRICS_CONTENT_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** The last line of a page. */
export const OPENMETRICS_END = '# EOF\n';

/**
 * A StateSet's label must be called like its family in OpenMetrics. Ours is called `state` in both formats: series that
 * change their labels with the format would break every query, so it is a gauge, as in text format 0.0.4.
 */
const TYPES: Record<MetricType, { readonly name: string; readonly suffix: string }> = {
  counter: { name: 'counter', suffix: '_total' },
  gauge: { name: 'gauge', suffix: '' },
  info: { name: 'info', suffix: '_info' },
  stateset: { name: 'gauge', suffix: '' },
};

/** The header lines of a family. Its name there lacks the `_total` or `_info` that its samples have. */
export function openMetricsHeader(family: MetricFamily): string {
  const { name: type, suffix } = TYPES[family.type];
  const name = withoutSuffix(family.name, suffix);
  const unit = family.unit === '' ? '' : `# UNIT ${name} ${family.unit}\n`;
  return `# HELP ${name} ${openMetricsHelp(family.help)}\n# TYPE ${name} ${type}\n${unit}`;
}

/** Here quotes are escaped too. */
function openMetricsHelp(help: string): string {
  return escapeHelp(help).replaceAll('"', '\\"');
}

function withoutSuffix(name: string, suffix: string): string {
  if (suffix === '') return name;
  if (!name.endsWith(suffix)) throw new RangeError(`metric family ${name} does not end in ${suffix}`);
  return name.slice(0, -suffix.length);
}

const PROCESS_FAMILIES: ReadonlyMap<string, MetricFamily> = new Map(
  PROCESS_SECTION.families.map((family) => [family.name, family]),
);

/** Rewrites what the client library says in text format 0.0.4. Expects HELP, TYPE and samples of a family in this order. */
export function toOpenMetrics(text: string): string {
  let help = '';
  let rewritten = '';
  for (const line of text.split('\n')) {
    if (line === '') continue;
    if (line.startsWith('# HELP ')) help = line.slice(line.indexOf(' ', '# HELP '.length) + 1);
    else if (line.startsWith('# TYPE ')) rewritten += headerOf(line, help);
    else rewritten += `${openMetricsSample(line)}\n`;
  }
  return rewritten;
}

function headerOf(typeLine: string, help: string): string {
  const [name = '', type = ''] = typeLine.slice('# TYPE '.length).split(' ');
  const family = PROCESS_FAMILIES.get(name);
  if (family !== undefined) return openMetricsHeader(family);
  const shown = type === 'counter' ? withoutSuffix(name, '_total') : name;
  return `# HELP ${shown} ${help.replaceAll('"', '\\"')}\n# TYPE ${shown} ${type}\n`;
}

/** Whole numbers among bucket bounds and quantiles have a fraction. Few lines have either, of thousands of a large fleet. */
function openMetricsSample(line: string): string {
  if (!line.includes('le="')) return line;
  return line.replace(/([{,](?:le|quantile)=")(-?\d+)"/, '$1$2.0"');
}
