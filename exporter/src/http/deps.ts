// SPDX-License-Identifier: Apache-2.0
// What the HTTP side needs from the rest.

import type { Principal } from '../auth/principal.ts';
import type { RequestGuard } from '../auth/request-guard.ts';
import type { ActionId } from '../contract/actions.ts';
import type { DomainBrief } from '../contract/api.ts';
import type { Actor, Task } from '../contract/tasks.ts';
import type { HostInspection } from '../hosts/inspection.ts';
import type { DomainSnapshot, HostSnapshot } from '../hosts/snapshot.ts';
import type { MetricsResponse, PageRequest } from '../metrics/metrics-page.ts';
import type { WebConfigFile } from '../web/web-config-file.ts';
import type { EventFeed } from './api/event-feed.ts';

/** Where request lines and faults go; pino's logger is one. */
export interface HttpLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** XML and screens of one host. Rejects with an error of the client, or one whose `code` is a problem's. */
export type InspectionPort = Pick<HostInspection, 'capabilitiesXml' | 'domainXml' | 'domainXmlDiff' | 'screenshot'>;

/** An action that was asked for, its options checked and the caller's scope and privileges too. */
export interface ActionOrder {
  readonly host: string;
  readonly uuid: string;
  readonly action: ActionId;
  readonly options: Readonly<Record<string, unknown>>;
  readonly ifDomainId?: number;
  readonly reason?: string;
  readonly actor: Actor;
  readonly bulkId?: string;
  /** With the name of the token: the same again gives the same task. */
  readonly idempotencyKey?: string;
}

/** What may be done to domains. */
export interface ActionsPort {
  /** Which actions a principal may ask for now, and why not the others. */
  describe(
    where: { readonly host: HostSnapshot; readonly domain: DomainSnapshot },
    principal: Principal,
  ): Pick<DomainBrief, 'allowedActions' | 'refusedActions'>;
  /** Accepts an action. Rejects with an error whose `code` is a problem's when it is refused. */
  submit(order: ActionOrder): Promise<Task>;
  /** Whether {@link submit} would accept it, and change anything; rejects like it. */
  check(order: ActionOrder): Promise<{ readonly changes: boolean }>;
  task(id: string): Task | undefined;
  /** Those kept, newest first. */
  tasks(): readonly Task[];
}

/** What the API under /api/v1 is made of. */
export interface ApiDeps {
  readonly guard: RequestGuard;
  readonly feed: EventFeed;
  /** Of a host by name, one of `hosts()`. */
  inspection(host: string): InspectionPort;
  readonly actions: ActionsPort;
  /** How often an event stream shows that it lives, in milliseconds; 15 s by default. */
  readonly heartbeatMs?: number;
}

/** Everything the server serves. */
export interface HttpDeps {
  /** TLS, users and headers; absent: plain HTTP for everybody. */
  readonly web?: WebConfigFile;
  /** The newest snapshot of every configured host. */
  hosts(): readonly HostSnapshot[];
  metrics(request: PageRequest): Promise<MetricsResponse>;
  readonly api?: ApiDeps;
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly logger: HttpLogger;
  /** Milliseconds since the epoch; `Date.now` by default. */
  readonly now?: () => number;
}
