// SPDX-License-Identifier: Apache-2.0
// What the server wrote into the page: Grafana's own boot data, which @grafana/runtime reads when it is loaded, and what
// the lab adds for this page.
import type { AppPluginMeta, CurrentUser } from '@grafana/data';

/** A data source the server knows. */
export interface LabDataSource {
  readonly uid: string;
  readonly name: string;
  readonly type: 'prometheus' | 'loki';
}

interface BootData {
  readonly user: CurrentUser;
  readonly lab: {
    readonly plugin: AppPluginMeta;
    /** The folder of each nested panel, by its id. */
    readonly panels: Readonly<Record<string, string>>;
    readonly dataSources: readonly LabDataSource[];
  };
}

/** See the head of this file. */
export const bootData = (window as unknown as { readonly grafanaBootData: BootData }).grafanaBootData;
