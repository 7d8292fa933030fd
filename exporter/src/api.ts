// SPDX-License-Identifier: Apache-2.0
// Puts together what stands behind /api/v1: who may use it, what has happened, what can be looked at and done.

import { ActionService } from './actions/action-service.ts';
import type { ActionHost } from './actions/action-host.ts';
import type { AuditEvent } from './actions/audit.ts';
import { RequestGuard } from './auth/request-guard.ts';
import type { AuthDenied } from './auth/request-guard.ts';
import { TokenFileWatcher } from './auth/token-file-watcher.ts';
import type { Config } from './config/config.ts';
import { ConsoleService } from './console/console-service.ts';
import type { AuthRefusal } from './contract/auth-refusals.ts';
import type { ConsoleEvent } from './console/console-service.ts';
import type { ConsoleHost } from './console/session.ts';
import type { HostInspection } from './hosts/inspection.ts';
import type { EventFeed } from './http/api/event-feed.ts';
import { publishTask } from './http/api/publish-changes.ts';
import type { ApiDeps } from './http/deps.ts';

/** Where its lines go; pino's logger is one. */
interface ApiLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What {@link composeApi} needs. */
interface ApiOptions {
  readonly config: Config;
  readonly feed: EventFeed;
  readonly hosts: readonly ActionHost[];
  /** By the host's name. */
  readonly inspections: ReadonlyMap<string, HostInspection>;
  /** By the host's name. */
  readonly consoleHosts: ReadonlyMap<string, ConsoleHost>;
  /** Counts what happened with consoles. */
  readonly onConsoleEvent: (event: ConsoleEvent, sessions: number) => void;
  /** Counts requests whose maker is not known. */
  readonly onRefused: (refusal: AuthRefusal) => void;
  /** Counts how a request for an action ended. */
  readonly onActionEnd: (end: { readonly action: string; readonly result: string }) => void;
  readonly logger: ApiLog;
}

/** The API's parts. */
interface Api extends ApiDeps {
  /** Reads the tokens again now, not at the next look at the file. */
  reload(): void;
  /** Ends what it has under way; comes before the hosts stop. */
  stop(): Promise<void>;
}

/** What an end is called in the metrics. */
const END_RESULTS: Readonly<Partial<Record<AuditEvent['event'], string>>> = {
  'action.refused': 'refused',
  'action.succeeded': 'succeeded',
  'action.failed': 'failed',
  'action.timed_out': 'timed_out',
  'action.cancelled': 'cancelled',
  'action.unknown': 'unknown',
};

/** Begins to watch the tokens; nothing else happens by itself. */
export function composeApi(options: ApiOptions): Api {
  const { config, feed, hosts, inspections, onRefused, onActionEnd, logger } = options;
  const byName = new Map(hosts.map((host) => [host.name, host]));
  const guard = new RequestGuard({
    api: config.api,
    onRefused,
    onDenied: (denied) => {
      logger.warn(denied, deniedText(denied));
    },
  });
  const actions = new ActionService({
    host: (name) => byName.get(name),
    audit: (event) => {
      logger.info(event, auditText(event));
      const result = END_RESULTS[event.event];
      if (result !== undefined) onActionEnd({ action: event.action, result });
    },
    // Follows the file, as the tokens do.
    get readOnly() {
      return guard.api.readOnly;
    },
  });
  actions.subscribe((task) => {
    publishTask(feed, task);
  });
  const consoles = composeConsoles(options);
  const watcher = watchTokens(config, guard, logger);
  watcher?.start();
  return {
    guard,
    feed,
    actions,
    consoles: { service: consoles, place: config.console, directAccess: config.console.directAccess },
    inspection: (host) => {
      const inspection = inspections.get(host);
      if (inspection === undefined) throw new RangeError(`nothing looks at a host called ${host}`);
      return inspection;
    },
    reload: () => watcher?.reload(),
    stop: async () => {
      watcher?.stop();
      await actions.stop();
      await Promise.all([...inspections.values()].map((inspection) => inspection.close()));
    },
  };
}

function composeConsoles({ config, consoleHosts, onConsoleEvent, logger }: ApiOptions): ConsoleService {
  const { tls } = config.console;
  const service: ConsoleService = new ConsoleService({
    hosts: consoleHosts,
    limits: config.console,
    tls,
    onEvent: (event) => {
      const level = event.event === 'console.fault' ? 'error' : event.event === 'console.refused' ? 'warn' : 'info';
      if (event.quiet !== true) logger[level](event, consoleText(event));
      onConsoleEvent(event, service.sessions);
    },
  });
  return service;
}

function watchTokens({ file, api }: Config, guard: RequestGuard, log: ApiLog): TokenFileWatcher | undefined {
  if (file === undefined) return undefined;
  const onChange = guard.configure.bind(guard);
  return new TokenFileWatcher({ file, api, onChange, log });
}

function deniedText({ code, address, tokenName, reason }: AuthDenied): string {
  const who = tokenName === undefined ? 'a request' : `token ${tokenName}`;
  return `${who} from ${address} was refused: ${code}, ${reason}`;
}

function consoleText(event: ConsoleEvent): string {
  const { domain, host, tokenName, user, reason, end, detail, address } = event;
  if (domain === undefined) return `${event.event}: a request from ${address}: ${reason ?? ''}`;
  const who = user === undefined ? String(tokenName) : `${user} (${String(tokenName)})`;
  const what = `${event.event}: ${domain} at host ${String(host)} by ${who} from ${address}`;
  return [what, end, detail].filter((part) => part !== undefined).join(': ');
}

function auditText({ event, action, domain, uuid, host, tokenName, user, detail }: AuditEvent): string {
  const who = user === undefined ? tokenName : `${user} (${tokenName})`;
  const what = `${event}: ${action} of ${domain ?? uuid} at host ${host} by ${who}`;
  return detail === undefined ? what : `${what}: ${detail}`;
}
