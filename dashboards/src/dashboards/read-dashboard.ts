// SPDX-License-Identifier: Apache-2.0
// Reads what a built dashboard asks its data sources, for the tests that hold it against rules and real programs.

import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import type { ClassicDashboard } from './frame.ts';

/** One query of a dashboard. */
export interface DashboardQuery {
  readonly panel: string;
  readonly expr: string;
  readonly source: 'prometheus' | 'loki';
}

/** The panels of a dashboard; rows are none. */
export function panelsOf(dashboard: ClassicDashboard): Panel[] {
  return (dashboard.panels ?? []).filter((panel): panel is Panel => panel.type !== 'row');
}

/** The queries of one panel. */
export function panelQueries(panel: Panel): DashboardQuery[] {
  return (panel.targets ?? []).map((target) => {
    const { expr, datasource } = target as { readonly expr?: string; readonly datasource?: { readonly type?: string } };
    if (expr === undefined) throw new Error(`${panel.title ?? ''}: a query without expression`);
    return { panel: panel.title ?? '', expr, source: datasource?.type === 'loki' ? 'loki' : 'prometheus' };
  });
}

/** All queries of a dashboard, those of its annotations and variables too. */
export function dashboardQueries(dashboard: ClassicDashboard): DashboardQuery[] {
  const annotations = (dashboard.annotations.list ?? []).flatMap(({ name, expr }): DashboardQuery[] =>
    expr === undefined ? [] : [{ panel: `annotation ${name}`, expr, source: 'loki' }],
  );
  return [...panelsOf(dashboard).flatMap(panelQueries), ...annotations];
}

/** A query as Grafana sends it when everything is chosen. */
export function interpolate(expr: string): string {
  return expr
    .replaceAll('$__rate_interval', '15s')
    .replaceAll('$__auto', '1m')
    .replaceAll(/\$(host|domain)\b/g, '.+');
}
