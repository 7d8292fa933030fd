// SPDX-License-Identifier: Apache-2.0
// Grafana's backend for tests, behind the real runtime: answers by route and path, problems as Vireo sends them, and
// every request that was made.

import type { CurrentUser } from '@grafana/data';
import {
  type BackendSrv,
  type BackendSrvRequest,
  type DataSourceSrv,
  type FetchResponse,
  setBackendSrv,
  setCurrentUser,
  setDataSourceSrv,
} from '@grafana/runtime';
import { PROBLEMS } from '@vireo/exporter/contract';
import { defer, type Observable } from 'rxjs';
import { PERMISSIONS, PLUGIN_ID } from '../constants';

/** One request, as tests ask about it. */
export interface SentRequest {
  readonly method: string;
  /** The route of plugin.json: v1, operate or console. */
  readonly route: string;
  /** Below /api/v1, without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a request is answered with; a thrown {@link failure} is an error. */
export type Answer = (request: SentRequest) => unknown;

/** Answers by `GET /hosts`, by `*` for one part of the path. */
export class FakeApi {
  readonly requests: SentRequest[] = [];
  /** What was saved as the settings of the app. */
  readonly savedSettings: unknown[] = [];
  readonly #answers = new Map<string, Answer>();

  /** Answers `GET /hosts/kvm1` or `POST /actions`; the newest of several that fit. */
  on(methodAndPath: string, answer: Answer | object | string): this {
    this.#answers.set(methodAndPath, typeof answer === 'function' ? (answer as Answer) : () => answer);
    return this;
  }

  /** Requests of one method. */
  sent(method: string): SentRequest[] {
    return this.requests.filter((request) => request.method === method);
  }

  answer(options: BackendSrvRequest): unknown {
    const url = new URL(options.url, 'http://grafana.test');
    if (url.pathname === `/api/plugins/${PLUGIN_ID}/settings`) {
      this.savedSettings.push(options.data);
      return {};
    }
    const prefix = `/api/plugin-proxy/${PLUGIN_ID}/`;
    if (!url.pathname.startsWith(prefix)) {
      throw new Error(`not to the proxy of the app: ${options.url}`);
    }
    const [route = '', ...parts] = url.pathname.slice(prefix.length).split('/');
    const request: SentRequest = {
      method: options.method ?? 'GET',
      route,
      path: `/${parts.join('/')}`,
      query: url.searchParams,
      body: options.data,
      headers: options.headers ?? {},
    };
    this.requests.push(request);
    const fits = [...this.#answers].filter(([pattern]) => matches(pattern, `${request.method} ${request.path}`));
    const [, answer] = fits.at(-1) ?? [];
    if (answer === undefined) {
      throw failure(404, { message: 'plugin route match not found' });
    }
    return answer(request);
  }
}

/** An API that the real runtime talks to from now on, in a Grafana without data sources. */
export function fakeApi(): FakeApi {
  const api = new FakeApi();
  const fetch = <T>(options: BackendSrvRequest): Observable<FetchResponse<T>> =>
    defer(async () => {
      const data = (await api.answer(options)) as T;
      return { data, status: 200, statusText: 'OK', ok: true, config: options } as FetchResponse<T>;
    });
  const backend: Pick<BackendSrv, 'fetch'> = { fetch };
  setBackendSrv(backend as BackendSrv);
  setDataSourceSrv({ getList: () => [] } as unknown as DataSourceSrv);
  return api;
}

/** What Grafana throws for an answer that isn't one. */
export function failure(status: number, data: unknown): object {
  return { status, statusText: `status ${String(status)}`, data, config: { url: '' } };
}

/** One of Vireo's problems. */
export function problem(code: keyof typeof PROBLEMS, detail: string): object {
  const { status } = PROBLEMS[code];
  return failure(status, { type: 'about:blank', title: code, status, code, detail, requestId: 'request-1' });
}

/** The runtime takes a user once; whom it stands for changes. */
const signedIn: { permissions: Record<string, boolean> } = { permissions: {} };
let isStarted = false;

/** Who is signed in to Grafana: what their role is granted by plugin.json. */
export function signIn(role: 'viewer' | 'operator' | 'nobody'): void {
  const { read, operate, console } = PERMISSIONS;
  const permissions = { nobody: [], viewer: [read], operator: [read, operate, console] }[role];
  signedIn.permissions = Object.fromEntries(permissions.map((permission) => [permission, true]));
  if (!isStarted) {
    isStarted = true;
    setCurrentUser(signedIn as unknown as CurrentUser);
  }
}

function matches(pattern: string, text: string): boolean {
  const escaped = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${escaped.join('[^/]+')}$`).test(text);
}
