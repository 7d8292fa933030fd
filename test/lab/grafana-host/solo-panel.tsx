// SPDX-License-Identifier: Apache-2.0
// One panel alone, as on a dashboard: /d-solo/PANEL-ID?options=JSON&expr=QUERY&ds=TYPE&var-NAME=VALUE. A query of Prometheus
// is answered with a table of now, or with time series when `range` is given. `canAct=false` is a dashboard whose user may
// not run actions.
import { EventBusSrv } from '@grafana/data';
import type { PanelPlugin } from '@grafana/data';
import { locationService } from '@grafana/runtime';
import { PanelContextProvider } from '@grafana/ui';
import { useEffect, useState } from 'react';
import type { ReactElement } from 'react';
import { useParams } from 'react-router';
import { usePanelQuery } from './panel-query.ts';
import { importPanelPlugin } from './panels.tsx';

const [WIDTH, HEIGHT] = [1100, 600];

/** See the head of this file. */
export function SoloPanel(): ReactElement {
  const { panel = '' } = useParams();
  const search = locationService.getSearch();
  const [plugin, setPlugin] = useState<PanelPlugin>();
  const [failure, setFailure] = useState<string>();
  const data = usePanelQuery(search.get('expr'), search.get('ds') ?? 'prometheus', search.has('range'));
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
