// SPDX-License-Identifier: Apache-2.0
// Which data sources of Grafana have Vireo's metrics and log: those of the configuration, else the default of that type.

import { type DataSourceInstanceSettings, usePluginContext } from '@grafana/data';
import { getDataSourceSrv } from '@grafana/runtime';
import type { AppSettings } from '../settings';

/** Types of data sources that the app asks. */
export type SourceType = 'prometheus' | 'loki';

/** The one that is asked where none is configured: the default of its type, else the first. */
export function defaultSource(type: SourceType): Pick<DataSourceInstanceSettings, 'uid' | 'name'> | undefined {
  const known = getDataSourceSrv().getList({ type });
  return known.find(({ isDefault }) => isDefault) ?? known[0];
}

/** Its uid; undefined when Grafana has none of that type, or the configured one is gone. */
export function useDataSourceUid(type: SourceType): string | undefined {
  const settings = usePluginContext()?.meta.jsonData as AppSettings | undefined;
  const wanted = type === 'prometheus' ? settings?.prometheusUid : settings?.lokiUid;
  return wanted
    ? getDataSourceSrv()
        .getList({ type })
        .find(({ uid }) => uid === wanted)?.uid
    : defaultSource(type)?.uid;
}
