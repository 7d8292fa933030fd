// SPDX-License-Identifier: Apache-2.0
// Panels in place of Grafana's own, which no package has: they draw and print what they are given and nothing else. And
// the nested panels of the plugin, the real ones.
import {
  FieldType,
  PanelPlugin,
  PluginType,
  dateTimeFormatISO,
  formattedValueToString,
  getFieldDisplayName,
  standardEditorsRegistry,
  standardFieldConfigEditorRegistry,
  standardTransformers,
  standardTransformersRegistry,
} from '@grafana/data';
import type { DataFrame, Field, FieldConfigPropertyItem, PanelPluginMeta, PanelProps } from '@grafana/data';
import { useTheme2 } from '@grafana/ui';
import type { ReactElement } from 'react';
import { bootData } from './boot-data.ts';
import { importPlugin } from './shared-modules.ts';

const STANDARD_OPTIONS = [
  'color',
  'decimals',
  'displayName',
  'links',
  'mappings',
  'max',
  'min',
  'noValue',
  'thresholds',
  'unit',
];

/** What panels let their options be edited with. */
const OPTION_EDITORS = ['boolean', 'multi-select', 'number', 'radio', 'select', 'text'];

/** Some of them have two names. */
// eslint-disable-next-line @typescript-eslint/no-deprecated -- the registry that replaces it is filled from it
const TRANSFORMERS = [...new Map(Object.values(standardTransformers).map((one) => [one.id, one])).values()];

/**
 * Tells @grafana/data what fields and options can be configured with, and its own transformations; Grafana does so when
 * it starts.
 */
export function registerStandards(): void {
  standardEditorsRegistry.setInit(() => OPTION_EDITORS.map((id) => ({ id, name: id, editor: () => null })));
  standardFieldConfigEditorRegistry.setInit(() =>
    STANDARD_OPTIONS.map((id): FieldConfigPropertyItem => ({
      id,
      path: id,
      name: id,
      editor: () => null,
      override: () => null,
      process: (value: unknown) => value,
      shouldApply: () => true,
    })),
  );
  standardTransformersRegistry.setInit(() =>
    TRANSFORMERS.map((transformer) => ({
      id: transformer.id,
      name: transformer.name,
      transformation: () => Promise.resolve(transformer),
      editor: () => null,
      imageDark: '',
      imageLight: '',
    })),
  );
}

/** Rows a table shows. */
const ROWS_MAX = 100;

interface Line {
  readonly name: string;
  readonly field: Field<number>;
  readonly points: readonly (readonly [number, number])[];
}

function linesOf(frames: readonly DataFrame[]): Line[] {
  return frames.flatMap((frame) => {
    const times = frame.fields.find(({ type }) => type === FieldType.time)?.values as number[] | undefined;
    return frame.fields
      .filter(({ type }) => type === FieldType.number)
      .map((field: Field<number | null>) => ({
        name: getFieldDisplayName(field, frame, [...frames]),
        field: field as Field<number>,
        points: field.values.flatMap((value, index) =>
          value === null || !Number.isFinite(value) ? [] : [[times?.[index] ?? index, value] as const],
        ),
      }));
  });
}

/** A value as its field's unit and decimals have it. */
function show(field: Field<number>, value: number | undefined): string {
  if (value === undefined) return 'No data';
  const formatted = field.display?.(value);
  return formatted === undefined ? String(value) : formattedValueToString(formatted);
}

function TimeSeries({ data, width, height, timeRange }: PanelProps): ReactElement {
  const { visualization } = useTheme2();
  const lines = linesOf(data.series);
  const values = lines.flatMap(({ points }) => points.map(([, value]) => value));
  const [low, high] = [Math.min(0, ...values), Math.max(...values, Number.MIN_VALUE)];
  const [from, to] = [timeRange.from.valueOf(), timeRange.to.valueOf()];
  const plotHeight = Math.max(20, height - 22);
  const x = (time: number): string => (((time - from) / (to - from)) * width).toFixed(1);
  const y = (value: number): string => (plotHeight - 2 - ((value - low) / (high - low)) * (plotHeight - 4)).toFixed(1);
  const color = (index: number): string => visualization.getColorByName(visualization.palette[index] ?? 'blue');
  if (lines.length === 0) return <div>No data</div>;
  return (
    <div style={{ height, overflow: 'hidden' }}>
      <svg width={width} height={plotHeight} role="img" aria-label="time series">
        {lines.map(({ name, points }, index) => (
          <polyline
            key={name + String(index)}
            fill="none"
            stroke={color(index)}
            points={points.map(([time, value]) => `${x(time)},${y(value)}`).join(' ')}
          />
        ))}
      </svg>
      <ul style={{ display: 'flex', gap: 12, listStyle: 'none', overflow: 'auto', whiteSpace: 'nowrap' }}>
        {lines.map(({ name, field, points }, index) => (
          <li key={name + String(index)} style={{ color: color(index) }}>
            {name} {show(field, points.at(-1)?.[1])}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Stat({ data }: PanelProps): ReactElement {
  const { typography } = useTheme2();
  const lines = linesOf(data.series);
  if (lines.length === 0) return <div>No data</div>;
  return (
    <div style={{ display: 'flex', gap: 24, flexWrap: 'wrap' }}>
      {lines.map(({ name, field, points }, index) => (
        <div key={name + String(index)}>
          {lines.length > 1 && <div>{name}</div>}
          <div style={{ fontSize: typography.h2.fontSize, color: field.display?.(points.at(-1)?.[1]).color }}>
            {show(field, points.at(-1)?.[1])}
          </div>
        </div>
      ))}
    </div>
  );
}

/** A value as text, whatever kind of field it is in. */
function cell(field: Field, row: number): string {
  const value: unknown = field.values[row];
  if (field.type === FieldType.time) return dateTimeFormatISO(value as number, { timeZone: 'utc' });
  if (field.type === FieldType.other) return JSON.stringify(value);
  return field.display === undefined ? String(value) : formattedValueToString(field.display(value));
}

function TablePanel({ data, width, height }: PanelProps): ReactElement {
  const frame = data.series[0];
  if (frame === undefined || frame.length === 0) return <div>No data</div>;
  const rows = Array.from({ length: Math.min(frame.length, ROWS_MAX) }, (_, row) => row);
  return (
    <div style={{ width, height, overflow: 'auto' }}>
      <table>
        <thead>
          <tr>
            {frame.fields.map((field) => (
              <th key={field.name}>{getFieldDisplayName(field, frame)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row}>
              {frame.fields.map((field) => (
                <td key={field.name}>{cell(field, row)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** What stands for each of Grafana's panels, by its id. */
const STAND_INS: Readonly<Record<string, (props: PanelProps) => ReactElement>> = {
  bargauge: Stat,
  barchart: TimeSeries,
  gauge: Stat,
  logs: TablePanel,
  piechart: Stat,
  stat: Stat,
  'state-timeline': TimeSeries,
  table: TablePanel,
  timeseries: TimeSeries,
};

const cache = new Map<string, PanelPlugin>();

function metaOf(id: string): PanelPluginMeta {
  const info = { author: { name: '' }, description: '', links: [], logos: { large: '', small: '' }, version: '' };
  const rest = {
    baseUrl: '',
    hideFromList: false,
    info: { ...info, screenshots: [], updated: '' },
    module: '',
    sort: 0,
  };
  return { ...rest, id, name: id, type: PluginType.panel };
}

/** A panel by its plugin's id: a stand-in, or a nested panel of the app. */
export async function importPanelPlugin(id: string): Promise<PanelPlugin> {
  const known = cache.get(id);
  if (known !== undefined) return known;
  const standIn = STAND_INS[id];
  const plugin = standIn === undefined ? await importNested(id) : new PanelPlugin(standIn).useFieldConfig();
  plugin.meta = metaOf(id);
  cache.set(id, plugin);
  return plugin;
}

async function importNested(id: string): Promise<PanelPlugin> {
  const app = bootData.lab.plugin;
  const path = bootData.lab.panels[id];
  if (path === undefined) throw new Error(`there is no panel ${id} in ${app.id}`);
  const { plugin } = await importPlugin(`${app.id}/${path}`);
  if (!(plugin instanceof PanelPlugin)) throw new Error(`module.js of ${id} exports no panel`);
  return plugin;
}

/** A panel that was imported before. */
export function getPanelPluginFromCache(id: string): PanelPlugin | undefined {
  return cache.get(id);
}
