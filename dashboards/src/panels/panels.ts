// SPDX-License-Identifier: Apache-2.0
// The kinds of panels of our dashboards. Each has a title, a description and a unit, for there is no way to leave them
// out.

import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as logs from '@grafana/grafana-foundation-sdk/logs';
import { PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as statetimeline from '@grafana/grafana-foundation-sdk/statetimeline';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import { instantQueries, LOKI, logQueries, PROMETHEUS, rangeQueries } from './queries.ts';
import type { Query } from './queries.ts';

/** A panel that is not placed yet. */
export interface Panel {
  readonly build: () => dashboard.Panel;
}

/** What every panel says. */
export interface PanelSpec {
  readonly title: string;
  readonly description: string;
  readonly queries: readonly Query[];
  /** Of the 24 columns. */
  readonly width: number;
  /** In rows of 30 pixels. */
  readonly height?: number;
}

/** A panel with numbers. */
export interface NumberSpec extends PanelSpec {
  /** Grafana's id: `bytes` and `Bps` count in 1024, `none` is for counts. */
  readonly unit: string;
  readonly min?: number;
  readonly max?: number;
}

function thresholds(
  steps: readonly { readonly from: number; readonly color: string }[],
): dashboard.ThresholdsConfigBuilder {
  const [base = { from: 0, color: 'green' }, ...others] = steps;
  return new dashboard.ThresholdsConfigBuilder()
    .mode(dashboard.ThresholdsMode.Absolute)
    .steps([{ value: null, color: base.color }, ...others.map(({ from, color }) => ({ value: from, color }))]);
}

/** Lines over time; `stacked` only for parts of a whole. */
export function timeSeries(spec: NumberSpec & { readonly stacked?: true; readonly fromLoki?: true }): Panel {
  const builder = new timeseries.PanelBuilder()
    .title(spec.title)
    .description(spec.description)
    .datasource(spec.fromLoki === true ? LOKI : PROMETHEUS)
    .targets(spec.fromLoki === true ? logQueries(spec.queries) : rangeQueries(spec.queries))
    .unit(spec.unit)
    .min(spec.min ?? 0)
    .span(spec.width)
    .height(spec.height ?? 8)
    .lineWidth(1)
    .fillOpacity(spec.stacked === true ? 40 : 8)
    .showPoints(common.VisibilityMode.Never)
    .colorScheme(new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.PaletteClassicByName))
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.Table)
        .placement(common.LegendPlacement.Bottom)
        .showLegend(true)
        .calcs(['lastNotNull', 'max']),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending),
    );
  if (spec.max !== undefined) builder.max(spec.max);
  if (spec.stacked === true) builder.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal));
  return builder;
}

/** One number in large type; red or yellow from a threshold on. */
export function bigNumber(
  spec: NumberSpec & {
    readonly steps?: readonly { readonly from: number; readonly color: string }[];
    readonly mapping?: dashboard.ValueMap;
    readonly text?: 'name';
  },
): Panel {
  const builder = new stat.PanelBuilder()
    .title(spec.title)
    .description(spec.description)
    .datasource(PROMETHEUS)
    .targets(instantQueries(spec.queries))
    .unit(spec.unit)
    .span(spec.width)
    .height(spec.height ?? 4)
    .graphMode(common.BigValueGraphMode.None)
    .colorMode(
      spec.steps === undefined && spec.mapping === undefined
        ? common.BigValueColorMode.None
        : common.BigValueColorMode.Value,
    )
    .textMode(spec.text === 'name' ? common.BigValueTextMode.Name : common.BigValueTextMode.Auto)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false))
    .thresholds(thresholds(spec.steps ?? [{ from: 0, color: 'text' }]));
  if (spec.mapping !== undefined) builder.mappings([spec.mapping]);
  return builder;
}

/** States over time, one bar for each series. */
export function stateTimeline(spec: PanelSpec & { readonly mapping: dashboard.ValueMap }): Panel {
  return new statetimeline.PanelBuilder()
    .title(spec.title)
    .description(spec.description)
    .datasource(PROMETHEUS)
    .targets(rangeQueries(spec.queries))
    .unit('none')
    .span(spec.width)
    .height(spec.height ?? 8)
    .mappings([spec.mapping])
    .mergeValues(true)
    .showValue(common.VisibilityMode.Auto)
    .rowHeight(0.8)
    .fillOpacity(80)
    .lineWidth(0)
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .showLegend(true),
    );
}

/** A column of a table: what Grafana calls it, what people do, and its unit. */
export interface Column {
  readonly field: string;
  readonly title: string;
  readonly unit?: string;
  /** Of a click on a cell; `${__data.fields.NAME}` are the labels of its row. */
  readonly link?: { readonly title: string; readonly url: string };
  readonly mapping?: dashboard.ValueMap;
}

/** Rows of labels and of the values of the queries, joined on their labels; only the columns named are shown. */
export function labelTable(spec: PanelSpec & { readonly columns: readonly Column[] }): Panel {
  const { columns } = spec;
  const builder = new table.PanelBuilder()
    .title(spec.title)
    .description(spec.description)
    .datasource(PROMETHEUS)
    .targets(instantQueries(spec.queries, PromQueryFormat.Table))
    .unit('none')
    .span(spec.width)
    .height(spec.height ?? 8)
    .cellHeight(common.TableCellHeight.Sm)
    .filterable(true)
    .noValue('none')
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({
      id: 'filterFieldsByName',
      options: { include: { names: columns.map(({ field }) => field) } },
    })
    .withTransformation({
      id: 'organize',
      options: {
        indexByName: Object.fromEntries(columns.map(({ field }, index) => [field, index])),
        renameByName: Object.fromEntries(columns.map(({ field, title }) => [field, title])),
      },
    });
  for (const { title, unit, link, mapping } of columns) {
    const properties: dashboard.DynamicConfigValue[] = [];
    if (unit !== undefined) properties.push({ id: 'unit', value: unit });
    if (mapping !== undefined) properties.push({ id: 'mappings', value: [mapping] });
    if (link !== undefined) properties.push({ id: 'links', value: [link] });
    if (properties.length > 0) builder.overrideByName(title, properties);
  }
  return builder;
}

/** Log lines, newest first. */
export function logLines(spec: PanelSpec): Panel {
  return new logs.PanelBuilder()
    .title(spec.title)
    .description(spec.description)
    .datasource(LOKI)
    .targets(logQueries(spec.queries))
    .unit('none')
    .span(spec.width)
    .height(spec.height ?? 12)
    .showTime(true)
    .wrapLogMessage(true)
    .enableLogDetails(true)
    .sortOrder(common.LogsSortOrder.Descending)
    .dedupStrategy(common.LogsDedupStrategy.None);
}
