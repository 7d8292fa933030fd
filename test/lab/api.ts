// SPDX-License-Identifier: Apache-2.0
// A client of the exporter's API for tests: tokens, JSON, tasks that are waited for, events as they come.
import { createHash } from 'node:crypto';
import type { Exporter } from './exporter.ts';
import { keepOutput } from './planted.ts';
import { waitFor } from './wait-for.ts';

/** One answer; `json` is undefined when the body is not JSON. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  readonly json: Readonly<Record<string, unknown>> | undefined;
}

/** An API as one token sees it. */
export interface ApiClient {
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<ApiAnswer>;
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<ApiAnswer>;
}

/** A task, as far as tests look at it. */
export interface TaskView {
  readonly id: string;
  readonly state: string;
  readonly changed?: boolean;
  readonly error?: { readonly code: string; readonly message: string };
  readonly result?: { readonly state: string; readonly reason: string };
}

/** One Server-Sent Event. */
export interface StreamEvent {
  readonly id: string;
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The line of the configuration for a token. */
export function tokenLine(name: string, secret: string, privileges: readonly string[], domains = '*'): string {
  const sha256 = createHash('sha256').update(secret).digest('hex');
  return `{ name: ${name}, sha256: '${sha256}', privileges: [${privileges.join(', ')}], domains: ['${domains}'] }`;
}

/** The API of an exporter with a token; paths begin below /api/v1. */
export function apiClient(exporter: Exporter, secret: string): ApiClient {
  async function ask(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body?: string,
  ): Promise<ApiAnswer> {
    const response = await fetch(`${exporter.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${secret}`, ...headers },
      signal: AbortSignal.timeout(30_000),
      ...(body === undefined ? {} : { body }),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    keepOutput(
      'answers-api',
      `${method} ${path}\n${JSON.stringify([...response.headers])}\n${bytes.toString('latin1')}\n`,
    );
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    const json = isJson ? (JSON.parse(bytes.toString()) as Record<string, unknown>) : undefined;
    return { status: response.status, headers: response.headers, bytes, json };
  }
  return {
    get: (path, headers = {}) => ask('GET', path, headers),
    post: (path, body, headers = {}) =>
      ask('POST', path, { 'content-type': 'application/json', ...headers }, JSON.stringify(body)),
  };
}

/** Waits until a task is over. */
export async function endOf(api: ApiClient, id: string, deadlineMs = 30_000): Promise<TaskView> {
  return waitFor(
    async () => {
      const task = (await api.get(`/tasks/${id}`)).json as unknown as TaskView;
      return task.state !== 'accepted' && task.state !== 'running' && task;
    },
    { what: `task ${id} is over`, deadlineMs, intervalMs: 50 },
  );
}

/** Follows the events; `close` ends it. */
export async function followEvents(
  exporter: Exporter,
  secret: string,
  lastEventId?: string,
): Promise<{ readonly events: StreamEvent[]; close(): void }> {
  const stop = new AbortController();
  const response = await fetch(`${exporter.url}/api/v1/events`, {
    headers: {
      authorization: `Bearer ${secret}`,
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    },
    signal: stop.signal,
  });
  if (!response.ok || response.body === null) throw new Error(`events: ${String(response.status)}`);
  const events: StreamEvent[] = [];
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  void (async () => {
    let rest = '';
    try {
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        keepOutput(`answers-events-${String(response.headers.get('x-request-id'))}`, part.value);
        const blocks = (rest + part.value).split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) {
          const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
          const data = field('data');
          if (data === undefined) continue;
          events.push({
            id: field('id') ?? '',
            event: field('event') ?? '',
            data: JSON.parse(data) as Record<string, unknown>,
          });
        }
      }
    } catch {
      // Closed by us, or by the exporter's end.
    }
  })();
  return {
    events,
    close: () => {
      stop.abort();
    },
  };
}
