// SPDX-License-Identifier: Apache-2.0
// Lines of Vireo's log about one domain, from Loki, as rows: each line is one JSON object.

import { type DataFrame, type DataQueryRequest, dateTime, FieldType, toDataFrame } from '@grafana/data';
import { getDataSourceSrv } from '@grafana/runtime';
import type { DataQuery } from '@grafana/schema';
import { useQuery } from '@tanstack/react-query';
import { from, lastValueFrom } from 'rxjs';
import type { DomainRef } from '../../api/api';
import { type Result, RENEW_MS } from '../../api/queries';
import { PLUGIN_ID } from '../../constants';
import { logQuery } from './queries';

/** Most lines of one answer, the newest. */
export const LINES_MAX = 500;

/** One line, as far as it says so. */
export interface LogRow {
  readonly atMs: number;
  readonly event: string;
  /** As a sentence, or the whole line where it has none. */
  readonly text: string;
  readonly who?: string;
  /** Its fields that are text, by the names of docs/logs.md. */
  readonly fields: Readonly<Record<string, string | undefined>>;
}

/** The lines of the last hours, the newest first. */
export function useLog(uid: string, { host, uuid }: DomainRef, hours: number): Result<readonly LogRow[]> {
  return useQuery({
    queryKey: ['log', uid, host, uuid, hours],
    queryFn: async () => {
      const source = await getDataSourceSrv().get({ uid });
      const to = dateTime();
      const since = dateTime(to).subtract(hours, 'hours');
      const request: DataQueryRequest<LokiQuery> = {
        app: PLUGIN_ID,
        requestId: `${PLUGIN_ID}-log`,
        interval: '1m',
        intervalMs: 60_000,
        maxDataPoints: LINES_MAX,
        range: { from: since, to, raw: { from: `now-${String(hours)}h`, to: 'now' } },
        scopedVars: {},
        startTime: Date.now(),
        timezone: 'browser',
        targets: [
          {
            refId: 'A',
            datasource: { uid, type: source.type },
            expr: logQuery({ host, uuid }),
            maxLines: LINES_MAX,
            queryType: 'range',
          },
        ],
      };
      const { data, errors } = await lastValueFrom(from(source.query(request)));
      if (errors?.[0] !== undefined) {
        throw new Error(errors[0].message ?? String(errors[0].status ?? ''));
      }
      return data
        .flatMap((frame) => rowsOf(toDataFrame(frame)))
        .sort((a, b) => b.atMs - a.atMs)
        .slice(0, LINES_MAX);
    },
    refetchInterval: RENEW_MS.live,
  });
}
interface LokiQuery extends DataQuery {
  readonly expr: string;
  readonly maxLines: number;
}

/** The rows of a frame; a line that is no JSON is its text. */
export function rowsOf(frame: DataFrame): LogRow[] {
  const times = frame.fields.find(({ type }) => type === FieldType.time);
  const lines = frame.fields.find(({ name, type }) => type === FieldType.string && /^(line|body)$/i.test(name));
  return (lines?.values ?? []).map((line, index) => ({
    atMs: Number(times?.values[index]),
    ...fieldsOf(String(line)),
  }));
}

function fieldsOf(line: string): Omit<LogRow, 'atMs'> {
  let fields: Record<string, string | undefined> = {};
  try {
    const parsed: unknown = JSON.parse(line);
    const entries = typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : [];
    fields = Object.fromEntries(entries.filter(([, value]) => typeof value === 'string'));
  } catch {
    // Somebody else's line.
  }
  const who = fields['user'] ?? fields['tokenName'];
  return {
    event: fields['event'] ?? '',
    text: fields['msg'] ?? line,
    fields,
    ...(who !== undefined && { who }),
  };
}
