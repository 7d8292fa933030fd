// SPDX-License-Identifier: Apache-2.0
// What the HTTP side needs from the rest.

import type { HostSnapshot } from '../hosts/snapshot.ts';
import type { MetricsResponse } from '../metrics/metrics-page.ts';

/** Where request lines and faults go; pino's logger is one. */
export interface HttpLogger {
  debug(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What is asked of the metrics page. */
export interface MetricsRequest {
  /** Only this host; one of `hosts()`. */
  readonly host?: string;
  /** The header of that name. */
  readonly acceptEncoding?: string;
}

/** Everything the server serves. */
export interface HttpDeps {
  /** The newest snapshot of every configured host. */
  hosts(): readonly HostSnapshot[];
  metrics(request: MetricsRequest): Promise<MetricsResponse>;
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly logger: HttpLogger;
  /** Milliseconds since the epoch; `Date.now` by default. */
  readonly now?: () => number;
}
