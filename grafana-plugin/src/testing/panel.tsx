// SPDX-License-Identifier: Apache-2.0
// A panel on a dashboard, as Grafana mounts it: with the dashboard's variables, data, and whether actions may run there.

import {
  type DataFrame,
  dateTime,
  EventBusSrv,
  LoadingState,
  type PanelProps,
  standardEditorsRegistry,
  type TimeRange,
  toDataFrame,
} from '@grafana/data';
import { PanelContextProvider } from '@grafana/ui';
import React, { type ComponentType, type ReactNode } from 'react';

// Grafana brings the editors of options; here only what is told to them counts.
standardEditorsRegistry.setInit(() =>
  ['text', 'number', 'boolean', 'select', 'multi-select', 'radio'].map((id) => ({ id, name: id, editor: () => null })),
);

/** The dashboard around a panel. */
export interface Dashboard {
  readonly variables?: Readonly<Record<string, string | readonly string[]>>;
  readonly series?: DataFrame[];
  /** A refresh brings a new one. */
  readonly timeRange?: TimeRange;
  /** undefined: it does not say. */
  readonly canExecuteActions?: boolean | undefined;
}

/** The panel with these options on a dashboard where actions may run, unless that is told. */
export function onDashboard<T>(Panel: ComponentType<PanelProps<T>>, options: T, dashboard: Dashboard = {}): ReactNode {
  const { variables = {}, series = [], timeRange = aTimeRange() } = dashboard;
  const canExecute = 'canExecuteActions' in dashboard ? dashboard.canExecuteActions : true;
  const props = {
    id: 1,
    options,
    width: 800,
    height: 400,
    timeRange,
    data: { state: LoadingState.Done, series, timeRange },
    replaceVariables: (text: string, _scoped: unknown, format: (value: unknown) => string) =>
      text.replace(/\$(\w+)/g, (whole, name: string) => (name in variables ? format(variables[name]) : whole)),
  };
  return (
    <PanelContextProvider
      value={{
        eventsScope: 'test',
        eventBus: new EventBusSrv(),
        ...(canExecute !== undefined && { canExecuteActions: () => canExecute }),
      }}
    >
      <Panel {...(props as unknown as PanelProps<T>)} />
    </PanelContextProvider>
  );
}

/** The last hour. */
export function aTimeRange(): TimeRange {
  const now = dateTime('2026-11-24T10:00:00Z');
  return { from: now, to: now, raw: { from: 'now-1h', to: 'now' } };
}

/** A table, by its columns. */
export function table(columns: Readonly<Record<string, readonly string[]>>): DataFrame {
  return toDataFrame({ fields: Object.entries(columns).map(([name, values]) => ({ name, values: [...values] })) });
}

/** A series with these labels. */
export function series(labels: Record<string, string>): DataFrame {
  return toDataFrame({ fields: [{ name: 'Value', labels, values: [1] }] });
}
