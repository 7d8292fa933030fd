// SPDX-License-Identifier: Apache-2.0
// Grafana's BackendSrv on top of fetch: errors as FetchError, a later request with the same id cancels the one before,
// and chunks as they come. A failure that Grafana would show as a toast is an error on the console, where tests look.
import type { BackendSrv, BackendSrvRequest, FetchError, FetchResponse } from '@grafana/runtime';
import { Observable, lastValueFrom } from 'rxjs';

const running = new Map<string, AbortController>();

type ParameterValue = string | number | boolean | undefined | readonly (string | number)[];

async function send(options: BackendSrvRequest, signal: AbortSignal): Promise<Response> {
  const { headers = {}, method = 'GET', params = {} } = options;
  const data: unknown = options.data;
  const url = new URL(options.url, location.origin);
  if (url.origin !== location.origin) throw new Error(`${options.url}: not a URL of this Grafana`);
  if (options.validatePath === true && /(?:^|[/\\])\.\.(?:[/\\]|$)|%2e%2e/i.test(options.url)) {
    throw new Error(`${options.url}: path traversal`);
  }
  for (const [key, value] of Object.entries(params as Record<string, ParameterValue>)) {
    for (const item of [value].flat()) if (item !== undefined) url.searchParams.append(key, String(item));
  }
  const isText = typeof data === 'string' || data instanceof URLSearchParams;
  return fetch(url, {
    method,
    signal,
    headers: {
      accept: 'application/json, text/plain, */*',
      ...(data === undefined || isText ? {} : { 'content-type': 'application/json' }),
      'x-grafana-org-id': '1',
      ...(headers as Record<string, string>),
    },
    ...(data === undefined ? {} : { body: isText ? data : JSON.stringify(data) }),
  });
}

function describe<T>(options: BackendSrvRequest, response: Response, data: T): FetchResponse<T> {
  const { headers, ok, redirected, status, statusText, type, url } = response;
  return { config: options, data, headers, ok, redirected, status, statusText, type, url };
}

/** JSON where it can be read as JSON, as Grafana does whatever the content type says. */
async function parse(response: Response, options: BackendSrvRequest): Promise<unknown> {
  if (options.responseType === 'blob') return response.blob();
  if (options.responseType === 'arraybuffer') return response.arrayBuffer();
  const text = await response.text();
  if (options.responseType === 'text') return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function failure(options: BackendSrvRequest, status: number, statusText: string, data: unknown): FetchError {
  return { config: options, data, status, statusText };
}

/** An observable whose request ends with it. */
function requestOf<T>(
  options: BackendSrvRequest,
  use: (response: Response, emit: (value: FetchResponse<T>) => void) => Promise<void>,
): Observable<FetchResponse<T>> {
  return new Observable((subscriber) => {
    const abort = new AbortController();
    const { abortSignal, requestId } = options;
    abortSignal?.addEventListener('abort', () => {
      abort.abort();
    });
    if (requestId !== undefined) {
      running.get(requestId)?.abort();
      running.set(requestId, abort);
    }
    function fail(error: FetchError): void {
      if (options.showErrorAlert !== false) console.error(`toast: ${options.url}: ${String(error.status)}`);
      subscriber.error(error);
    }
    void (async () => {
      try {
        const response = await send(options, abort.signal);
        if (!response.ok) {
          fail(failure(options, response.status, response.statusText, await parse(response, options)));
          return;
        }
        await use(response, (value) => {
          subscriber.next(value);
        });
        subscriber.complete();
      } catch (error) {
        if (subscriber.closed) return;
        if (abort.signal.aborted) {
          subscriber.error({ ...failure(options, -1, 'Request was aborted', {}), cancelled: true });
          return;
        }
        fail(failure(options, 0, String(error), { message: String(error) }));
      }
    })();
    return () => {
      abort.abort();
    };
  });
}

function fetchOnce<T>(options: BackendSrvRequest): Observable<FetchResponse<T>> {
  return requestOf<T>(options, async (response, emit) => {
    emit(describe(options, response, (await parse(response, options)) as T));
  });
}

async function dataOf<T>(options: BackendSrvRequest): Promise<T> {
  return (await lastValueFrom(fetchOnce<T>(options))).data;
}

/** See the head of this file. What is deprecated is not there: who uses it fails. */
export const backendSrv: Omit<BackendSrv, 'request' | 'datasourceRequest'> = {
  fetch: fetchOnce,
  chunked: (options) =>
    requestOf<Uint8Array | undefined>(options, async (response, emit) => {
      const reader = response.body?.getReader();
      for (;;) {
        const { done = true, value } = (await reader?.read()) ?? {};
        emit(describe(options, response, value));
        if (done) return;
      }
    }),
  get: (url, params: Record<string, unknown> = {}, requestId, options) =>
    dataOf({ ...options, url, params, requestId }),
  delete: (url, data, options) => dataOf({ ...options, method: 'DELETE', url, data }),
  post: (url, data, options) => dataOf({ ...options, method: 'POST', url, data }),
  patch: (url, data, options) => dataOf({ ...options, method: 'PATCH', url, data }),
  put: (url, data, options) => dataOf({ ...options, method: 'PUT', url, data }),
};
