// SPDX-License-Identifier: Apache-2.0
// Queries of panels: always against the data source the reader chose, always with an interval that fits the graph.

import * as loki from '@grafana/grafana-foundation-sdk/loki';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';

/** The Prometheus the reader chose. */
export const PROMETHEUS = { type: 'prometheus', uid: '${datasource}' };
/** The Loki the reader chose. */
export const LOKI = { type: 'loki', uid: '${loki}' };

/** One query of a panel: PromQL or LogQL, and how its series are called. */
export interface Query {
  readonly expr: string;
  /** With `{{label}}` in it. */
  readonly legend: string;
}

/** How a counter grows, over an interval of at least four scrapes. */
export function rate(series: string): string {
  return `rate(${series}[$__rate_interval])`;
}

/** By how much a counter grew. */
export function increase(series: string): string {
  return `increase(${series}[$__rate_interval])`;
}

/** The sum of something for each value of labels. */
export function sumBy(labels: string, expr: string): string {
  return `sum by (${labels}) (${expr})`;
}

/** The greatest of something for each value of labels: the same through every Vireo that watches it. */
export function maxBy(labels: string, expr: string): string {
  return `max by (${labels}) (${expr})`;
}

function refId(index: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + index);
}

/** As they go over time. */
export function rangeQueries(queries: readonly Query[]): prometheus.DataqueryBuilder[] {
  return queries.map(({ expr, legend }, index) =>
    new prometheus.DataqueryBuilder()
      .refId(refId(index))
      .datasource(PROMETHEUS)
      .expr(expr)
      .legendFormat(legend)
      .range(),
  );
}

/** As they are now. */
export function instantQueries(
  queries: readonly Query[],
  format = prometheus.PromQueryFormat.TimeSeries,
): prometheus.DataqueryBuilder[] {
  return queries.map(({ expr, legend }, index) =>
    new prometheus.DataqueryBuilder()
      .refId(refId(index))
      .datasource(PROMETHEUS)
      .expr(expr)
      .legendFormat(legend)
      .format(format)
      .instant(),
  );
}

/** Log lines, or numbers made of them. */
export function logQueries(queries: readonly Query[]): loki.DataqueryBuilder[] {
  return queries.map(({ expr, legend }, index) =>
    new loki.DataqueryBuilder().refId(refId(index)).datasource(LOKI).expr(expr).legendFormat(legend).queryType('range'),
  );
}
