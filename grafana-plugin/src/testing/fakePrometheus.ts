// SPDX-License-Identifier: Apache-2.0
// A Prometheus data source for tests: answers by the name of a query, and every query that was asked.

import { type DataQueryRequest, type DataSourceApi, type Labels, toDataFrame } from '@grafana/data';
import { type DataSourceSrv, setDataSourceSrv } from '@grafana/runtime';
import type { DataQuery } from '@grafana/schema';

/** A series of an answer: labels, and its newest value or all of them. */
export type FakeSeries = readonly [Labels, number | readonly number[]];

/** Sets it as Grafana's only data source. An `Error` as answer fails all that are asked for together. */
export function fakePrometheus(answers: Readonly<Record<string, readonly FakeSeries[] | Error>>): string[] {
  const asked: string[] = [];
  const source: Pick<DataSourceApi, 'type' | 'query'> = {
    type: 'prometheus',
    query: async ({ targets }: DataQueryRequest<DataQuery & { expr?: string }>) => {
      asked.push(...targets.map(({ expr }) => expr ?? ''));
      const data = targets.flatMap(({ refId }) => {
        const answer = answers[refId] ?? [];
        if (answer instanceof Error) {
          throw answer;
        }
        return answer.map(([labels, value]) => {
          const values = [value].flat();
          return toDataFrame({
            refId,
            fields: [
              { name: 'Time', type: 'time', values: values.map((_, index) => index * 60_000) },
              { name: 'Value', type: 'number', labels, values },
            ],
          });
        });
      });
      return { data };
    },
  };
  const sources = [{ uid: 'prom-1', name: 'Prometheus', type: 'prometheus', isDefault: true }];
  setDataSourceSrv({
    getList: ({ type }: { type?: string } = {}) => sources.filter((one) => type === undefined || one.type === type),
    get: () => Promise.resolve(source),
  } as unknown as DataSourceSrv);
  return asked;
}
