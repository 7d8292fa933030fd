// SPDX-License-Identifier: Apache-2.0
// One panel alone, as on a dashboard: /d-solo/PANEL-ID?options=JSON&expr=QUERY&ds=TYPE&var-NAME=VALUE. A query of Prometheus
// is answered with a table of now, or with time series when `range` is given. `canAct=false` is a dashboard whose user may
// not run actions.
import { EventBusSrv, LoadingState, applyFieldOverrides, createTheme, dateTime } from '@grafana/data';
import type { DataFrame, PanelData, PanelPlugin, TimeRange } from '@grafana/data';
import { getDataSourceSrv, getRunRequest, locationService } from '@grafana/runtime';
import type { DataQuery } from '@grafana/schema';
import { PanelContextProvider } from '@grafana/ui';
import { useEffect, useMemo, useState } from 'react';
import type { ReactElement } from 'react';
import { useParams } from 'react-router';
import { importPanelPlugin } from './panels.tsx';

const [WIDTH, HEIGHT] = [1100, 600];

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

function useQuery(expr: string | null, type: string, isRange: boolean): PanelData {
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

/** See the head of this file. */
export function SoloPanel(): ReactElement {
  const { panel = '' } = useParams();
  const search = locationService.getSearch();
  const [plugin, setPlugin] = useState<PanelPlugin>();
  const [failure, setFailure] = useState<string>();
  const data = useQuery(search.get('expr'), search.get('ds') ?? 'prometheus', search.has('range'));
  useEffect(() => {
    importPanelPlugin(panel).then(setPlugin, (error: unknown) => {
      setFailure(String(error));
    });
  }, [panel]);
  if (failure !== undefined) return <p role="alert">{failure}</p>;
  if (plugin?.panel == null) return <p>Loading</p>;
  const Panel = plugin.panel;
  const options = { ...plugin.defaults, ...(JSON.parse(search.get('options') ?? '{}') as object) };
  return (
    <PanelContextProvider
      value={{
        eventsScope: 'solo',
        eventBus: new EventBusSrv(),
        canExecuteActions: () => search.get('canAct') !== 'false',
      }}
    >
      <section aria-label={panel} style={{ width: WIDTH, height: HEIGHT }}>
        <Panel
          id={1}
          data={data}
          timeRange={data.timeRange}
          timeZone="utc"
          options={options}
          transparent={false}
          width={WIDTH}
          height={HEIGHT}
          fieldConfig={{ defaults: {}, overrides: [] }}
          renderCounter={0}
          title={panel}
          eventBus={new EventBusSrv()}
          onOptionsChange={() => undefined}
          onFieldConfigChange={() => undefined}
          onChangeTimeRange={() => undefined}
          replaceVariables={(text) =>
            text.replaceAll(/\$\{?(\w+)\}?/g, (match, name: string) => search.get(`var-${name}`) ?? match)
          }
        />
      </section>
    </PanelContextProvider>
  );
}
