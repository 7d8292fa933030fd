// SPDX-License-Identifier: Apache-2.0
// Calls to libvirt by host, procedure and outcome: some thirty series a host, which the client library would take a
// fifth of a second of every second to write for a thousand hosts. Their labels are written once here.

import { processFamily } from '../contract/metrics.ts';
import type { ProcessMetricName } from '../contract/metrics.ts';
import { closeLabels, openLabels, textHeader } from './exposition.ts';

/** How a call to libvirt ended. */
export type CallOutcome = 'ok' | 'error' | 'timeout' | 'aborted' | 'closed';

/** One call to libvirt, as the RPC client reports it. */
export interface ObservedCall {
  readonly host: string;
  /** `DOMAIN_GET_STATE` */
  readonly procedure: string;
  readonly outcome: CallOutcome;
  readonly durationMs: number;
}

/** What is counted, with the labels it is shown under. */
interface Count {
  readonly labels: string;
  value: number;
}

/** The counts of one host: calls by procedure and outcome, seconds by procedure. */
interface HostCounts {
  readonly calls: Map<string, Count>;
  readonly seconds: Map<string, Count>;
}

/** Counts calls, and writes `vireo_rpc_calls_total` and `vireo_rpc_call_seconds_total`. */
export class CallCounts {
  readonly #hosts = new Map<string, HostCounts>();

  /** Counts one call. */
  observe({ host, procedure, outcome, durationMs }: ObservedCall): void {
    let counts = this.#hosts.get(host);
    if (counts === undefined) this.#hosts.set(host, (counts = { calls: new Map(), seconds: new Map() }));
    add(counts.calls, `${procedure} ${outcome}`, { host, procedure, outcome }, 1);
    add(counts.seconds, procedure, { host, procedure }, Math.max(0, durationMs) / 1000);
  }

  /** Drops every series of a host. */
  removeHost(host: string): void {
    this.#hosts.delete(host);
  }

  /** Both families in text format 0.0.4. */
  text(): string {
    const hosts = [...this.#hosts.values()];
    return [
      ...lines(
        'vireo_rpc_calls_total',
        hosts.map(({ calls }) => calls),
      ),
      ...lines(
        'vireo_rpc_call_seconds_total',
        hosts.map(({ seconds }) => seconds),
      ),
    ].join('');
  }
}

function add(counts: Map<string, Count>, key: string, labels: Readonly<Record<string, string>>, by: number): void {
  const count = counts.get(key);
  if (count === undefined) counts.set(key, { labels: closeLabels(openLabels(Object.entries(labels))), value: by });
  else count.value += by;
}

function lines(name: ProcessMetricName, hosts: readonly ReadonlyMap<string, Count>[]): string[] {
  const all = [textHeader(processFamily(name))];
  for (const counts of hosts) {
    for (const { labels, value } of counts.values()) all.push(`${name}${labels}${String(value)}\n`);
  }
  return all;
}
