// SPDX-License-Identifier: Apache-2.0
// The API on a real port, over hosts that a test makes up; only what lies behind the ports of deps.ts is not real.

import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http';
import { RequestGuard } from '../../auth/request-guard.ts';
import type { AuthDenied } from '../../auth/request-guard.ts';
import type { ApiConfig, TokenConfig } from '../../config/config.ts';
import { problem } from '../../contract/api.ts';
import type { DomainSnapshot, HostSnapshot } from '../../hosts/snapshot.ts';
import { ConsoleService } from '../../console/console-service.ts';
import type { ActionsPort, ApiDeps, ConsoleDeps, InspectionPort } from '../deps.ts';
import { createHttpServer } from '../server.ts';
import { NOW } from '../snapshots.fixture.ts';
import { EventFeed } from './event-feed.ts';

/** One whole answer. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The body as JSON. */
  readonly json: unknown;
}

/** How to ask. */
export interface Ask extends RequestOptions {
  /** The token; none when null, that of "all" when absent. */
  readonly token?: string | null;
  /** Sent as JSON unless it is text or bytes. */
  readonly body?: unknown;
}

/** The API, running. */
export interface TestApi {
  readonly port: number;
  readonly guard: RequestGuard;
  readonly feed: EventFeed;
  readonly denied: AuthDenied[];
  readonly lines: { readonly level: string; readonly fields: Readonly<Record<string, unknown>> }[];
  hosts: HostSnapshot[];
  ask(path: string, options?: Ask): Promise<Answer>;
  /** The code of a problem, after checking that it is a whole one. */
  code(path: string, options?: Ask): Promise<string>;
  /** Sends a request and hands out the answer as it begins. */
  open(path: string, options?: Ask): Promise<IncomingMessage>;
  close(): Promise<void>;
}

/** Every privilege, everywhere. */
export const ALL: TokenConfig = token('all', {});
/** Reads domains called web-* on kvm1 and nothing else. */
export const WEB: TokenConfig = token('web', { privileges: ['read', 'power'], hosts: ['kvm1'], domains: ['web-*'] });

/** A token whose secret is `secret-NAME`. */
export function token(name: string, different: Partial<TokenConfig>): TokenConfig {
  return {
    name,
    sha256: createHash('sha256').update(`secret-${name}`).digest('hex'),
    privileges: ['read', 'xml', 'power', 'force', 'console.view', 'console.control'],
    hosts: ['*'],
    domains: ['*'],
    requireIdentity: false,
    ...different,
  };
}

/** The section `api` with these tokens. */
export function apiConfig(tokens: readonly TokenConfig[]): ApiConfig {
  return {
    readOnly: false,
    tokens,
    rateLimit: { requestsPerMinutePerToken: 100_000, failuresPerMinutePerAddress: 100_000 },
    trustedProxies: [],
  };
}

/** Starts it. */
export async function startApi(
  hosts: HostSnapshot[],
  ports: Pick<ApiDeps, 'inspection' | 'actions'> & Pick<Partial<ApiDeps>, 'heartbeatMs' | 'consoles'>,
  tokens: readonly TokenConfig[] = [ALL, WEB],
): Promise<TestApi> {
  const denied: AuthDenied[] = [];
  const lines: { level: string; fields: Record<string, unknown> }[] = [];
  const log = (level: string) => (fields: object) => {
    lines.push({ level, fields: { ...fields } });
  };
  const guard = new RequestGuard({ api: apiConfig(tokens), onDenied: (line) => denied.push(line) });
  const feed = new EventFeed(50);
  const running = { hosts };
  const server = createHttpServer({
    hosts: () => running.hosts,
    metrics: () => Promise.reject(new Error('no metrics here')),
    api: { guard, feed, consoles: ports.consoles ?? noConsoles(), ...ports },
    version: '0.1.0',
    startedAt: NOW,
    logger: { debug: log('debug'), info: log('info'), error: log('error') },
  });
  const port = await server.listen({ host: '127.0.0.1', port: 0 });
  const ask = async (path: string, options: Ask = {}): Promise<Answer> => {
    const response = await send(port, path, options);
    const chunks: Buffer[] = [];
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      body,
      get json() {
        return JSON.parse(body.toString()) as unknown;
      },
    };
  };
  return {
    port,
    guard,
    feed,
    denied,
    lines,
    get hosts() {
      return running.hosts;
    },
    set hosts(next) {
      running.hosts = next;
    },
    ask,
    code: async (path, options) => {
      const { status, headers, json } = await ask(path, options);
      expect(headers['content-type']).toMatch(/^application\/problem\+json/);
      const said = problem.parse(json);
      expect([said.status, said.requestId]).toEqual([status, headers['x-request-id']]);
      return said.code;
    },
    open: (path, options) => send(port, path, options),
    close: () => server.close(0),
  };
}

function send(
  port: number,
  path: string,
  { token: name = 'all', body, ...options }: Ask = {},
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const raw = typeof body === 'string' || Buffer.isBuffer(body) || body === undefined;
    const request: ClientRequest = httpRequest(
      {
        host: '127.0.0.1',
        port,
        path,
        agent: false,
        ...options,
        headers: {
          ...(name === null ? {} : { authorization: `Bearer secret-${name}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(options.headers as IncomingHttpHeaders | undefined),
        },
      },
      resolve,
    );
    request.on('error', reject);
    request.end(raw ? body : JSON.stringify(body));
  });
}

/** A running domain with a number of its own. */
export function domain(number: number, name: string, different: Partial<DomainSnapshot> = {}): DomainSnapshot {
  return {
    uuid: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
    name,
    id: number,
    state: 'running',
    reason: 'booted',
    persistent: true,
    autostart: false,
    ...different,
  };
}

/** As a snapshot holds them. */
export function byUuid(...domains: readonly DomainSnapshot[]): ReadonlyMap<string, DomainSnapshot> {
  return new Map(domains.map((one) => [one.uuid, one]));
}

/** Every domain may be suspended, nothing can be done. */
export function noActions(): ActionsPort {
  const no = (): Promise<never> => Promise.reject(new Error('no actions here'));
  return {
    describe: () => ({
      allowedActions: ['suspend'],
      refusedActions: { start: 'needs the privilege power' },
      refusalCodes: { start: 'privilege' },
    }),
    submit: no,
    earlier: () => Promise.resolve(undefined),
    check: no,
    task: () => undefined,
    tasks: () => [],
  };
}

/** Nothing can be looked at. */
export function noInspection(): InspectionPort {
  const no = (): Promise<never> => Promise.reject(new Error('no inspection here'));
  return { capabilitiesXml: no, domainXml: no, domainXmlDiff: no, screenshot: no, snapshots: no };
}

/** No console can be opened. */
export function noConsoles(): ConsoleDeps {
  const service = new ConsoleService({
    hosts: new Map(),
    limits: { sessionsPerDomain: 1, sessionsPerUser: 1, sessions: 1, longestSessionSeconds: 60 },
    tls: { caFile: '/none' },
    onEvent: () => undefined,
  });
  // Of hosts it has never heard of.
  service.refusalFor = () => undefined;
  return { service, place: { allowedOrigins: [] }, directAccess: false };
}

/** An API without tokens, for tests of what is not the API. */
export function apiOff(): ApiDeps {
  const guard = new RequestGuard({ api: apiConfig([]), onDenied: () => undefined });
  return { guard, feed: new EventFeed(), inspection: noInspection, actions: noActions(), consoles: noConsoles() };
}
