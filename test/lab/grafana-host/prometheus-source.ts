// SPDX-License-Identifier: Apache-2.0
// A Prometheus data source for the page: PromQL with Grafana's variables filled in, asked of a real Prometheus through
// the server, and answers in the shape of Grafana's own data source.
import { DataSourceApi, FieldType, createDataFrame, rangeUtil } from '@grafana/data';
import type {
  DataFrame,
  DataQueryRequest,
  DataQueryResponse,
  DataSourceInstanceSettings,
  Labels,
  MetricFindValue,
  ScopedVars,
} from '@grafana/data';
import { getBackendSrv, getTemplateSrv } from '@grafana/runtime';
import type { DataQuery } from '@grafana/schema';

interface PromQuery extends DataQuery {
  readonly expr?: string;
  readonly instant?: boolean;
  readonly range?: boolean;
  readonly format?: string;
  readonly legendFormat?: string;
  readonly interval?: string;
}

type Point = readonly [number, string];
interface Series {
  readonly metric: Labels;
  readonly value?: Point;
  readonly values?: readonly Point[];
}

/** What an operator would enter as the scrape interval; the lab's exporter has new values no sooner. */
const SCRAPE_SECONDS = 5;

/** See the head of this file. */
export class PrometheusSource extends DataSourceApi<PromQuery> {
  readonly #url: string;

  constructor(settings: DataSourceInstanceSettings) {
    super(settings);
    this.#url = `/api/datasources/proxy/uid/${settings.uid}/api/v1`;
  }

  override async query(request: DataQueryRequest<PromQuery>): Promise<DataQueryResponse> {
    const targets = request.targets.filter(({ hide, expr = '' }) => hide !== true && expr !== '');
    const frames = await Promise.all(targets.map((target) => this.#frames(request, target)));
    return { data: frames.flat() };
  }

  async #frames(request: DataQueryRequest<PromQuery>, target: PromQuery): Promise<DataFrame[]> {
    const { range, scopedVars } = request;
    const least = target.interval === undefined ? 0 : rangeUtil.intervalToMs(getTemplateSrv().replace(target.interval));
    const stepSeconds = Math.max(1, Math.ceil(Math.max(request.intervalMs, least) / 1000));
    const query = interpolate(target.expr ?? '', scopedVars, stepSeconds, range.to.diff(range.from));
    const [start, end] = [range.from.valueOf() / 1000, range.to.valueOf() / 1000];
    const isInstant = target.instant === true && target.range !== true;
    const series = isInstant
      ? await this.#ask<Series[]>('query', { query, time: end })
      : await this.#ask<Series[]>('query_range', { query, start, end, step: stepSeconds });
    return target.format === 'table' ? [tableOf(series, target)] : series.map((one) => frameOf(one, target));
  }

  async #ask<T>(path: string, params: Readonly<Record<string, unknown>>): Promise<T> {
    const answer = await getBackendSrv().get<{ data: { result: T } }>(`${this.#url}/${path}`, params, undefined, {
      showErrorAlert: false,
    });
    return answer.data.result;
  }

  /** The queries of variables: `label_values(metric, label)` and `label_values(label)`. */
  override async metricFindQuery(query: string | { readonly query: string }): Promise<MetricFindValue[]> {
    const text = getTemplateSrv().replace(typeof query === 'string' ? query : query.query);
    const match = /^label_values\((?:(.+),)?\s*(\w+)\s*\)$/.exec(text.trim());
    if (match === null) throw new Error(`${text}: only label_values is known here`);
    const [, selector, label = ''] = match;
    const { data } = await getBackendSrv().get<{ data: string[] }>(
      `${this.#url}/label/${label}/values`,
      selector === undefined ? {} : { 'match[]': selector },
    );
    return data.map((value) => ({ text: value }));
  }

  override async testDatasource(): Promise<{ status: string; message: string }> {
    await this.#ask('query', { query: '1' });
    return { status: 'success', message: 'Successfully queried the Prometheus API.' };
  }
}

/** Grafana's own variables first: they are not the dashboard's. */
function interpolate(expr: string, scopedVars: ScopedVars, stepSeconds: number, rangeMs: number): string {
  const own: Readonly<Record<string, string>> = {
    __rate_interval: `${String(Math.max(stepSeconds + SCRAPE_SECONDS, 4 * SCRAPE_SECONDS))}s`,
    __interval: `${String(stepSeconds)}s`,
    __range: `${String(Math.round(rangeMs / 1000))}s`,
  };
  const filled = expr.replaceAll(/\$(?:\{(\w+)\}|(\w+))/g, (text: string, braced?: string, bare?: string) => {
    return own[braced ?? bare ?? ''] ?? text;
  });
  return getTemplateSrv().replace(filled, scopedVars, regexOf);
}

/** Several values of a variable become one regular expression. */
function regexOf(value: unknown): string {
  const escape = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\\$&`);
  return Array.isArray(value) ? `(${value.map((item) => escape(String(item))).join('|')})` : String(value);
}

function nameOf({ metric }: Series, legendFormat = ''): string {
  if (legendFormat !== '' && legendFormat !== '__auto') {
    return legendFormat.replaceAll(/\{\{\s*(.+?)\s*\}\}/g, (_, label: string) => metric[label] ?? '');
  }
  const { __name__: name = '', ...labels } = metric;
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(', ')}}`;
}

function numberOf(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}

function frameOf(series: Series, { refId, legendFormat }: PromQuery): DataFrame {
  const points = series.values ?? (series.value === undefined ? [] : [series.value]);
  const name = nameOf(series, legendFormat);
  return createDataFrame({
    refId,
    name,
    fields: [
      { name: 'Time', type: FieldType.time, values: points.map(([time]) => time * 1000) },
      {
        name: 'Value',
        type: FieldType.number,
        labels: series.metric,
        config: { displayNameFromDS: name },
        values: points.map(([, value]) => numberOf(value)),
      },
    ],
  });
}

/** One row a sample: time, the labels, the value. */
function tableOf(all: readonly Series[], { refId }: PromQuery): DataFrame {
  const labels = [...new Set(all.flatMap(({ metric }) => Object.keys(metric)))].sort();
  const rows = all.flatMap(({ metric, value, values }) =>
    (values ?? (value === undefined ? [] : [value])).map((point) => ({ metric, point })),
  );
  return createDataFrame({
    refId,
    fields: [
      { name: 'Time', type: FieldType.time, values: rows.map(({ point: [time] }) => time * 1000) },
      ...labels.map((label) => ({
        name: label,
        type: FieldType.string,
        values: rows.map(({ metric }) => metric[label] ?? ''),
      })),
      { name: 'Value', type: FieldType.number, values: rows.map(({ point: [, value] }) => numberOf(value)) },
    ],
  });
}
