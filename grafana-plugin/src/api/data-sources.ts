// SPDX-License-Identifier: Apache-2.0
// Which data sources of Grafana have Vireo's metrics and log: those of the configuration, else the default of that type.

import { usePluginContext } from '@grafana/data';
import { getDataSourceSrv } from '@grafana/runtime';
import type { AppSettings } from '../settings';

/** Its uid; undefined when Grafana has none of that type, or the configured one is gone. */
export function useDataSourceUid(type: 'prometheus' | 'loki'): string | undefined {
  const settings = usePluginContext()?.meta.jsonData as AppSettings | undefined;
  const wanted = type === 'prometheus' ? settings?.prometheusUid : settings?.lokiUid;
  const known = getDataSourceSrv().getList({ type });
  return wanted
    ? known.find(({ uid }) => uid === wanted)?.uid
    : (known.find(({ isDefault }) => isDefault) ?? known[0])?.uid;
}
