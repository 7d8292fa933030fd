// SPDX-License-Identifier: Apache-2.0
// Graphs over one time range, which stands in the address. Scenes are heavy: import this lazily.

import {
  EmbeddedScene,
  PanelBuilders,
  SceneControlsSpacer,
  SceneCSSGridLayout,
  SceneQueryRunner,
  SceneRefreshPicker,
  SceneTimePicker,
  SceneTimeRange,
  UrlSyncContextProvider,
} from '@grafana/scenes';
import { StackingMode } from '@grafana/schema';
import React, { useMemo } from 'react';

/** One line, or one for each series. */
export interface GraphQuery {
  readonly expr: string;
  /** With `{{label}}` in it. */
  readonly legend: string;
}

/** One graph. */
export interface Graph {
  readonly title: string;
  readonly description: string;
  /** Of Grafana's units. */
  readonly unit: string;
  /** What is drawn adds up. */
  readonly isStacked?: boolean;
  readonly queries: readonly GraphQuery[];
}

/** What {@link Graphs} takes; keep `graphs` the same while they are: they are drawn anew otherwise. */
export interface GraphsProps {
  readonly graphs: readonly Graph[];
  /** The Prometheus data source. */
  readonly uid: string;
}

export function Graphs({ graphs, uid }: GraphsProps) {
  const scene = useMemo(() => sceneOf(graphs, uid), [graphs, uid]);
  return (
    <UrlSyncContextProvider scene={scene}>
      <scene.Component model={scene} />
    </UrlSyncContextProvider>
  );
}

function sceneOf(graphs: readonly Graph[], uid: string): EmbeddedScene {
  return new EmbeddedScene({
    $timeRange: new SceneTimeRange({ from: 'now-1h', to: 'now' }),
    controls: [
      new SceneControlsSpacer(),
      new SceneTimePicker({ isOnCanvas: true }),
      new SceneRefreshPicker({ refresh: '30s', isOnCanvas: true }),
    ],
    body: new SceneCSSGridLayout({
      templateColumns: 'repeat(auto-fit, minmax(400px, 1fr))',
      autoRows: '260px',
      children: graphs.map((graph) => panelOf(graph, uid)),
    }),
  });
}

function panelOf({ title, description, unit, isStacked = false, queries }: Graph, uid: string) {
  const panel = PanelBuilders.timeseries()
    .setTitle(title)
    .setDescription(description)
    .setUnit(unit)
    .setMin(0)
    .setData(
      new SceneQueryRunner({
        datasource: { type: 'prometheus', uid },
        queries: queries.map(({ expr, legend }, index) => ({
          refId: String.fromCharCode('A'.charCodeAt(0) + index),
          expr,
          legendFormat: legend,
          range: true,
        })),
      }),
    );
  return isStacked
    ? panel
        .setCustomFieldConfig('stacking', { mode: StackingMode.Normal })
        .setCustomFieldConfig('fillOpacity', 30)
        .build()
    : panel.build();
}
