// SPDX-License-Identifier: Apache-2.0
// The data of one panel: a query of the last quarter of an hour, asked once.
import { LoadingState, applyFieldOverrides, createTheme, dateTime } from '@grafana/data';
import type { DataFrame, PanelData, TimeRange } from '@grafana/data';
import { getDataSourceSrv, getRunRequest } from '@grafana/runtime';
import type { DataQuery } from '@grafana/schema';
import { useEffect, useMemo, useState } from 'react';

/** Gives fields what formats their values; on a dashboard the panel's frame does. */
function withDisplay(data: DataFrame[]): DataFrame[] {
  const fieldConfig = { defaults: {}, overrides: [] };
  return applyFieldOverrides({
    data,
    fieldConfig,
    replaceVariables: (text) => text,
    theme: createTheme(),
    timeZone: 'utc',
  });
}

/** The last quarter of an hour. */
function lately(): TimeRange {
  const raw = { from: 'now-15m', to: 'now' };
  return { from: dateTime().subtract(15, 'minutes'), to: dateTime(), raw };
}

/**
 * Asks a data source of a type; no data while `expr` is null.
 *
 * @param isRange of Prometheus: time series instead of a table of now
 */
export function usePanelQuery(expr: string | null, type: string, isRange: boolean): PanelData {
  const timeRange = useMemo(lately, []);
  const [data, setData] = useState<PanelData>({ state: LoadingState.Done, series: [], timeRange });
  useEffect(() => {
    if (expr === null) return undefined;
    let stop = (): void => undefined;
    void getDataSourceSrv()
      .get({ type })
      .then((source) => {
        const subscription = getRunRequest()(source, {
          app: 'dashboard',
          interval: '1s',
          intervalMs: 1000,
          range: timeRange,
          requestId: 'solo',
          scopedVars: {},
          startTime: Date.now(),
          targets: [
            { refId: 'A', expr, ...(isRange ? { range: true } : { instant: true, format: 'table' }) },
          ] as (DataQuery & { expr: string })[],
          timezone: 'utc',
        }).subscribe((answer) => {
          setData({ ...answer, series: withDisplay(answer.series) });
        });
        stop = () => {
          subscription.unsubscribe();
        };
      });
    return () => {
      stop();
    };
  }, [expr, isRange, timeRange, type]);
  return data;
}
