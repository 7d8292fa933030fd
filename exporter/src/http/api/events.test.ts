// SPDX-License-Identifier: Apache-2.0

import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { hostSnapshot } from '../snapshots.fixture.ts';
import { ALL, WEB, apiConfig, noActions, noInspection, startApi, token } from './api.fixture.ts';
import type { Ask, TestApi } from './api.fixture.ts';
import { STREAMS_MAX } from './events-route.ts';

/** One event as an EventSource would see it. */
interface Event {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** A stream, read as it comes. */
class Reader {
  readonly response: IncomingMessage;
  readonly events: Event[] = [];
  readonly comments: string[] = [];
  readonly ended: Promise<void>;
  lastId = '';

  constructor(response: IncomingMessage) {
    this.response = response;
    let rest = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      const parts = (rest + chunk).split('\n\n');
      rest = parts.pop() ?? '';
      for (const part of parts) this.#take(part);
    });
    this.ended = new Promise((resolve) => response.once('close', resolve));
    response.on('error', () => undefined);
  }

  #take(part: string): void {
    const fields = new Map<string, string>();
    for (const line of part.split('\n')) {
      if (line.startsWith(':')) this.comments.push(line.slice(1).trim());
      const [name = '', value = ''] = line.split(/: (.*)/s);
      fields.set(name, value);
    }
    this.lastId = fields.get('id') ?? this.lastId;
    const data = fields.get('data');
    if (data !== undefined) this.events.push({ id: this.lastId, event: fields.get('event') ?? 'message', data });
  }

  async until(event: string): Promise<Event> {
    for (;;) {
      const found = this.events.find((one) => one.event === event);
      if (found !== undefined) return found;
      await once(this.response, 'data');
    }
  }
}

let api: TestApi;
const open = async (options: Ask = {}): Promise<Reader> => new Reader(await api.open('/api/v1/events', options));
const publish = (data: string, domainName?: string, host = 'kvm1'): void => {
  api.feed.publish({ type: 'domain.state', host, data, ...(domainName === undefined ? {} : { domainName }) });
};

beforeEach(async () => {
  api = await startApi([hostSnapshot('kvm1')], { inspection: noInspection, actions: noActions(), heartbeatMs: 20 }, [
    ALL,
    WEB,
    token('blind', { privileges: ['power'] }),
  ]);
});
afterEach(() => api.close());

it('says at once where the reader stands, then what happens', async () => {
  const reader = await open();
  expect(reader.response.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  const ready = await reader.until('ready');
  publish('{"n":1}', 'web-1');
  const event = await reader.until('domain.state');
  expect(event).toEqual({ id: api.feed.idOf(1), event: 'domain.state', data: '{"n":1}' });
  expect(ready.id).toBe(api.feed.idOf(0));
});

it('replays what a reader missed, and that only', async () => {
  for (const n of [1, 2, 3]) publish(String(n), 'web-1');
  const reader = await open({ headers: { 'last-event-id': api.feed.idOf(1) } });
  publish('4', 'web-1');
  while (reader.events.length < 4) await once(reader.response, 'data');
  expect(reader.events.map(({ event, data }) => [event, data])).toEqual([
    ['ready', '{}'],
    ['domain.state', '2'],
    ['domain.state', '3'],
    ['domain.state', '4'],
  ]);
});

it.each(['too old', 'of another run', 'nonsense'])(
  'tells a reader whose id is %s to read everything anew',
  async (what) => {
    for (let n = 0; n < 60; n++) publish(String(n), 'web-1');
    const id = { 'too old': api.feed.idOf(3), 'of another run': '00000000-3', nonsense: 'x' }[what] ?? '';
    const reader = await open({ headers: { 'last-event-id': id } });
    expect(await reader.until('reset')).toMatchObject({ id: api.feed.idOf(60) });
    publish('new', 'web-1');
    expect((await reader.until('domain.state')).data).toBe('new');
  },
);

it('tells a token only of what is in its scope', async () => {
  const reader = await open({ token: 'web' });
  publish('hidden', 'db-1');
  publish('hidden', 'web-1', 'kvm2');
  api.feed.publish({ type: 'host.lost', host: 'kvm2', data: 'hidden' });
  api.feed.publish({ type: 'host.lost', host: 'kvm1', data: 'seen' });
  publish('seen', 'web-1');
  await reader.until('domain.state');
  expect(reader.events.map(({ data }) => data)).toEqual(['{}', 'seen', 'seen']);
});

it('shows that it lives, and where the reader stands even if nothing is for it', async () => {
  const reader = await open({ token: 'web' });
  publish('hidden', 'db-1');
  while (!reader.comments.includes('heartbeat') || reader.lastId !== api.feed.idOf(1))
    await once(reader.response, 'data');
  expect(reader.events.map(({ event }) => event)).toEqual(['ready']);
});

it('ends when its token is changed or taken away', async () => {
  const [kept, dropped] = [await open(), await open({ token: 'web' })];
  api.guard.configure(apiConfig([ALL]));
  expect((await dropped.until('dropped')).data).toBe('{"reason":"token-changed"}');
  await dropped.ended;
  publish('seen', 'web-1');
  await kept.until('domain.state');
  expect(kept.events.map(({ event }) => event)).not.toContain('dropped');
});

it('tells nothing more to a token that was withdrawn, also before the next heartbeat', async () => {
  await api.close();
  api = await startApi([hostSnapshot('kvm1')], { inspection: noInspection, actions: noActions(), heartbeatMs: 60_000 });
  const reader = await open({ token: 'web' });
  await reader.until('ready');
  api.guard.configure(apiConfig([ALL]));
  publish('{}', 'web-1');
  expect((await reader.until('dropped')).data).toBe('{"reason":"token-changed"}');
  expect(reader.events.map(({ event }) => event)).not.toContain('domain.state');
});

it('ends at once, with the reason, when Vireo stops', async () => {
  const reader = await open();
  await reader.until('ready');
  const began = performance.now();
  await api.close();
  expect((await reader.until('dropped')).data).toBe('{"reason":"stopping"}');
  expect(performance.now() - began).toBeLessThan(1000);
});

it('drops a reader that does not read, holds nothing for it, and says so in the log', async () => {
  const socket = connect(api.port, '127.0.0.1');
  socket.pause();
  socket.write('GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret-all\r\n\r\n');
  const dropped = () => api.lines.find(({ fields }) => fields['event'] === 'events.dropped');
  const large = JSON.stringify('x'.repeat(100_000));
  for (let n = 0; n < 1000 && dropped() === undefined; n++) {
    publish(large, 'web-1');
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(dropped()).toMatchObject({ level: 'info', fields: { reason: 'slow-reader', tokenName: 'all' } });
  socket.destroy();
});

it('has no more streams than it can serve, and room again when some end', async () => {
  const readers = await Promise.all(Array.from({ length: STREAMS_MAX }, () => open()));
  expect(await api.code('/api/v1/events')).toBe('VIREO_BUSY');
  readers[0]?.response.destroy();
  let again = await api.open('/api/v1/events');
  while (again.statusCode === 503) {
    again.resume();
    again = await api.open('/api/v1/events');
  }
  expect(again.statusCode).toBe(200);
  again.destroy();
  for (const reader of readers) reader.response.destroy();
});

it('needs the privilege to read', async () => {
  expect(await api.code('/api/v1/events', { token: 'blind' })).toBe('VIREO_AUTH_PRIVILEGE');
  expect(await api.code('/api/v1/events?x=1')).toBe('VIREO_PARAMETER');
});
