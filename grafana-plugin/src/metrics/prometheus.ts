// SPDX-License-Identifier: Apache-2.0
// Values and histories from the data source with Vireo's metrics, for what is drawn without scenes. Without a data source
// nothing is asked, and pages say what to configure.

import { type DataFrame, type DataQueryRequest, dateTime, FieldType, type Labels, toDataFrame } from '@grafana/data';
import { getDataSourceSrv } from '@grafana/runtime';
import type { DataQuery } from '@grafana/schema';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { from, lastValueFrom } from 'rxjs';
import { useDataSourceUid } from '../api/data-sources';
import { PLUGIN_ID } from '../constants';

/** How often values are asked for anew: no Prometheus scrapes much more often. */
const RENEW_MS = 15_000;
const POINTS = 60;

/** Values of one series: the newest alone, or all of a time in order, NaN where nothing is known. */
export interface Series {
  readonly labels: Labels;
  readonly values: readonly number[];
}

/** What was asked for, by the names of the queries. */
export interface Metrics<K extends string> {
  /** Undefined while nothing came, and where there is no data source. */
  readonly data: Readonly<Record<K, readonly Series[]>> | undefined;
  readonly error: Error | null;
  /** There is a data source to ask. */
  readonly hasSource: boolean;
}

/** PromQL by name, each as it is now, or with `minutes` as it went in the last of them. */
export function useMetrics<K extends string>(queries: Readonly<Record<K, string>>, minutes?: number): Metrics<K> {
  const uid = useDataSourceUid('prometheus');
  const { data, error } = useQuery({
    queryKey: ['metrics', uid, queries, minutes],
    queryFn: () => ask(uid ?? '', queries, minutes),
    enabled: uid !== undefined,
    staleTime: RENEW_MS,
    refetchInterval: RENEW_MS * (minutes === undefined ? 1 : 4),
    placeholderData: keepPreviousData,
  });
  return { data, error, hasSource: uid !== undefined };
}

async function ask<K extends string>(
  uid: string,
  queries: Readonly<Record<K, string>>,
  minutes: number | undefined,
): Promise<Record<K, readonly Series[]>> {
  const source = await getDataSourceSrv().get({ uid });
  const names = Object.keys(queries) as K[];
  const isRange = minutes !== undefined;
  const intervalMs = ((minutes ?? 5) * 60_000) / POINTS;
  const to = dateTime();
  const request: DataQueryRequest<PromQuery> = {
    app: PLUGIN_ID,
    requestId: `${PLUGIN_ID}-${names.join('-')}`,
    interval: `${String(Math.round(intervalMs / 1000))}s`,
    intervalMs,
    maxDataPoints: POINTS,
    range: {
      from: dateTime(to).subtract(minutes ?? 5, 'minutes'),
      to,
      raw: { from: `now-${String(minutes ?? 5)}m`, to: 'now' },
    },
    scopedVars: {},
    startTime: Date.now(),
    timezone: 'utc',
    targets: names.map((name) => ({
      refId: name,
      datasource: { uid, type: source.type },
      expr: queries[name],
      range: isRange,
      instant: !isRange,
    })),
  };
  const { data, errors } = await lastValueFrom(from(source.query(request)));
  if (errors?.[0] !== undefined) {
    throw new Error(errors[0].message ?? String(errors[0].status ?? ''));
  }
  const frames = data.map((frame) => toDataFrame(frame));
  const answers: Partial<Record<K, readonly Series[]>> = {};
  for (const name of names) {
    answers[name] = frames.filter(({ refId }) => refId === name).flatMap(seriesOf);
  }
  return answers as Record<K, readonly Series[]>;
}
interface PromQuery extends DataQuery {
  readonly expr: string;
  readonly range: boolean;
  readonly instant: boolean;
}

function seriesOf({ fields }: DataFrame): Series[] {
  return fields
    .filter(({ type }) => type === FieldType.number)
    .map(({ labels, values }) => ({
      labels: labels ?? {},
      values: values.map((value) => (typeof value === 'number' ? value : NaN)),
    }));
}
