// SPDX-License-Identifier: Apache-2.0
// What domains did with their CPUs in the last quarter of an hour, from Prometheus: one query for all that are in view.
// Without a data source there is none, and nothing is missed but the lines.

import {
  type DataQueryRequest,
  dateTime,
  type DataFrame,
  FieldType,
  toDataFrame,
  usePluginContext,
} from '@grafana/data';
import { getDataSourceSrv } from '@grafana/runtime';
import type { DataQuery } from '@grafana/schema';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { DomainBrief } from '@vireo/exporter/contract';
import { from, lastValueFrom } from 'rxjs';
import { PLUGIN_ID } from '../../constants';
import type { AppSettings } from '../../settings';

const RANGE_MINUTES = 15;
const STEP_MS = 30_000;
const RENEW_MS = 60_000;

/** CPUs in use by `HOST/NAME`, each over {@link RANGE_MINUTES}. */
export type CpuHistory = ReadonlyMap<string, readonly number[]>;

/** Which domain a history is about: metrics know names. */
export function historyKey({ host, name }: Pick<DomainBrief, 'host' | 'name'>): string {
  return `${host}/${name}`;
}

/** The histories of these rows; undefined where there is no data source. While others load, those known stay. */
export function useCpuHistory(rows: readonly DomainBrief[]): {
  readonly history: CpuHistory | undefined;
  readonly error: Error | null;
} {
  const uid = usePrometheusUid();
  const { data, error } = useQuery({
    queryKey: ['cpu-history', uid, rows.map(historyKey).sort()],
    queryFn: () => (uid === undefined ? new Map() : askHistory(uid, rows)),
    enabled: uid !== undefined && rows.length > 0,
    staleTime: RENEW_MS,
    refetchInterval: RENEW_MS,
    placeholderData: keepPreviousData,
  });
  return { history: uid === undefined ? undefined : (data ?? NO_HISTORY), error };
}
const NO_HISTORY: CpuHistory = new Map();

/** The data source with Vireo's metrics: the configured one, else Grafana's default of that type. */
function usePrometheusUid(): string | undefined {
  const settings = usePluginContext()?.meta.jsonData as AppSettings | undefined;
  const known = getDataSourceSrv().getList({ type: 'prometheus' });
  const wanted = settings?.prometheusUid;
  return wanted ? wanted : (known.find(({ isDefault }) => isDefault) ?? known[0])?.uid;
}

/** PromQL about the CPUs of these domains. */
export function cpuQuery(rows: ReadonlyArray<Pick<DomainBrief, 'host' | 'name'>>): string {
  const hosts = matcher(rows.map(({ host }) => host));
  const names = matcher(rows.map(({ name }) => name));
  return `max by (host, domain) (rate(libvirt_domain_info_cpu_time_seconds_total{host=~${hosts},domain=~${names}}[$__rate_interval]))`;
}

/** A regular expression that fits these texts and no others, as PromQL writes a string. */
function matcher(texts: readonly string[]): string {
  const unique = [...new Set(texts)].sort();
  // Grafana takes `$` for a variable; in a class of its own it is none, and needs no backslash.
  const escaped = unique.map((text) => text.replace(/[\\^.*+?()[\]{}|]/g, '\\$&').replace(/\$/g, '[$]'));
  return JSON.stringify(escaped.join('|'));
}

async function askHistory(uid: string, rows: readonly DomainBrief[]): Promise<CpuHistory> {
  const source = await getDataSourceSrv().get({ uid });
  const to = dateTime();
  const since = dateTime(to).subtract(RANGE_MINUTES, 'minutes');
  const request: DataQueryRequest<PromQuery> = {
    app: PLUGIN_ID,
    requestId: `${PLUGIN_ID}-cpu-history`,
    interval: `${STEP_MS / 1000}s`,
    intervalMs: STEP_MS,
    maxDataPoints: (RANGE_MINUTES * 60_000) / STEP_MS,
    range: { from: since, to, raw: { from: `now-${RANGE_MINUTES}m`, to: 'now' } },
    scopedVars: {},
    startTime: Date.now(),
    timezone: 'utc',
    targets: [
      { refId: 'A', datasource: { uid, type: source.type }, expr: cpuQuery(rows), range: true, instant: false },
    ],
  };
  const { data, errors } = await lastValueFrom(from(source.query(request)));
  if (errors?.[0] !== undefined) {
    throw new Error(errors[0].message ?? String(errors[0].status ?? ''));
  }
  return new Map(data.flatMap((frame) => historyOf(toDataFrame(frame))));
}
interface PromQuery extends DataQuery {
  readonly expr: string;
  readonly range: boolean;
  readonly instant: boolean;
}

function historyOf(frame: DataFrame): Array<[string, readonly number[]]> {
  const field = frame.fields.find(({ type }) => type === FieldType.number);
  const { host, domain } = field?.labels ?? {};
  if (field === undefined || host === undefined || domain === undefined) {
    return [];
  }
  return [[historyKey({ host, name: domain }), field.values.map((value) => (typeof value === 'number' ? value : NaN))]];
}
