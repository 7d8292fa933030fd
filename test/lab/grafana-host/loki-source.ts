// SPDX-License-Identifier: Apache-2.0
// A Loki data source for the page: LogQL with the variables filled in, asked of what answers as Loki does, and log lines
// in the shape of Grafana's own data source.
import { DataSourceApi, FieldType, createDataFrame } from '@grafana/data';
import type { DataFrame, DataQueryRequest, DataQueryResponse, DataSourceInstanceSettings, Labels } from '@grafana/data';
import { getBackendSrv, getTemplateSrv } from '@grafana/runtime';
import type { DataQuery } from '@grafana/schema';

interface LokiQuery extends DataQuery {
  readonly expr?: string;
  readonly maxLines?: number;
}

interface Stream {
  readonly stream: Labels;
  /** Nanoseconds since the epoch, and the line. */
  readonly values: readonly (readonly [string, string])[];
}

/** See the head of this file. */
export class LokiSource extends DataSourceApi<LokiQuery> {
  readonly #url: string;

  constructor(settings: DataSourceInstanceSettings) {
    super(settings);
    this.#url = `/api/datasources/proxy/uid/${settings.uid}/loki/api/v1/query_range`;
  }

  override async query({ targets, range, scopedVars }: DataQueryRequest<LokiQuery>): Promise<DataQueryResponse> {
    const frames = targets
      .filter(({ hide, expr = '' }) => hide !== true && expr !== '')
      .map(async ({ expr, maxLines = 1000, refId }) => {
        const params = {
          query: getTemplateSrv().replace(expr, scopedVars),
          start: `${String(range.from.valueOf())}000000`,
          end: `${String(range.to.valueOf())}000000`,
          limit: maxLines,
          direction: 'backward',
        };
        const options = { showErrorAlert: false };
        const { data } = await getBackendSrv().get<{ data: { result: Stream[] } }>(
          this.#url,
          params,
          undefined,
          options,
        );
        return frameOf(data.result, refId);
      });
    return { data: await Promise.all(frames) };
  }

  override testDatasource(): Promise<{ status: string; message: string }> {
    return Promise.resolve({ status: 'success', message: 'Data source successfully connected.' });
  }
}

/** Newest first. */
function frameOf(streams: readonly Stream[], refId: string): DataFrame {
  const lines = streams
    .flatMap(({ stream, values }) => values.map(([ns, line]) => ({ ns, line, labels: stream })))
    .sort((a, b) => (a.ns < b.ns ? 1 : -1));
  return createDataFrame({
    refId,
    meta: { preferredVisualisationType: 'logs' },
    fields: [
      { name: 'labels', type: FieldType.other, values: lines.map(({ labels }) => labels) },
      { name: 'Time', type: FieldType.time, values: lines.map(({ ns }) => Number(ns.slice(0, -6))) },
      { name: 'Line', type: FieldType.string, values: lines.map(({ line }) => line) },
      { name: 'tsNs', type: FieldType.string, values: lines.map(({ ns }) => ns) },
      { name: 'id', type: FieldType.string, values: lines.map(({ ns }, index) => `${ns}_${String(index)}`) },
    ],
  });
}
