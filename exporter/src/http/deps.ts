// SPDX-License-Identifier: Apache-2.0
// What the HTTP side needs from the rest.

import type { ActionService } from '../actions/action-service.ts';
import type { ConsoleService } from '../console/console-service.ts';
import type { AuthRefusal } from '../contract/auth-refusals.ts';
import type { RequestGuard } from '../auth/request-guard.ts';
import type { HostInspection } from '../hosts/inspection.ts';
import type { HostSnapshot } from '../hosts/snapshot.ts';
import type { MetricsResponse, PageRequest } from '../metrics/metrics-page.ts';
import type { RefusedClient } from '../web/client-certificate.ts';
import type { WebConfigFile } from '../web/web-config-file.ts';
import type { ConsolePlace } from './console/origin.ts';
import type { EventFeed } from './api/event-feed.ts';

/** Where request lines and faults go; pino's logger is one. */
export interface HttpLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** XML, snapshots and screens of one host. Rejects with an error of the client, or one whose `code` is a problem's. */
export type InspectionPort = Pick<
  HostInspection,
  'capabilitiesXml' | 'domainXml' | 'domainXmlDiff' | 'screenshot' | 'snapshots'
>;

/** What may be done to domains, as the actions room does it. */
export type ActionsPort = Pick<ActionService, 'describe' | 'submit' | 'earlier' | 'check' | 'task' | 'tasks'>;

/** Consoles in the browser. */
export interface ConsoleDeps {
  readonly service: Pick<
    ConsoleService,
    'kindFor' | 'refusalFor' | 'issue' | 'sessionsOf' | 'address' | 'type' | 'typeByKey' | 'open' | 'refuse' | 'stop'
  >;
  readonly place: ConsolePlace;
  /** Whether addresses for viewers past us are given out. */
  readonly directAccess: boolean;
}

/** What the API under /api/v1 is made of. */
export interface ApiDeps {
  readonly guard: RequestGuard;
  readonly feed: EventFeed;
  /** Of a host by name, one of `hosts()`. */
  inspection(host: string): InspectionPort;
  readonly actions: ActionsPort;
  readonly consoles: ConsoleDeps;
  /** How often an event stream shows that it lives, in milliseconds; 15 s by default. */
  readonly heartbeatMs?: number;
}

/** Everything the server serves. */
export interface HttpDeps {
  /** TLS, users and headers; absent: plain HTTP for everybody. */
  readonly web?: WebConfigFile;
  /** Told of every request refused for lack of the web config file's credentials. */
  readonly onRefused?: (refusal: AuthRefusal) => void;
  /** Told of every client that TLS let in and the web config file does not. */
  readonly onRefusedClient?: (client: RefusedClient) => void;
  /** The newest snapshot of every configured host. */
  hosts(): readonly HostSnapshot[];
  metrics(request: PageRequest): Promise<MetricsResponse>;
  readonly api: ApiDeps;
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly logger: HttpLogger;
  /** Milliseconds since the epoch; `Date.now` by default. */
  readonly now?: () => number;
}
