// SPDX-License-Identifier: Apache-2.0
// One panel alone, as on a dashboard: /d-solo/PANEL-ID?options=JSON&expr=PROMQL&var-NAME=VALUE. The query's answer comes
// as a table. `canAct=false` is a dashboard whose user may not run actions.
import { EventBusSrv, LoadingState, dateTime, getDefaultTimeRange } from '@grafana/data';
import type { PanelData, PanelPlugin } from '@grafana/data';
import { getDataSourceSrv, getRunRequest, locationService } from '@grafana/runtime';
import { PanelContextProvider } from '@grafana/ui';
import { useEffect, useMemo, useState } from 'react';
import type { ReactElement } from 'react';
import { useParams } from 'react-router';
import { importPanelPlugin } from './panels.tsx';

const [WIDTH, HEIGHT] = [1100, 600];

function useQuery(expr: string | null): PanelData {
  const timeRange = useMemo(getDefaultTimeRange, []);
  const [data, setData] = useState<PanelData>({ state: LoadingState.Done, series: [], timeRange });
  useEffect(() => {
    if (expr === null) return undefined;
    let stop = (): void => undefined;
    void getDataSourceSrv()
      .get({ type: 'prometheus' })
      .then((source) => {
        const subscription = getRunRequest()(source, {
          app: 'dashboard',
          interval: '1s',
          intervalMs: 1000,
          range: timeRange,
          requestId: 'solo',
          scopedVars: {},
          startTime: Date.now(),
          targets: [{ refId: 'A', expr, instant: true, format: 'table' } as { refId: string }],
          timezone: 'utc',
        }).subscribe(setData);
        stop = () => {
          subscription.unsubscribe();
        };
      });
    return () => {
      stop();
    };
  }, [expr, timeRange]);
  return data;
}

/** See the head of this file. */
export function SoloPanel(): ReactElement {
  const { panel = '' } = useParams();
  const search = locationService.getSearch();
  const [plugin, setPlugin] = useState<PanelPlugin>();
  const [failure, setFailure] = useState<string>();
  const data = useQuery(search.get('expr'));
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
          timeRange={{ ...data.timeRange, to: dateTime(data.timeRange.to) }}
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
