// SPDX-License-Identifier: Apache-2.0

import { EVENT_KINDS, EVENT_SOURCES } from './event-kinds.ts';
import type { LibvirtEvent } from './event-kinds.ts';
import { EventsApi } from './events.ts';
import { ScriptedDaemon } from './scripted-daemon.fixture.ts';

const REGISTER_DOMAIN = 316;
const DEREGISTER_DOMAIN = 317;
const REGISTER_NETWORK = 313;
const LIFECYCLE = 318;
const REBOOT = 319;
const NETWORK_LIFECYCLE = 315;

const dom = { name: 'a', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f', id: 7 };
const domHex = '00000001' + '61000000' + '6695eb01f6a4830479aa97f2502e193f' + '00000007';
const netHex = '00000001' + '6e000000' + '6695eb01f6a4830479aa97f2502e193f';

const id = (callback: number): string => callback.toString(16).padStart(8, '0');
const lifecycle = (callback: number, event: number, detail: number): string =>
  id(callback) + domHex + id(event) + id(detail);

function start(): { daemon: ScriptedDaemon; events: EventsApi } {
  const daemon = new ScriptedDaemon();
  daemon.answer(REGISTER_DOMAIN, { ret: id(0) }).answer(DEREGISTER_DOMAIN, { ret: '' });
  return { daemon, events: new EventsApi(daemon.rpc) };
}

it('hands over an event in words', async () => {
  const { daemon, events } = start();
  const seen: LibvirtEvent[] = [];
  await events.subscribe('lifecycle', (event) => seen.push(event));
  daemon.emit(LIFECYCLE, lifecycle(0, 2, 0));
  daemon.emit(LIFECYCLE, lifecycle(0, 99, 4));
  await daemon.settle();
  expect(seen).toEqual([
    { kind: 'lifecycle', domain: dom, event: 'started', detail: 'booted' },
    { kind: 'lifecycle', domain: dom, event: 'unknown-99', detail: 'unknown-4' },
  ]);
});

it('registers for all objects, once for each kind whoever listens', async () => {
  const { daemon, events } = start();
  const seen: string[] = [];
  await Promise.all([
    events.subscribe('lifecycle', () => seen.push('first')),
    events.subscribe('lifecycle', () => seen.push('second')),
  ]);
  await events.subscribe('lifecycle', () => seen.push('third'));
  daemon.emit(LIFECYCLE, lifecycle(0, 2, 0));
  await daemon.settle();
  expect(daemon.calls).toEqual([{ procedure: REGISTER_DOMAIN, args: id(0) + '00000000' }]);
  expect(seen).toEqual(['first', 'second', 'third']);
});

it('keeps families apart though their registrations have the same id', async () => {
  const { daemon, events } = start();
  daemon.answer(REGISTER_NETWORK, { ret: id(0) });
  const seen: unknown[] = [];
  await events.subscribe('lifecycle', (event) => seen.push(event));
  await events.subscribe('network-lifecycle', (event) => seen.push(event));
  daemon.emit(NETWORK_LIFECYCLE, id(0) + netHex + id(3) + id(0));
  await daemon.settle();
  expect(seen).toEqual([{ kind: 'network-lifecycle', network: { name: 'n', uuid: dom.uuid }, event: 'stopped' }]);
});

it('keeps kinds of one family apart', async () => {
  const { daemon, events } = start();
  daemon.answer(REGISTER_DOMAIN, { ret: id(0) }, { ret: id(1) });
  const seen: string[] = [];
  await events.subscribe('lifecycle', ({ kind }) => seen.push(kind));
  await events.subscribe('reboot', ({ kind }) => seen.push(kind));
  daemon.emit(REBOOT, id(1) + domHex);
  await daemon.settle();
  expect(seen).toEqual(['reboot']);
  expect(daemon.calls.map(({ args }) => args)).toEqual([id(0) + '00000000', id(1) + '00000000']);
});

it('delivers events that come before the reply to the registration', async () => {
  const { daemon, events } = start();
  daemon.answer(REGISTER_DOMAIN, 'later');
  const seen: string[] = [];
  const subscribed = events.subscribe('lifecycle', ({ event }) => seen.push(event));
  await daemon.settle();
  daemon.emit(LIFECYCLE, lifecycle(6, 2, 0));
  daemon.emit(LIFECYCLE, lifecycle(5, 5, 1));
  await daemon.settle();
  expect(seen).toEqual([]);
  daemon.reply(id(6));
  await subscribed;
  expect(seen).toEqual(['started']);
});

it('keeps only so many of them', async () => {
  const { daemon, events } = start();
  daemon.answer(REGISTER_DOMAIN, 'later');
  let count = 0;
  const subscribed = events.subscribe('lifecycle', () => (count += 1));
  await daemon.settle();
  for (let i = 0; i < 1500; i++) daemon.emit(LIFECYCLE, lifecycle(0, 2, 0));
  daemon.reply(id(0));
  await subscribed;
  expect(count).toBe(1024);
});

it('ignores what belongs to a registration that has ended', async () => {
  const { daemon, events } = start();
  daemon.answer(REGISTER_DOMAIN, { ret: id(3) });
  let count = 0;
  await events.subscribe('lifecycle', () => (count += 1));
  daemon.emit(LIFECYCLE, lifecycle(2, 2, 0));
  await daemon.settle();
  expect(count).toBe(0);
});

it('rejects for an event the daemon does not know, and can be tried again', async () => {
  const { daemon, events } = start();
  daemon.answer(REGISTER_DOMAIN, { error: 1 }, { ret: id(0) });
  await expect(events.subscribe('nic-mac-change', () => undefined)).rejects.toMatchObject({
    code: 'LV_REMOTE',
    name: 'VIR_ERR_INTERNAL_ERROR',
  });
  await events.subscribe('nic-mac-change', () => undefined);
  expect(daemon.count(DEREGISTER_DOMAIN)).toBe(0);
});

it('tells the daemon only when the last listener has gone', async () => {
  const { daemon, events } = start();
  daemon.answer(REGISTER_DOMAIN, { ret: id(4) });
  const seen: string[] = [];
  const listener = (): void => {
    seen.push('called');
  };
  const first = await events.subscribe('lifecycle', listener);
  const second = await events.subscribe('lifecycle', listener);
  first();
  first();
  daemon.emit(LIFECYCLE, lifecycle(4, 2, 0));
  await daemon.settle();
  expect(seen).toEqual(['called']);
  expect(daemon.count(DEREGISTER_DOMAIN)).toBe(0);
  second();
  daemon.emit(LIFECYCLE, lifecycle(4, 2, 0));
  await daemon.settle();
  expect(seen).toEqual(['called']);
  expect(daemon.calls.at(-1)).toEqual({ procedure: DEREGISTER_DOMAIN, args: id(4) });
});

it('registers again only after the daemon has dropped the old registration', async () => {
  const { daemon, events } = start();
  daemon.answer(DEREGISTER_DOMAIN, 'later');
  const stop = await events.subscribe('lifecycle', () => undefined);
  stop();
  const again = events.subscribe('lifecycle', () => undefined);
  await daemon.settle();
  expect(daemon.count(REGISTER_DOMAIN)).toBe(1);
  daemon.reply('');
  await again;
  expect(daemon.count(REGISTER_DOMAIN)).toBe(2);
});

it('goes on with the other listeners when one throws, and lets its error be seen', async () => {
  const { daemon, events } = start();
  const uncaught: (() => void)[] = [];
  const spy = jest.spyOn(globalThis, 'queueMicrotask').mockImplementation((task) => uncaught.push(task));
  const seen: string[] = [];
  await events.subscribe('lifecycle', () => {
    throw new Error('a bug of the listener');
  });
  await events.subscribe('lifecycle', ({ event }) => seen.push(event));
  daemon.emit(LIFECYCLE, lifecycle(0, 2, 0));
  await daemon.settle();
  spy.mockRestore();
  expect(seen).toEqual(['started']);
  expect(uncaught).toHaveLength(1);
  expect(uncaught[0]).toThrow('a bug of the listener');
});

it('a connection that breaks fails the subscription, and ending one afterwards is harmless', async () => {
  const { daemon, events } = start();
  const stop = await events.subscribe('lifecycle', () => undefined);
  daemon.answer(REGISTER_DOMAIN, 'hang-up');
  await expect(events.subscribe('reboot', () => undefined)).rejects.toMatchObject({ code: 'LV_CONN_CLOSED' });
  stop();
  await daemon.settle();
});

it('asks for the end of a proxied connection by its own procedure', async () => {
  const { daemon, events } = start();
  daemon.answer(360, { ret: '' }).answer(361, { ret: '' });
  const seen: unknown[] = [];
  const stop = await events.subscribe('connection-closed', (event) => seen.push(event));
  daemon.emit(362, id(1));
  await daemon.settle();
  expect(seen).toEqual([{ kind: 'connection-closed', reason: 'eof' }]);
  stop();
  await daemon.settle();
  expect(daemon.count(361)).toBe(1);
});

it('has a number of its own for each event of a family', () => {
  const keys = EVENT_KINDS.map((kind) => `${EVENT_SOURCES[kind].family} ${String(EVENT_SOURCES[kind].eventId)}`);
  expect(new Set(keys).size).toBe(EVENT_KINDS.length);
  const ofDomains = EVENT_KINDS.filter((kind) => EVENT_SOURCES[kind].family === 'domain');
  expect(ofDomains.map((kind) => EVENT_SOURCES[kind].eventId)).toEqual(Array.from({ length: 28 }, (_, i) => i));
});
