// SPDX-License-Identifier: Apache-2.0

import { CONNECT_GET_LIB_VERSION } from '../protocol/connect.ts';
import { DOMAIN_SCREENSHOT } from '../protocol/domain-details.ts';
import { hex, packet, Peer } from './peer.test-support.ts';
import { RpcClient } from './rpc-client.ts';
import type { RpcClientOptions } from './rpc-client.ts';

const PING = '0000001c6b6565700000000100000001000000020000000000000000';
const PONG = '0000001c6b6565700000000100000002000000020000000000000000';
const KEEPALIVE = { intervalMs: 5000, count: 6 };

function connect(options?: RpcClientOptions): { client: RpcClient; peer: Peer } {
  const peer = new Peer();
  return { peer, client: new RpcClient(peer.pipe, { keepalive: KEEPALIVE, ...options }) };
}

function pings(peer: Peer): number {
  return peer.received.filter((bytes) => bytes.toString('hex') === PING).length;
}

describe('keepalive', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('sends nothing before it is started', async () => {
    const { client, peer } = connect();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(peer.received).toEqual([]);
    client.close();
  });

  test('pings a silent daemon every interval and gives it up one interval after the last of its pings', async () => {
    const { client, peer } = connect();
    client.startKeepalive();
    client.startKeepalive();
    await jest.advanceTimersByTimeAsync(4999);
    expect(pings(peer)).toBe(0);
    await jest.advanceTimersByTimeAsync(1);
    expect(pings(peer)).toBe(1);
    await jest.advanceTimersByTimeAsync(29_999);
    expect(pings(peer)).toBe(6);
    expect(peer.pipe.destroyed).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect(await client.closed).toMatchObject({ name: 'TransportError', code: 'LV_CONN_KEEPALIVE', retriable: true });
    expect(peer.pipe.destroyed).toBe(true);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('lives as long as pongs come', async () => {
    const { client, peer } = connect();
    client.startKeepalive();
    for (let i = 0; i < 30; i++) {
      await jest.advanceTimersByTimeAsync(5000);
      if (pings(peer) > i / 2) peer.send(PONG);
    }
    expect(pings(peer)).toBeGreaterThanOrEqual(15);
    expect(peer.pipe.destroyed).toBe(false);
    client.close();
  });

  test('takes any bytes as a sign of life and does not ping while they come', async () => {
    const { client, peer } = connect();
    client.startKeepalive();
    for (let i = 0; i < 20; i++) {
      await jest.advanceTimersByTimeAsync(4000);
      peer.send(packet({ type: 2, serial: 1, procedure: 9999 }));
    }
    expect(pings(peer)).toBe(0);
    client.close();
  });

  test('does not count while the daemon has as many calls as make it stop reading, abandoned ones included', async () => {
    const { client, peer } = connect({ maxInFlight: 5 });
    client.startKeepalive();
    const calls = Array.from({ length: 5 }, () =>
      client.call(CONNECT_GET_LIB_VERSION, {}, { deadlineMs: 10 }).catch(() => undefined),
    );
    await jest.advanceTimersByTimeAsync(10);
    await Promise.all(calls);
    expect(client.load.abandoned).toBe(5);
    await jest.advanceTimersByTimeAsync(120_000);
    expect(pings(peer)).toBe(0);
    expect(peer.pipe.destroyed).toBe(false);

    peer.send(packet({ type: 1, serial: 3 }, Buffer.alloc(8)));
    await jest.advanceTimersByTimeAsync(34_999);
    expect(peer.pipe.destroyed).toBe(false);
    await jest.advanceTimersByTimeAsync(5001);
    expect(await client.closed).toMatchObject({ code: 'LV_CONN_KEEPALIVE' });
  });

  test('still counts with four hung calls, as the daemon reads on', async () => {
    const { client } = connect();
    client.startKeepalive();
    for (let i = 0; i < 4; i++) {
      void client.call(CONNECT_GET_LIB_VERSION, {}, { deadlineMs: Infinity }).catch(() => undefined);
    }
    await jest.advanceTimersByTimeAsync(35_000);
    expect(await client.closed).toMatchObject({ code: 'LV_CONN_KEEPALIVE' });
  });

  test('pings on, uncounted, while we read nothing because of a slow stream: that keeps the daemon from giving up', async () => {
    const { client, peer } = connect({ streamBufferBytes: 10 });
    client.startKeepalive();
    const dom = { name: 'a', uuid: '00000000-0000-0000-0000-000000000000', id: 1 };
    const opening = client.openStream(DOMAIN_SCREENSHOT, { dom, screen: 0, flags: 0 });
    await jest.advanceTimersByTimeAsync(0);
    peer.send(packet({ type: 1, serial: 1, procedure: 211 }, hex('00000000')));
    peer.send(packet({ type: 3, serial: 1, procedure: 211, status: 2 }, Buffer.alloc(100)));
    const { stream } = await opening;
    await jest.advanceTimersByTimeAsync(60_000);
    expect(peer.pipe.isPaused()).toBe(true);
    expect(pings(peer)).toBeGreaterThanOrEqual(11);
    expect(peer.pipe.destroyed).toBe(false);
    stream.destroy();
    client.close();
  });

  test('answers every ping before it is started', async () => {
    const { client, peer } = connect();
    peer.send(PING);
    await jest.advanceTimersByTimeAsync(0);
    peer.send(PING);
    await jest.advanceTimersByTimeAsync(0);
    expect(peer.received.map((bytes) => bytes.toString('hex'))).toEqual([PONG, PONG]);
    client.close();
  });

  test('ignores pongs nobody asked for and what else the program may have', async () => {
    const { client, peer } = connect();
    peer.send(PONG, packet({ type: 2, serial: 0, program: 0x6b65_6570, procedure: 3 }));
    peer.send(packet({ type: 1, serial: 0, status: 1, program: 0x6b65_6570, procedure: 1 }, Buffer.alloc(44)));
    await jest.advanceTimersByTimeAsync(0);
    expect(peer.received).toEqual([]);
    expect(peer.pipe.destroyed).toBe(false);
    client.close();
  });

  test('answers a peer that pings and does not read with one pong when it reads again', async () => {
    const peer = new Peer(1);
    const client = new RpcClient(peer.pipe);
    peer.blocked = () => undefined;
    const call = client.call(CONNECT_GET_LIB_VERSION, {}).catch(() => undefined);
    await jest.advanceTimersByTimeAsync(0);
    for (let i = 0; i < 1000; i++) peer.send(PING);
    await jest.advanceTimersByTimeAsync(0);
    expect(peer.pipe.writableLength).toBeLessThan(100);
    peer.blocked();
    await jest.advanceTimersByTimeAsync(0);
    expect(peer.received.slice(1).map((bytes) => bytes.toString('hex'))).toEqual([PONG]);
    client.close();
    await call;
  });
});
