// SPDX-License-Identifier: Apache-2.0
// The client against a daemon that misbehaves, over real sockets: what each trouble ends in, and what it leaves alone.

import { setTimeout as sleep } from 'node:timers/promises';

import type { Connection } from '../api/connection.ts';
import { connect } from '../connect.ts';
import type { ConnectOptions } from '../connect.ts';
import { CONNECT_GET_HOSTNAME, CONNECT_GET_TYPE, CONNECT_OPEN } from '../protocol/connect.ts';
import { DOMAIN_SCREENSHOT } from '../protocol/domain-details.ts';
import { CONNECT_LIST_ALL_DOMAINS } from '../protocol/domain.ts';
import { DOMAIN_EVENT_CALLBACK_LIFECYCLE } from '../protocol/events.ts';
import { DaemonError } from './daemon-error.ts';
import { FakeDaemon } from './fake-daemon.ts';
import type { FakeDaemonOptions } from './fake-daemon.ts';
import { NEVER } from './handlers.ts';
import type { Fault } from './faults.ts';
import { SimulatedHost } from './simulated/host.ts';
import { hostSpec } from './specimens.test-support.ts';

const cleanUps: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function listen(options: FakeDaemonOptions = {}): Promise<FakeDaemon> {
  const host = new SimulatedHost(hostSpec());
  const daemon = await FakeDaemon.listen({ host, ...options });
  cleanUps.push(() => daemon.close());
  return daemon;
}

async function open(daemon: FakeDaemon, options: ConnectOptions = {}): Promise<Connection> {
  const connection = await connect(daemon.uri, options);
  cleanUps.push(() => connection.close());
  return connection;
}

/** A connection whose next hostname question meets the fault. */
async function facing(fault: Fault, options: FakeDaemonOptions = {}): Promise<Connection> {
  return open(await listen({ ...options, faults: [{ on: CONNECT_GET_HOSTNAME, fault }] }));
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 20_000 && !condition(); i++) await sleep(1);
  if (!condition()) throw new Error('waited 20 s in vain');
}

describe('a daemon that is not there', () => {
  test('refuses', async () => {
    const daemon = await FakeDaemon.listen();
    await daemon.close();
    await expect(connect(daemon.uri)).rejects.toMatchObject({ code: 'LV_CONN_REFUSED' });
  });

  test('accepts and never reads', async () => {
    const daemon = await listen({ deaf: true });
    const deadlines = { connectMs: 50 };
    await expect(connect(daemon.uri, { deadlines })).rejects.toMatchObject({ code: 'LV_CONN_TIMEOUT' });
  });

  test('authenticates and then hangs in CONNECT_OPEN, which has a deadline of its own', async () => {
    const daemon = await listen({ faults: [{ on: CONNECT_OPEN, fault: { kind: 'mute' } }] });
    const opening = connect(daemon.uri, { deadlines: { openMs: 50 } });
    await expect(opening).rejects.toMatchObject({ code: 'LV_TIMEOUT', call: { procedure: 'CONNECT_OPEN' } });
    await until(() => daemon.sessions.length === 0);
  });

  test('dies while it is being connected to', async () => {
    const daemon = await listen({ faults: [{ on: CONNECT_OPEN, fault: { kind: 'close' } }] });
    await expect(connect(daemon.uri)).rejects.toMatchObject({ code: 'LV_CONN_CLOSED' });
  });
});

describe('a reply that ends the connection', () => {
  test.each<[string, Fault, string]>([
    ['a wrong serial', { kind: 'serial', serial: 4711 }, 'LV_PROTO_SERIAL'],
    ['a length below the header', { kind: 'length', length: 27 }, 'LV_PROTO_LENGTH'],
    ['a length over the limit', { kind: 'length', length: 33_554_437 }, 'LV_PROTO_LENGTH'],
    ['a type a daemon may not send', { kind: 'type', type: 0 }, 'LV_PROTO_TYPE'],
    ['a type libvirt does not have', { kind: 'type', type: 77 }, 'LV_PROTO_TYPE'],
    ['half a frame', { kind: 'half' }, 'LV_CONN_CLOSED'],
    ['nothing but the end', { kind: 'close' }, 'LV_CONN_CLOSED'],
  ])('%s', async (_what, fault, code) => {
    const connection = await facing(fault);
    await expect(connection.host.hostname()).rejects.toMatchObject({ code });
    await expect(connection.closed).resolves.toMatchObject({ code });
    await expect(connection.host.type()).rejects.toMatchObject({ code });
  });

  test('a TCP reset', async () => {
    const connection = await facing({ kind: 'reset' }, { transport: 'tcp' });
    await expect(connection.host.hostname()).rejects.toMatchObject({ code: 'LV_CONN_CLOSED', retriable: true });
  });
});

describe('a reply that leaves the connection alone', () => {
  test.each<[string, Fault]>([
    ['file descriptors, a stray byte each', { kind: 'fds', count: 3 }],
    ['an event nobody asked for, with the serial of the call', { kind: 'strayEvent' }],
    ['data of a stream nobody opened', { kind: 'strayStream' }],
    ['more bytes than this client knows', { kind: 'pad', packetBytes: 4096 }],
  ])('%s', async (_what, fault) => {
    const connection = await facing(fault);
    expect(await connection.host.hostname()).toBe('specimen');
    expect(await connection.host.type()).toBe('QEMU');
  });

  test('a packet of the full 32 MiB', async () => {
    const connection = await facing({ kind: 'pad', packetBytes: 33_554_436 });
    expect(await connection.host.hostname()).toBe('specimen');
    expect(await connection.host.type()).toBe('QEMU');
  });

  test('a payload that does not decode fails its own call only', async () => {
    const connection = await facing({ kind: 'payload', hex: '7fffffff' });
    await expect(connection.host.hostname()).rejects.toMatchObject({ code: 'LV_PROTO_PAYLOAD' });
    expect(await connection.host.type()).toBe('QEMU');
  });

  test('bytes that come one by one', async () => {
    const connection = await open(await listen({ pieceBytes: 1 }));
    expect((await connection.domains.list()).map(({ name }) => name)).toEqual(['one']);
  });

  test('an unknown procedure', async () => {
    const connection = await open(await FakeDaemon.listen().then((daemon) => keep(daemon)));
    await expect(connection.call({ ...CONNECT_GET_TYPE, number: 9999 }, {})).rejects.toMatchObject({
      name: 'VIR_ERR_RPC',
      number: 39,
      message: expect.stringContaining('unknown procedure: 9999') as unknown,
    });
  });

  test('an error with every field', async () => {
    const daemon = await listen();
    const fields = {
      code: 42,
      domain: 10,
      message: 'gone',
      level: 2,
      str1: 'a',
      str2: 'b',
      str3: 'c',
      int1: 7,
      int2: 8,
    };
    daemon.on(CONNECT_GET_HOSTNAME, () => new DaemonError(fields));
    const connection = await open(daemon);
    await expect(connection.host.hostname()).rejects.toMatchObject({
      code: 'LV_REMOTE',
      name: 'VIR_ERR_NO_DOMAIN',
      procedure: 'CONNECT_GET_HOSTNAME',
      str1: 'a',
      str2: 'b',
      str3: 'c',
      int1: 7,
      int2: 8,
    });
  });

  test('captured bytes with the serial of the call', async () => {
    const daemon = await listen();
    // GET_HOSTNAME of libvirtd 9.0.0, captured on 24 November 2026: "vm".
    daemon.playReply(CONNECT_GET_HOSTNAME, '0000002420008086000000010000003b00000001000000030000000000000002766d0000');
    const connection = await open(daemon);
    expect(await connection.host.hostname()).toBe('vm');
    expect(await connection.host.hostname()).toBe('specimen');
  });
});

function keep(daemon: FakeDaemon): FakeDaemon {
  cleanUps.push(() => daemon.close());
  return daemon;
}

describe('slow answers', () => {
  test('a late reply is dropped, and its slot comes back', async () => {
    const connection = await facing({ kind: 'slow', ms: 60 });
    const late = connection.host.hostname({ deadlineMs: 10 });
    await expect(late).rejects.toMatchObject({ code: 'LV_TIMEOUT', call: { procedure: 'CONNECT_GET_HOSTNAME' } });
    expect(connection.load).toMatchObject({ abandoned: 1 });
    await until(() => connection.load.abandoned === 0);
    expect(await connection.host.hostname()).toBe('specimen');
  });

  test('replies come in the order they are ready', async () => {
    const connection = await facing({ kind: 'slow', ms: 30 });
    const order: string[] = [];
    await Promise.all([
      connection.host.hostname().then(() => order.push('hostname')),
      connection.host.type().then(() => order.push('type')),
    ]);
    expect(order).toEqual(['type', 'hostname']);
  });

  test('four hung calls leave room for others on the daemon, and never more than four are sent', async () => {
    const daemon = await listen({ faults: [{ on: CONNECT_GET_HOSTNAME, fault: { kind: 'mute' }, times: 4 }] });
    const connection = await open(daemon, { keepalive: { intervalMs: 20, count: 100 } });
    const hung = Array.from({ length: 4 }, () => connection.host.hostname({ deadlineMs: 30 }));
    for (const call of hung) await expect(call).rejects.toMatchObject({ code: 'LV_TIMEOUT' });
    const sent = daemon.calls.length;
    const queued = connection.host.type({ deadlineMs: 30 });
    await expect(queued).rejects.toMatchObject({ code: 'LV_TIMEOUT', call: { sentAt: null } });
    expect(daemon.calls).toHaveLength(sent);
    expect(daemon.sessions[0]?.serving).toBe(4);
    expect(connection.load).toMatchObject({ abandoned: 4 });
    // It still reads, which a fifth call would have kept it from.
    const pings = daemon.sessions[0]?.pings ?? 0;
    await until(() => (daemon.sessions[0]?.pings ?? 0) > pings);
  });

  test('five calls in progress and the daemon reads no more', async () => {
    const daemon = await listen({ faults: [{ on: CONNECT_GET_HOSTNAME, fault: { kind: 'slow', ms: 50 }, times: 5 }] });
    const connection = await open(daemon, { maxInFlight: 8 });
    const before = daemon.calls.length;
    const slow = Array.from({ length: 5 }, () => connection.host.hostname());
    const sixth = connection.host.type();
    await until(() => daemon.calls.length === before + 5);
    await sleep(5);
    expect(daemon.calls).toHaveLength(before + 5);
    await Promise.all([...slow, sixth]);
    expect(daemon.calls).toHaveLength(before + 6);
  });
});

describe('the end of a connection', () => {
  test('a daemon that goes away fails what is in flight, and the next connection works', async () => {
    const daemon = await listen();
    daemon.on(CONNECT_GET_HOSTNAME, () => NEVER);
    const connection = await open(daemon);
    const pending = connection.host.hostname();
    await until(() => daemon.sessions[0]?.serving === 1);
    daemon.dropConnections();
    await expect(pending).rejects.toMatchObject({ code: 'LV_CONN_CLOSED' });
    expect(await (await open(daemon)).host.type()).toBe('QEMU');
  });

  test('close during a call fails that call, and is bounded with a mute daemon', async () => {
    const daemon = await listen();
    daemon.on(CONNECT_GET_HOSTNAME, () => NEVER);
    const connection = await open(daemon);
    const pending = connection.host.hostname();
    const failed = expect(pending).rejects.toMatchObject({ code: 'LV_ARG_CLOSED' });
    await connection.close();
    await failed;
    await expect(connection.closed).resolves.toBeNull();
    await until(() => daemon.sessions.length === 0);
  });
});

describe('keepalive', () => {
  const quick = { intervalMs: 20, count: 2 };

  test('the daemon pings a silent client, and the client lives by its pongs', async () => {
    const daemon = await listen({ keepalive: quick });
    const connection = await open(daemon, { keepalive: { intervalMs: 60_000, count: 6 } });
    await until(() => (daemon.sessions[0]?.pongs ?? 0) > 6);
    expect(await connection.host.type()).toBe('QEMU');
  });

  test('the client pings a silent daemon', async () => {
    const daemon = await listen();
    await open(daemon, { keepalive: quick });
    await until(() => (daemon.sessions[0]?.pings ?? 0) > 3);
  });

  test('a daemon whose window is full answers no pings, and is not given up for it', async () => {
    const daemon = await listen();
    daemon.on(CONNECT_GET_HOSTNAME, () => NEVER);
    const connection = await open(daemon, { keepalive: quick, maxInFlight: 5 });
    for (let i = 0; i < 5; i++) connection.host.hostname({ deadlineMs: 10 }).catch(() => undefined);
    await until(() => daemon.sessions[0]?.serving === 5);
    expect(await Promise.race([connection.closed, sleep(200, 'alive')])).toBe('alive');
  });
});

describe('streams', () => {
  test('data that comes before the reply is kept', async () => {
    const daemon = await listen();
    daemon.on(DOMAIN_SCREENSHOT, (_args, { stream }) => {
      stream.send(Buffer.from('early '));
      stream.send(Buffer.from('and late'));
      stream.end();
      return { mime: 'text/plain' };
    });
    const connection = await open(daemon, { readOnly: false });
    const dom = await connection.domains.lookupByName('one');
    const { stream } = await connection.openStream(DOMAIN_SCREENSHOT, { dom, screen: 0, flags: 0 });
    expect(Buffer.concat(await stream.toArray()).toString()).toBe('early and late');
    expect(daemon.sessions[0]?.openStreams).toBe(0);
  });

  test('a screenshot leaves no stream open on the daemon', async () => {
    const daemon = await listen();
    const connection = await open(daemon, { readOnly: false });
    const dom = await connection.domains.lookupByName('one');
    for (let i = 0; i < 5; i++) {
      const { stream } = await connection.openStream(DOMAIN_SCREENSHOT, { dom, screen: 0, flags: 0 });
      const png = Buffer.concat(await stream.toArray());
      expect(png.subarray(1, 4).toString()).toBe('PNG');
    }
    expect(daemon.sessions[0]?.openStreams).toBe(0);
  });

  test('one that fails halfway gives what the daemon said', async () => {
    const daemon = await listen();
    daemon.on(DOMAIN_SCREENSHOT, (_args, context) => {
      const { stream } = context;
      context.afterReply(() => {
        stream.send(Buffer.from('half'));
        stream.fail(new DaemonError({ code: 38, message: 'the screen is gone' }));
      });
      return { mime: null };
    });
    const connection = await open(daemon, { readOnly: false });
    const dom = await connection.domains.lookupByName('one');
    const { stream } = await connection.openStream(DOMAIN_SCREENSHOT, { dom, screen: 0, flags: 0 });
    await expect(stream.toArray()).rejects.toMatchObject({ name: 'VIR_ERR_SYSTEM_ERROR' });
    expect(await connection.host.type()).toBe('QEMU');
  });
});

describe('events', () => {
  const dom = { name: 'one', uuid: '11111111-1111-4111-8111-111111111111', id: 1 };

  test('a flood of them loses none and lets calls through', async () => {
    const daemon = await listen();
    const connection = await open(daemon);
    let seen = 0;
    await connection.events.subscribe('lifecycle', () => {
      seen += 1;
    });
    daemon.flood(20_000, 'domain', 0, DOMAIN_EVENT_CALLBACK_LIFECYCLE, (callbackID) => ({
      callbackID,
      dom,
      event: 3,
      detail: 0,
    }));
    expect(await connection.host.type()).toBe('QEMU');
    expect(seen).toBe(20_000);
  });

  test('families whose ids collide stay apart', async () => {
    const daemon = await listen();
    const connection = await open(daemon);
    const seen: string[] = [];
    await connection.events.subscribe('lifecycle', ({ event }) => seen.push(`domain ${event}`));
    await connection.events.subscribe('pool-lifecycle', ({ event }) => seen.push(`pool ${event}`));
    daemon.flood(1, 'domain', 0, DOMAIN_EVENT_CALLBACK_LIFECYCLE, (callbackID) => {
      expect(callbackID).toBe(0);
      return { callbackID, dom, event: 4, detail: 0 };
    });
    await connection.host.type();
    expect(seen).toEqual(['domain resumed']);
  });

  test('the same kind asked for twice on one connection is refused by a daemon, so the client asks once', async () => {
    const daemon = await listen();
    const connection = await open(daemon);
    const seen: string[] = [];
    const [first, second] = await Promise.all([
      connection.events.subscribe('lifecycle', () => seen.push('first')),
      connection.events.subscribe('lifecycle', () => seen.push('second')),
    ]);
    daemon.flood(1, 'domain', 0, DOMAIN_EVENT_CALLBACK_LIFECYCLE, (callbackID) => ({
      callbackID,
      dom,
      event: 4,
      detail: 0,
    }));
    await connection.host.type();
    expect(seen).toEqual(['first', 'second']);
    first();
    second();
  });
});

test('a reply of the largest list there is', async () => {
  const daemon = await listen();
  const domains = Array.from({ length: 16_384 }, (_, index) => ({
    name: `domain-${String(index)}`,
    uuid: '11111111-1111-4111-8111-111111111111',
    id: index,
  }));
  daemon.on(CONNECT_LIST_ALL_DOMAINS, () => ({ domains, ret: domains.length }));
  const connection = await open(daemon);
  expect(await connection.domains.list()).toHaveLength(16_384);
});
