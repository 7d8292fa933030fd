// SPDX-License-Identifier: Apache-2.0
// What domains did with their CPUs in the last quarter of an hour, from Prometheus: one query for all that are in view.
// Without a data source there is none, and nothing is missed but the lines.

import type { DomainBrief } from '@vireo/exporter/contract';
import { useMemo } from 'react';
import { useMetrics } from '../../metrics/prometheus';

const RANGE_MINUTES = 15;

/** CPUs in use, by {@link historyKey}: in order of time, NaN where nothing is known. */
export type CpuHistory = ReadonlyMap<string, readonly number[]>;

/** What a row must tell for its history to be found: metrics know names. */
type Named = Pick<DomainBrief, 'host' | 'name'>;

/** Which domain a history is about. */
export function historyKey({ host, name }: Named): string {
  return `${host}/${name}`;
}

/** The histories of these rows; undefined where there is no data source. While others load, those known stay. */
export function useCpuHistory(rows: readonly Named[]): {
  readonly history: CpuHistory | undefined;
  readonly error: Error | null;
} {
  const { data, error, hasSource } = useMetrics({ cpu: cpuQuery(rows) }, RANGE_MINUTES);
  const history = useMemo(
    () =>
      new Map(
        data?.cpu.map(({ labels, values }) => [
          historyKey({ host: labels['host'] ?? '', name: labels['domain'] ?? '' }),
          values,
        ]),
      ),
    [data],
  );
  return { history: hasSource ? history : undefined, error };
}

/** PromQL about the CPUs of these domains. */
export function cpuQuery(rows: readonly Named[]): string {
  const hosts = matcher(rows.map(({ host }) => host));
  const names = matcher(rows.map(({ name }) => name));
  return `max by (host, domain) (rate(libvirt_domain_info_cpu_time_seconds_total{host=~${hosts},domain=~${names}}[$__rate_interval]))`;
}

/** A regular expression that fits these texts and no others, as PromQL writes a string. */
function matcher(texts: readonly string[]): string {
  const unique = [...new Set(texts)].sort();
  // Grafana takes `$` for a variable; in a class of its own it is none, and needs no backslash.
  const escaped = unique.map((text) => text.replace(/[\\^.*+?()[\]{}|]/g, '\\$&').replace(/\$/g, '[$]'));
  return JSON.stringify(escaped.join('|'));
}
