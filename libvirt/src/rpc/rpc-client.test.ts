// SPDX-License-Identifier: Apache-2.0

import { AUTH_LIST } from '../protocol/auth.ts';
import { CONNECT_GET_LIB_VERSION } from '../protocol/connect.ts';
import { CONNECT_GET_ALL_DOMAIN_STATS } from '../protocol/domain-stats.ts';
import { DOMAIN_LOOKUP_BY_NAME } from '../protocol/domain.ts';
import { DOMAIN_EVENT_CALLBACK_REBOOT } from '../protocol/events.ts';
import { CONNECT_LIST_ALL_NETWORKS } from '../protocol/network.ts';
import { CONNECT_LIST_ALL_STORAGE_POOLS } from '../protocol/storage.ts';
import { AbortError, TimeoutError, TransportError } from '../errors.ts';
import { hex, packet, Peer, settle, torn } from './peer.test-support.ts';
import { RpcClient } from './rpc-client.ts';
import type { CallEnd, RpcClientOptions } from './rpc-client.ts';

const VERSION = hex('0000000000895440');
const VERSION_9 = { lib_ver: 9_000_000n };

function versionReply(serial: number): Buffer {
  return packet({ type: 1, serial }, VERSION);
}

/** An error reply with nothing but numbers, as the daemon sends for "no error set". */
function errorReply(serial: number, code: number, type = 1): Buffer {
  const payload = Buffer.alloc(44);
  payload.writeInt32BE(code);
  return packet({ type, serial, status: 1 }, payload);
}

function connect(options?: RpcClientOptions): { client: RpcClient; peer: Peer; ends: CallEnd[] } {
  const peer = new Peer();
  const ends: CallEnd[] = [];
  const client = new RpcClient(peer.pipe, { onCallEnd: (call) => ends.push(call), ...options });
  return { client, peer, ends };
}

function version(client: RpcClient, options?: Parameters<RpcClient['call']>[2]): Promise<unknown> {
  return client.call(CONNECT_GET_LIB_VERSION, {}, options);
}

/** Serials of the calls a daemon has received. */
function serials(peer: Peer): number[] {
  return peer.received.map((bytes) => bytes.readUInt32BE(20));
}

describe('calls', () => {
  test('get their own replies in whatever order they come', async () => {
    const { client, peer, ends } = connect();
    const first = version(client);
    const second = client.call(AUTH_LIST, {});
    peer.send(packet({ type: 1, serial: 2, procedure: 66 }, hex('00000000')), versionReply(1));
    expect(await first).toEqual(VERSION_9);
    expect(await second).toEqual({ types: [] });
    expect(ends.map(({ procedure, outcome }) => [procedure, outcome])).toEqual([
      ['AUTH_LIST', 'ok'],
      ['CONNECT_GET_LIB_VERSION', 'ok'],
    ]);
    client.close();
  });

  test('accept bytes after the result, which newer daemons may append', async () => {
    const { client, peer } = connect();
    const call = version(client);
    peer.send(packet({ type: 1, serial: 1 }, Buffer.concat([VERSION, hex('deadbeef')])));
    expect(await call).toEqual(VERSION_9);
    client.close();
  });

  test('whose arguments do not fit are refused before anything is sent', async () => {
    const { client, peer } = connect();
    const call = client.call(DOMAIN_LOOKUP_BY_NAME, { name: 'x'.repeat(4_194_305) });
    await expect(call).rejects.toMatchObject({ name: 'UsageError', code: 'LV_ARG_VALUE' });
    await expect(version(client, { deadlineMs: NaN })).rejects.toMatchObject({ code: 'LV_ARG_VALUE' });
    expect(peer.received).toEqual([]);
    client.close();
  });

  test('never exceed the window; the rest wait for a slot', async () => {
    const { client, peer } = connect({ maxInFlight: 2 });
    const calls = [version(client), version(client), version(client)];
    await settle();
    expect(serials(peer)).toEqual([1, 2]);
    expect(client.load).toEqual({ inFlight: 2, abandoned: 0, queued: 1 });
    peer.send(versionReply(2));
    await calls[1];
    expect(serials(peer)).toEqual([1, 2, 3]);
    peer.send(versionReply(1), versionReply(3));
    await Promise.all(calls);
    client.close();
  });

  test('in the urgent lane overtake those that wait', async () => {
    const { client, peer } = connect({ maxInFlight: 1 });
    const calls = [version(client), version(client), client.call(AUTH_LIST, {}, { lane: 'urgent' })];
    peer.send(versionReply(1));
    await calls[0];
    expect(peer.received[1]?.readInt32BE(12)).toBe(66);
    client.close();
    await Promise.allSettled(calls);
  });

  test('that virtqemud passes on to another daemon go one by one until one has succeeded', async () => {
    const { client, peer } = connect();
    const pools = (): Promise<unknown> => client.call(CONNECT_LIST_ALL_STORAGE_POOLS, { need_results: 1, flags: 0 });
    const empty = (serial: number, { number }: { readonly number: number }): Buffer =>
      packet({ type: 1, serial, procedure: number }, hex('00000000 00000000'));
    const refused = pools();
    const others = [pools(), pools(), pools()];
    // Neither another daemon's call nor virtqemud's own waits for them.
    const network = client.call(CONNECT_LIST_ALL_NETWORKS, { need_results: 1, flags: 0 });
    const own = version(client);
    await settle();
    const sent = (): number[] => peer.received.map((bytes) => bytes.readInt32BE(12));
    const [pool, net] = [CONNECT_LIST_ALL_STORAGE_POOLS.number, CONNECT_LIST_ALL_NETWORKS.number];
    expect(sent()).toEqual([pool, net, CONNECT_GET_LIB_VERSION.number]);
    peer.send(
      empty(2, CONNECT_LIST_ALL_NETWORKS),
      versionReply(3),
      packet({ type: 1, serial: 1, status: 1, procedure: pool }, errorReply(1, 38).subarray(28)),
    );
    await expect(refused).rejects.toMatchObject({ code: 'LV_REMOTE' });
    await Promise.all([network, own]);
    expect(sent().slice(3)).toEqual([pool]);
    peer.send(empty(4, CONNECT_LIST_ALL_STORAGE_POOLS));
    await others[0];
    expect(sent().slice(4)).toEqual([pool, pool]);
    peer.send(empty(5, CONNECT_LIST_ALL_STORAGE_POOLS), empty(6, CONNECT_LIST_ALL_STORAGE_POOLS));
    await Promise.all(others);
    client.close();
  });

  test('that wait for such a first call go out when its caller has given up', async () => {
    const { client, peer } = connect();
    const call = (deadlineMs: number): Promise<unknown> =>
      client.call(CONNECT_LIST_ALL_NETWORKS, { need_results: 1, flags: 0 }, { deadlineMs });
    const first = call(20);
    const second = call(1000);
    await expect(first).rejects.toMatchObject({ code: 'LV_TIMEOUT' });
    expect(serials(peer)).toEqual([1, 2]);
    peer.send(packet({ type: 1, serial: 2, procedure: CONNECT_LIST_ALL_NETWORKS.number }, hex('00000000 00000000')));
    await second;
    client.close();
  });

  test('beyond the bound of the queue are refused, retriably', async () => {
    const { client } = connect({ maxInFlight: 1, maxQueued: 1 });
    const calls = [version(client), version(client)];
    await expect(version(client)).rejects.toMatchObject({ name: 'BusyError', code: 'LV_BUSY', retriable: true });
    client.close();
    await Promise.allSettled(calls);
  });

  test('wait while the socket takes nothing, and go out when it drains', async () => {
    const peer = new Peer(1);
    const client = new RpcClient(peer.pipe);
    let unblock: () => void = () => undefined;
    peer.blocked = () => undefined;
    const calls = [version(client), version(client)];
    await settle();
    expect(serials(peer)).toEqual([1]);
    expect(client.load).toEqual({ inFlight: 1, abandoned: 0, queued: 1 });
    unblock = peer.blocked;
    unblock();
    await settle();
    expect(serials(peer)).toEqual([1, 2]);
    client.close();
    await Promise.allSettled(calls);
  });
});

describe('errors of the daemon', () => {
  test('reject their call with every field, and leave the connection alone', async () => {
    const { client, peer, ends } = connect();
    const call = version(client);
    // OPERATION_TIMEOUT of domain QEMU: message, level, dom "a" id 3, str1-3, ints, net "n"
    peer.send(
      packet(
        { type: 1, serial: 1, status: 1 },
        hex(
          '00000044 0000000a 00000001 00000004 62757379 00000002' +
            '00000001 00000001 61000000 000102030405060708090a0b0c0d0e0f 00000003' +
            '00000001 00000001 31000000 00000001 00000001 32000000 00000001 00000001 33000000' +
            '00000007 fffffffe 00000001 00000001 6e000000 ff0102030405060708090a0b0c0d0e0f',
        ),
      ),
    );
    await expect(call).rejects.toMatchObject({
      code: 'LV_REMOTE',
      name: 'VIR_ERR_OPERATION_TIMEOUT',
      retriable: true,
      class: 'retry',
      number: 68,
      domain: 10,
      message: 'CONNECT_GET_LIB_VERSION failed: busy',
      remoteMessage: 'busy',
      level: 2,
      dom: { name: 'a', uuid: '00010203-0405-0607-0809-0a0b0c0d0e0f', id: 3 },
      str1: '1',
      str2: '2',
      str3: '3',
      int1: 7,
      int2: -2,
      net: { name: 'n', uuid: 'ff010203-0405-0607-0809-0a0b0c0d0e0f' },
    });
    expect(ends).toMatchObject([{ outcome: 'error' }]);
    const next = version(client);
    peer.send(versionReply(2));
    expect(await next).toEqual(VERSION_9);
    client.close();
  });

  test('without a text or with a number of a newer daemon still say something', async () => {
    const { client, peer } = connect();
    const call = version(client);
    peer.send(errorReply(1, 4711));
    await expect(call).rejects.toMatchObject({
      name: 'VIR_ERR_4711',
      number: 4711,
      message: 'CONNECT_GET_LIB_VERSION failed: VIR_ERR_4711, and the daemon gave no text',
    });
    client.close();
  });

  test('that do not decode close the connection', async () => {
    const { client, peer } = connect();
    const call = version(client);
    peer.send(packet({ type: 1, serial: 1, status: 1 }, hex('0000002a')));
    await expect(call).rejects.toMatchObject({ name: 'ProtocolError', code: 'LV_PROTO_PAYLOAD' });
    expect(await client.closed).toMatchObject({ code: 'LV_PROTO_PAYLOAD' });
  });
});

describe('a result that does not decode', () => {
  test.each([
    ['cut short', hex('00000000')],
    ['nothing', Buffer.alloc(0)],
  ])('%s fails its call only', async (_what, payload) => {
    const { client, peer, ends } = connect();
    const broken = version(client);
    const fine = version(client);
    peer.send(packet({ type: 1, serial: 1 }, payload), versionReply(2));
    await expect(broken).rejects.toMatchObject({ name: 'ProtocolError', code: 'LV_PROTO_PAYLOAD' });
    expect(await fine).toEqual(VERSION_9);
    expect(ends.map((end) => end.outcome)).toEqual(['error', 'ok']);
    client.close();
  });

  test('a typed parameter of an unknown type fails its call only', async () => {
    const { client, peer } = connect();
    const broken = client.call(CONNECT_GET_ALL_DOMAIN_STATS, { doms: [], stats: 0, flags: 0 });
    const fine = version(client);
    const record = hex(
      '00000001 00000001 61000000' + '00'.repeat(16) + '00000001 00000001 00000001 62000000 00000008 00',
    );
    peer.send(packet({ type: 1, serial: 1, procedure: 344 }, record), versionReply(2));
    await expect(broken).rejects.toMatchObject({ code: 'LV_PROTO_PAYLOAD' });
    expect(await fine).toEqual(VERSION_9);
    client.close();
  });
});

describe('a peer that breaks the protocol', () => {
  test.each([
    ['a length below 28', hex('0000001b'), 'LV_PROTO_LENGTH'],
    ['a length above the limit', hex('02000005'), 'LV_PROTO_LENGTH'],
    ['a reply to a call nobody made', versionReply(77), 'LV_PROTO_SERIAL'],
    ['a reply of another procedure', packet({ type: 1, serial: 1, procedure: 66 }), 'LV_PROTO_SERIAL'],
    ['a reply of another program', packet({ type: 1, serial: 1, program: 0x2000_8087 }), 'LV_PROTO_SERIAL'],
    ['a second reply', Buffer.concat([versionReply(1), versionReply(1)]), 'LV_PROTO_SERIAL'],
    ['a call', packet({ type: 0, serial: 1 }), 'LV_PROTO_TYPE'],
    ['a call with descriptors', packet({ type: 4, serial: 1 }), 'LV_PROTO_TYPE'],
    ['a reply of status CONTINUE', packet({ type: 1, serial: 1, status: 2 }), 'LV_PROTO_TYPE'],
    ['an event of status ERROR', packet({ type: 2, serial: 1, status: 1 }), 'LV_PROTO_TYPE'],
    ['an unknown type', packet({ type: 7, serial: 1 }), 'LV_PROTO_TYPE'],
    ['too many descriptors', packet({ type: 5, serial: 1 }, hex('00000021')), 'LV_PROTO_PAYLOAD'],
    ['no count of descriptors', packet({ type: 5, serial: 1 }), 'LV_PROTO_PAYLOAD'],
  ])('%s: closes at once, and every call gets the reason', async (_what, bytes, code) => {
    for (const [, chunks] of torn([bytes])) {
      const { client, peer, ends } = connect({ maxInFlight: 2 });
      const calls = Promise.allSettled([version(client), version(client), version(client)]);
      for (const chunk of chunks) if (!peer.pipe.destroyed) peer.send(chunk);
      const reason = await client.closed;
      expect(reason).toMatchObject({ name: 'ProtocolError', code });
      const failed = (await calls).filter((result) => result.status === 'rejected');
      expect(failed.length).toBeGreaterThanOrEqual(2);
      for (const { reason: error } of failed) expect(error).toBe(reason);
      expect(ends).toHaveLength(3);
      expect(peer.pipe.destroyed).toBe(true);
      await expect(version(client)).rejects.toBe(reason);
      expect(client.load).toEqual({ inFlight: 0, abandoned: 0, queued: 0 });
    }
  });
});

describe('a reply with file descriptors', () => {
  test.each(
    torn([packet({ type: 5, serial: 1 }, Buffer.concat([hex('00000002'), VERSION])), hex('0000'), versionReply(2)]),
  )('is a reply, and the stray byte of each descriptor is skipped, %s', async (_how, chunks) => {
    const { client, peer } = connect();
    const calls = [version(client), version(client)];
    for (const chunk of chunks) peer.send(chunk);
    expect(await Promise.all(calls)).toEqual([VERSION_9, VERSION_9]);
    client.close();
  });
});

describe('events', () => {
  const dom = hex('00000005 00000001 61000000' + '00'.repeat(16) + '00000001');

  test('nobody listens to are ignored, known or not', async () => {
    const { client, peer } = connect();
    const call = version(client);
    const stop = client.onEvent(DOMAIN_EVENT_CALLBACK_REBOOT, () => {
      throw new Error('the listener was removed');
    });
    stop();
    peer.send(packet({ type: 2, serial: 1, procedure: 9999 }), packet({ type: 2, serial: 1, procedure: 319 }, dom));
    peer.send(versionReply(1));
    expect(await call).toEqual(VERSION_9);
    client.close();
  });

  test('reach every listener of their procedure and program', async () => {
    const { client, peer } = connect();
    const seen: number[] = [];
    client.onEvent(DOMAIN_EVENT_CALLBACK_REBOOT, (event) => seen.push(event.callbackID));
    client.onEvent(DOMAIN_EVENT_CALLBACK_REBOOT, (event) => seen.push(event.callbackID + 100));
    peer.send(packet({ type: 2, serial: 1, procedure: 319 }, dom));
    peer.send(packet({ type: 2, serial: 1, procedure: 319, program: 0x2000_8087 }, dom));
    await settle();
    expect(seen).toEqual([5, 105]);
    client.close();
  });

  test('that do not decode close the connection, as nobody else would notice', async () => {
    const { client, peer } = connect();
    client.onEvent(DOMAIN_EVENT_CALLBACK_REBOOT, () => undefined);
    peer.send(packet({ type: 2, serial: 1, procedure: 319 }, hex('00000005')));
    expect(await client.closed).toMatchObject({ name: 'ProtocolError', code: 'LV_PROTO_PAYLOAD' });
  });

  test('that do not decode are left out where somebody is told', async () => {
    const errors: unknown[] = [];
    const { client, peer } = connect({ onEventError: (error) => errors.push(error) });
    const seen: number[] = [];
    client.onEvent(DOMAIN_EVENT_CALLBACK_REBOOT, (event) => seen.push(event.callbackID));
    client.onEvent(DOMAIN_EVENT_CALLBACK_REBOOT, (event) => seen.push(event.callbackID + 100));
    peer.send(packet({ type: 2, serial: 1, procedure: 319 }, hex('00000005')));
    peer.send(packet({ type: 2, serial: 1, procedure: 319 }, dom));
    await settle();
    expect(errors).toMatchObject([{ name: 'ProtocolError', code: 'LV_PROTO_PAYLOAD' }]);
    expect(String(errors[0])).toContain('DOMAIN_EVENT_CALLBACK_REBOOT');
    expect(seen).toEqual([5, 105]);
    client.close();
  });

  test('may close the connection from their listener; what follows in the same chunk is not read', async () => {
    const { client, peer } = connect();
    client.onEvent(DOMAIN_EVENT_CALLBACK_REBOOT, () => {
      client.close();
    });
    peer.send(packet({ type: 2, serial: 1, procedure: 319 }, dom), versionReply(99));
    expect(await client.closed).toBeNull();
  });
});

describe('deadlines and signals', () => {
  test('a sent call that is not answered in time is abandoned and keeps its slot until the late reply', async () => {
    const { client, peer, ends } = connect({ maxInFlight: 1 });
    const error = await version(client, { deadlineMs: 20 }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({
      code: 'LV_TIMEOUT',
      retriable: true,
      call: { procedure: 'CONNECT_GET_LIB_VERSION', serial: 1, sentAt: expect.any(Number) as number },
    });
    expect((error as TimeoutError).call.waitedMs).toBeGreaterThanOrEqual(19);
    expect(client.load).toEqual({ inFlight: 0, abandoned: 1, queued: 0 });

    const next = version(client);
    await settle();
    expect(serials(peer)).toEqual([1]);
    expect(client.load).toEqual({ inFlight: 0, abandoned: 1, queued: 1 });

    peer.send(versionReply(1));
    await settle();
    expect(serials(peer)).toEqual([1, 2]);
    expect(client.load).toEqual({ inFlight: 1, abandoned: 0, queued: 0 });
    peer.send(versionReply(2));
    expect(await next).toEqual(VERSION_9);
    expect(ends.map((end) => end.outcome)).toEqual(['timeout', 'ok']);
    client.close();
  });

  test('a late error frees the slot just the same', async () => {
    const { client, peer, ends } = connect();
    await expect(version(client, { deadlineMs: 1 })).rejects.toMatchObject({ code: 'LV_TIMEOUT' });
    peer.send(errorReply(1, 68));
    await settle();
    expect(client.load).toEqual({ inFlight: 0, abandoned: 0, queued: 0 });
    expect(ends).toHaveLength(1);
    client.close();
  });

  test('waiting for a slot counts, and a call given up there never reaches the daemon', async () => {
    const { client, peer } = connect({ maxInFlight: 1 });
    const first = version(client);
    await expect(version(client, { deadlineMs: 10 })).rejects.toMatchObject({
      code: 'LV_TIMEOUT',
      call: { serial: null, sentAt: null },
    });
    expect(client.load).toEqual({ inFlight: 1, abandoned: 0, queued: 0 });
    peer.send(versionReply(1));
    await first;
    await settle();
    expect(serials(peer)).toEqual([1]);
    client.close();
  });

  test('a deadline that is over before the call starts sends nothing', async () => {
    const { client, peer } = connect();
    await expect(version(client, { deadlineMs: -5 })).rejects.toMatchObject({ code: 'LV_TIMEOUT' });
    expect(peer.received).toEqual([]);
    client.close();
  });

  test('an infinite deadline sets no timer', async () => {
    const { client, peer } = connect();
    const timers = jest.spyOn(globalThis, 'setTimeout');
    const call = version(client, { deadlineMs: Infinity });
    expect(timers).not.toHaveBeenCalled();
    timers.mockRestore();
    peer.send(versionReply(1));
    expect(await call).toEqual(VERSION_9);
    client.close();
  });

  test('the default deadline is that of the connection', async () => {
    const { client } = connect({ deadlineMs: 5 });
    await expect(version(client)).rejects.toMatchObject({ code: 'LV_TIMEOUT' });
    client.close();
  });

  test('a signal abandons a sent call and passes its reason on', async () => {
    const { client, ends } = connect();
    const controller = new AbortController();
    const call = version(client, { signal: controller.signal });
    const why = new Error('the user went away');
    controller.abort(why);
    const error = await call.catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(AbortError);
    expect(error).toMatchObject({ code: 'LV_ABORTED', retriable: false, cause: why, call: { serial: 1 } });
    expect(client.load.abandoned).toBe(1);
    expect(ends).toMatchObject([{ outcome: 'aborted' }]);
    client.close();
  });

  test('a signal that has fired before keeps the call from being sent', async () => {
    const { client, peer } = connect();
    await expect(version(client, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'LV_ABORTED',
      call: { serial: null },
    });
    expect(peer.received).toEqual([]);
    expect(client.load.queued).toBe(0);
    client.close();
  });

  test('an answered call leaves no listener on the signal', async () => {
    const { client, peer } = connect();
    const controller = new AbortController();
    const removed = jest.spyOn(controller.signal, 'removeEventListener');
    const added = jest.spyOn(controller.signal, 'addEventListener');
    const call = version(client, { signal: controller.signal });
    peer.send(versionReply(1));
    await call;
    expect(removed.mock.calls[0]?.[1]).toBe(added.mock.calls[0]?.[1]);
    controller.abort();
    expect(client.load.abandoned).toBe(0);
    client.close();
  });
});

describe('the end of a connection', () => {
  test('by its user: everything pending fails, later calls say who closed it, and a second close changes nothing', async () => {
    const { client, peer, ends } = connect({ maxInFlight: 1 });
    const calls = Promise.allSettled([version(client), version(client)]);
    client.close();
    client.close(new TransportError('LV_CONN_CLOSED', 'too late'));
    expect(await client.closed).toBeNull();
    for (const result of await calls) {
      expect(result).toMatchObject({ status: 'rejected', reason: { name: 'UsageError', code: 'LV_ARG_CLOSED' } });
    }
    await expect(version(client)).rejects.toMatchObject({ code: 'LV_ARG_CLOSED' });
    expect(ends.map((end) => end.outcome)).toEqual(['closed', 'closed']);
    expect(peer.pipe.destroyed).toBe(true);
  });

  test('by the daemon', async () => {
    const { client, peer } = connect();
    const call = version(client);
    peer.end();
    const reason = await client.closed;
    expect(reason).toMatchObject({ name: 'TransportError', code: 'LV_CONN_CLOSED', retriable: true });
    await expect(call).rejects.toBe(reason);
  });

  test('in the middle of a message says so', async () => {
    const { client, peer } = connect();
    peer.send(versionReply(1).subarray(0, 20));
    peer.end();
    expect((await client.closed)?.message).toContain('in the middle of a message');
  });

  test('by an error of the pipe, which becomes the cause', async () => {
    const { client, peer } = connect();
    const broken = new Error('read ECONNRESET');
    peer.pipe.destroy(broken);
    expect(await client.closed).toMatchObject({ code: 'LV_CONN_CLOSED', cause: broken });
  });

  test('with a reason the transport knows better is passed on as it is', async () => {
    const { client, peer } = connect();
    const reason = new TransportError('LV_CONN_SSH', 'ssh failed: host key changed');
    peer.pipe.destroy(reason);
    expect(await client.closed).toBe(reason);
  });

  test('by a pipe that just closes', async () => {
    const { client, peer } = connect();
    peer.pipe.destroy();
    expect(await client.closed).toMatchObject({ code: 'LV_CONN_CLOSED' });
  });

  test('before it began is noticed at once', async () => {
    const peer = new Peer();
    const broken = new Error('gone');
    peer.pipe.on('error', () => undefined);
    peer.pipe.destroy(broken);
    await settle();
    const client = new RpcClient(peer.pipe);
    const reason = await client.closed;
    expect(reason).toMatchObject({ code: 'LV_CONN_CLOSED', cause: broken });
    await expect(version(client)).rejects.toBe(reason);
  });

  test('leaves no timer behind', async () => {
    const setTimer = jest.spyOn(globalThis, 'setTimeout');
    const clearTimer = jest.spyOn(globalThis, 'clearTimeout');
    const { client } = connect({ maxInFlight: 1 });
    client.startKeepalive();
    const calls = Promise.allSettled([version(client), version(client)]);
    client.close();
    client.startKeepalive();
    await calls;
    const set = setTimer.mock.results.map((result) => result.value as unknown);
    expect(set).toHaveLength(3);
    expect(new Set(clearTimer.mock.calls.map(([timer]) => timer))).toEqual(new Set(set));
    setTimer.mockRestore();
    clearTimer.mockRestore();
  });
});
