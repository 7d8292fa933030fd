// SPDX-License-Identifier: Apache-2.0
// What the HTTP side needs from the rest.

import type { Principal } from '../auth/principal.ts';
import type { RequestGuard } from '../auth/request-guard.ts';
import type { DomainBrief } from '../contract/api.ts';
import type { DomainSnapshot, HostSnapshot } from '../hosts/snapshot.ts';
import type { MetricsResponse } from '../metrics/metrics-page.ts';
import type { EventFeed } from './api/event-feed.ts';

/** Where request lines and faults go; pino's logger is one. */
export interface HttpLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What is asked of the metrics page. */
export interface MetricsRequest {
  /** Only this host; one of `hosts()`. */
  readonly host?: string;
  /** The header of that name. */
  readonly acceptEncoding?: string;
}

/** XML and screens of hosts that are up. Everything rejects with an error of the client when libvirt refuses. */
export interface InspectionPort {
  /** The capabilities document of a host, without secrets. */
  capabilitiesXml(host: string): Promise<string>;
  /** A view of a domain's XML, without secrets. */
  domainXml(
    host: string,
    domain: DomainSnapshot,
    view: 'live' | 'config' | 'diff',
  ): Promise<{ readonly type: string; readonly text: string }>;
  /** The screen of a running domain as PNG. */
  screenshot(host: string, uuid: string): Promise<Buffer>;
}

/** What may be done to domains. */
export interface ActionsPort {
  /** Which actions a principal may ask for now, and why not the others. */
  describe(
    where: { readonly host: HostSnapshot; readonly domain: DomainSnapshot },
    principal: Principal,
  ): Pick<DomainBrief, 'allowedActions' | 'refusedActions'>;
}

/** What the API under /api/v1 is made of. */
export interface ApiDeps {
  readonly guard: RequestGuard;
  readonly feed: EventFeed;
  readonly inspection: InspectionPort;
  readonly actions: ActionsPort;
  /** How often an event stream shows that it lives, in milliseconds; 15 s by default. */
  readonly heartbeatMs?: number;
}

/** Everything the server serves. */
export interface HttpDeps {
  /** The newest snapshot of every configured host. */
  hosts(): readonly HostSnapshot[];
  metrics(request: MetricsRequest): Promise<MetricsResponse>;
  readonly api?: ApiDeps;
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly logger: HttpLogger;
  /** Milliseconds since the epoch; `Date.now` by default. */
  readonly now?: () => number;
}
