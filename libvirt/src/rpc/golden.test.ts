// SPDX-License-Identifier: Apache-2.0
// Our calls must be the captured bytes, and the captured replies must decode, however they are torn.

import { AUTH_LIST } from '../protocol/auth.ts';
import { DOMAIN_EVENT_CALLBACK_LIFECYCLE } from '../protocol/events.ts';
import { GOLDEN_CALLS, GOLDEN_EVENT, GOLDEN_PING, GOLDEN_PONG } from './golden.test-support.ts';
import { hex, Peer, settle, torn } from './peer.test-support.ts';
import { RpcClient } from './rpc-client.ts';

describe('golden vectors of libvirtd 9.0.0', () => {
  test('our calls are the captured bytes, serial by serial', async () => {
    const peer = new Peer();
    const client = new RpcClient(peer.pipe, { maxInFlight: GOLDEN_CALLS.length });
    const results = Promise.all(GOLDEN_CALLS.map((golden) => golden.make(client)));
    await settle();
    expect(peer.received.map((bytes) => bytes.toString('hex'))).toEqual(GOLDEN_CALLS.map((golden) => golden.call));
    for (const golden of GOLDEN_CALLS) peer.send(golden.reply);
    await results;
    client.close();
  });

  test.each(torn(GOLDEN_CALLS.map((golden) => hex(golden.reply))))(
    'the captured replies decode, %s',
    async (_how, chunks) => {
      const peer = new Peer();
      const client = new RpcClient(peer.pipe, { maxInFlight: GOLDEN_CALLS.length });
      const results = Promise.all(GOLDEN_CALLS.map((golden) => golden.make(client)));
      await settle();
      for (const chunk of chunks) peer.send(chunk);
      expect(await results).toEqual(GOLDEN_CALLS.map((golden) => golden.result));
      expect(client.load).toEqual({ inFlight: 0, abandoned: 0, queued: 0 });
      client.close();
    },
  );

  test.each(torn([hex(GOLDEN_EVENT)]))(
    'the captured event reaches its listener and not the call of its serial, %s',
    async (_how, chunks) => {
      const peer = new Peer();
      const client = new RpcClient(peer.pipe);
      const events: unknown[] = [];
      client.onEvent(DOMAIN_EVENT_CALLBACK_LIFECYCLE, (event) => events.push(event));
      const authList = client.call(AUTH_LIST, {});
      for (const chunk of chunks) peer.send(chunk);
      await settle();
      expect(events).toEqual([
        {
          callbackID: 0,
          dom: { name: 'fc4', uuid: 'ef861801-45b9-11cb-88e3-afbfe5370493', id: 2 },
          event: 3,
          detail: 0,
        },
      ]);
      expect(client.load.inFlight).toBe(1);
      peer.send(GOLDEN_CALLS[0]?.reply ?? '');
      expect(await authList).toEqual({ types: [0] });
      client.close();
    },
  );

  test('a captured PING is answered with the captured PONG', async () => {
    const peer = new Peer();
    const client = new RpcClient(peer.pipe);
    peer.send(GOLDEN_PING);
    expect(await peer.packet(0)).toBe(GOLDEN_PONG);
    client.close();
  });
});
