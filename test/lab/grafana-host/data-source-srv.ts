// SPDX-License-Identifier: Apache-2.0
// The data sources of the page, variables in their queries, and how a query is run.
import { LoadingState, PluginType, toDataFrame } from '@grafana/data';
import type { DataSourceApi, DataSourceInstanceSettings, PanelData, ScopedVars } from '@grafana/data';
import { setDataSourceSrv, setRunRequest, setTemplateSrv } from '@grafana/runtime';
import type { DataSourceSrv } from '@grafana/runtime';
import { sceneGraph } from '@grafana/scenes';
import type { SceneObject } from '@grafana/scenes';
import { catchError, from, isObservable, map, of, startWith } from 'rxjs';
import { bootData } from './boot-data.ts';
import type { LabDataSource } from './boot-data.ts';
import { LokiSource } from './loki-source.ts';
import { PrometheusSource } from './prometheus-source.ts';

function settingsOf({ uid, name, type }: LabDataSource, index: number): DataSourceInstanceSettings {
  const logos = { small: '', large: '' };
  const info = { author: { name: '' }, description: '', links: [], logos, screenshots: [], updated: '', version: '' };
  const can = { metrics: type === 'prometheus', logs: type === 'loki' };
  return {
    uid,
    name,
    type,
    access: 'proxy',
    readOnly: true,
    isDefault: index === 0,
    jsonData: {},
    meta: { ...can, id: type, name: type, type: PluginType.datasource, info, module: '', baseUrl: '' },
  };
}

const SETTINGS = bootData.lab.dataSources.map(settingsOf);

const SOURCES = new Map<string, DataSourceApi>(
  SETTINGS.map((settings) => [
    settings.uid,
    settings.type === 'loki' ? new LokiSource(settings) : new PrometheusSource(settings),
  ]),
);

const dataSourceSrv: DataSourceSrv = {
  getInstanceSettings: (ref, scopedVars) => {
    if (ref === undefined || ref === null || ref === 'default') return SETTINGS[0];
    const { uid, type } = typeof ref === 'string' ? { uid: ref } : { type: undefined, ...ref };
    const wanted = uid === undefined ? undefined : interpolate(uid, scopedVars);
    if (wanted === undefined) return SETTINGS.find((settings) => settings.type === type);
    return SETTINGS.find((settings) => settings.uid === wanted || settings.name === wanted);
  },
  get: (ref, scopedVars) => {
    const uid = dataSourceSrv.getInstanceSettings(ref, scopedVars)?.uid ?? '';
    const source = SOURCES.get(uid);
    return source === undefined
      ? Promise.reject(new Error(`Datasource ${JSON.stringify(ref)} was not found`))
      : Promise.resolve(source);
  },
  getList: (filters = {}) => {
    const { type, pluginId, metrics, logs, filter } = filters;
    const types = type === undefined ? undefined : [type].flat();
    return SETTINGS.filter(
      (settings) =>
        (types?.includes(settings.type) ?? true) &&
        (pluginId === undefined || pluginId === settings.type) &&
        (metrics !== true || settings.meta.metrics === true) &&
        (logs !== true || settings.meta.logs === true) &&
        (filter?.(settings) ?? true),
    );
  },
  reload: () => Promise.resolve(),
  registerRuntimeDataSource: () => undefined,
};

/** As in Grafana, the variables of a query are those of the scene it belongs to. */
function interpolate(text = '', scopedVars: ScopedVars = {}, format?: unknown): string {
  const holder = scopedVars.__sceneObject?.value as { valueOf(): SceneObject } | undefined;
  if (holder === undefined) {
    return text.replaceAll(/\$\{?(\w+)\}?/g, (match, name: string) => {
      const value = scopedVars[name]?.value as string | number | undefined;
      return value === undefined ? match : String(value);
    });
  }
  return sceneGraph.interpolate(
    holder.valueOf(),
    text,
    scopedVars,
    format as Parameters<typeof sceneGraph.interpolate>[3],
  );
}

/** Sets all of it; before any plugin is loaded. */
export function provideDataSources(): void {
  setDataSourceSrv(dataSourceSrv);
  setTemplateSrv({
    replace: interpolate,
    getVariables: () => [],
    containsTemplate: (text = '') => text.includes('$'),
    updateTimeRange: () => undefined,
  });
  setRunRequest((source, request, query = source.query.bind(source)) => {
    const answer = query(request);
    const loading: PanelData = { state: LoadingState.Loading, series: [], timeRange: request.range, request };
    return (isObservable(answer) ? answer : from(answer)).pipe(
      map(({ data, state = LoadingState.Done, errors }): PanelData => ({
        ...loading,
        state: errors === undefined ? state : LoadingState.Error,
        series: data.map((frame) => toDataFrame(frame)),
        ...(errors === undefined ? {} : { errors }),
      })),
      startWith(loading),
      catchError((error: unknown) => {
        const { data, message } = error as { data?: { error?: string }; message?: string };
        const errors = [{ message: data?.error ?? message ?? String(error) }];
        return of({ ...loading, state: LoadingState.Error, errors, error: errors[0] });
      }),
    );
  });
}
