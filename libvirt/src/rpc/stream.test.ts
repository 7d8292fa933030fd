// SPDX-License-Identifier: Apache-2.0

import { once } from 'node:events';
import { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';

import { CONNECT_GET_LIB_VERSION } from '../protocol/connect.ts';
import { DOMAIN_SCREENSHOT } from '../protocol/domain-details.ts';
import { hex, packet, Peer, settle, torn } from './peer.test-support.ts';
import { RpcClient } from './rpc-client.ts';
import type { LibvirtStream, RpcClientOptions } from './rpc-client.ts';

const PROCEDURE = 211;
const FINISH = '0000001c 20008086 00000001 000000d3 00000003 00000001 00000000'.replaceAll(' ', '');
const ABORT = '0000001c 20008086 00000001 000000d3 00000003 00000001 00000001'.replaceAll(' ', '');

/** ret { mime: "image/png" } */
const REPLY = packet({ type: 1, serial: 1, procedure: PROCEDURE }, hex('00000001 00000009 696d6167652f706e67 000000'));
const EOF = data('');
const CONFIRM = packet({ type: 3, serial: 1, procedure: PROCEDURE, status: 0 });

function data(text: string | Buffer, serial = 1): Buffer {
  return packet({ type: 3, serial, procedure: PROCEDURE, status: 2 }, Buffer.from(text));
}

/** An error with code OPERATION_FAILED and the message "dead". */
function failure(type = 3): Buffer {
  const payload = hex('00000009 0000000a 00000001 00000004 64656164 00000002' + '00'.repeat(28));
  return packet({ type, serial: 1, procedure: PROCEDURE, status: 1 }, payload);
}

function connect(options?: RpcClientOptions): { client: RpcClient; peer: Peer } {
  const peer = new Peer();
  return { peer, client: new RpcClient(peer.pipe, options) };
}

function open(
  client: RpcClient,
  options?: Parameters<RpcClient['openStream']>[2],
): Promise<{ ret: { mime: string | null }; stream: LibvirtStream }> {
  const dom = { name: 'a', uuid: '00000000-0000-0000-0000-000000000000', id: 1 };
  return client.openStream(DOMAIN_SCREENSHOT, { dom, screen: 0, flags: 0 }, options);
}

async function readAll(stream: LibvirtStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}

/** What the client sent after its call, as hex. */
function sent(peer: Peer): string[] {
  return peer.received.slice(1).map((bytes) => bytes.toString('hex'));
}

describe('a stream from the daemon', () => {
  test.each(torn([REPLY, data('some '), data('bytes'), EOF]))(
    'gives its bytes, is finished, and ends when the daemon confirms, %s',
    async (_how, chunks) => {
      const { client, peer } = connect();
      const opening = open(client);
      for (const chunk of chunks) peer.send(chunk);
      const { ret, stream } = await opening;
      expect(ret).toEqual({ mime: 'image/png' });
      const text = readAll(stream);
      await settle();
      expect(sent(peer)).toEqual([FINISH]);
      expect(stream.readableEnded).toBe(false);
      peer.send(CONFIRM);
      expect(await text).toBe('some bytes');
      await finished(stream);
      expect(stream.closed).toBe(true);
      expect(sent(peer)).toEqual([FINISH]);
      client.close();
    },
  );

  test.each(torn([data('early '), EOF, REPLY]))('may begin and end before its reply, %s', async (_how, chunks) => {
    const { client, peer } = connect();
    const opening = open(client);
    for (const chunk of chunks) peer.send(chunk);
    const { stream } = await opening;
    await settle();
    expect(sent(peer)).toEqual([FINISH]);
    peer.send(CONFIRM);
    expect(await readAll(stream)).toBe('early ');
    client.close();
  });

  test('takes no call slot once it is open', async () => {
    const { client, peer } = connect({ maxInFlight: 1 });
    const opening = open(client);
    peer.send(REPLY);
    const { stream } = await opening;
    const call = client.call(CONNECT_GET_LIB_VERSION, {});
    await settle();
    expect(peer.received).toHaveLength(2);
    peer.send(packet({ type: 1, serial: 2 }, Buffer.alloc(8)));
    expect(await call).toEqual({ lib_ver: 0n });
    stream.destroy();
    client.close();
  });

  test('that fails is destroyed with what the daemon said, and is neither finished nor aborted', async () => {
    const { client, peer } = connect();
    const opening = open(client);
    peer.send(REPLY, data('x'), failure());
    const { stream } = await opening;
    const [error] = (await once(stream, 'error')) as [unknown];
    expect(error).toMatchObject({
      name: 'VIR_ERR_OPERATION_FAILED',
      procedure: 'DOMAIN_SCREENSHOT',
      remoteMessage: 'dead',
    });
    expect(stream.destroyed).toBe(true);
    expect(sent(peer)).toEqual([]);
    client.close();
  });

  test('that fails before its reply fails the call, as nobody holds it yet', async () => {
    const { client, peer } = connect();
    const opening = open(client);
    peer.send(failure(), REPLY);
    await expect(opening).rejects.toMatchObject({ name: 'VIR_ERR_OPERATION_FAILED' });
    expect(sent(peer)).toEqual([]);
    client.close();
  });

  test('whose finish the daemon refuses ends in its error, not in an end', async () => {
    const { client, peer } = connect();
    const opening = open(client);
    peer.send(REPLY, data('x'), EOF);
    const { stream } = await opening;
    const text = readAll(stream);
    await settle();
    peer.send(failure());
    await expect(text).rejects.toMatchObject({ remoteMessage: 'dead' });
    client.close();
  });

  test('that the daemon refuses to open leaves nothing behind', async () => {
    const { client, peer } = connect({ earlyStreamBytes: 3 });
    const opening = open(client);
    peer.send(failure(1));
    await expect(opening).rejects.toMatchObject({ remoteMessage: 'dead' });
    peer.send(data('late'), EOF);
    await settle();
    expect(sent(peer)).toEqual([]);
    expect(peer.pipe.destroyed).toBe(false);
    client.close();
  });

  test('is aborted when its reader destroys it, and closes without waiting', async () => {
    const { client, peer } = connect();
    const opening = open(client);
    peer.send(REPLY, data('x'));
    const { stream } = await opening;
    stream.destroy();
    await once(stream, 'close');
    await settle();
    expect(sent(peer)).toEqual([ABORT]);
    // What is still on its way is dropped; then the daemon confirms, and after that its packets mean nothing.
    peer.send(data('y'), EOF, CONFIRM, data('late'), CONFIRM, failure());
    await settle();
    expect(sent(peer)).toEqual([ABORT]);
    expect(peer.pipe.destroyed).toBe(false);
    client.close();
  });

  test('is aborted when its reader leaves a loop over it', async () => {
    const { client, peer } = connect();
    const opening = open(client);
    peer.send(REPLY, data('x'));
    const { stream } = await opening;
    for await (const chunk of stream) {
      expect(String(chunk)).toBe('x');
      break;
    }
    await settle();
    expect(sent(peer)).toEqual([ABORT]);
    client.close();
  });

  test('keeps its serial until the daemon confirms the abort', async () => {
    const { client, peer } = connect();
    const opening = open(client);
    peer.send(REPLY);
    const { stream } = await opening;
    stream.destroy();
    await settle();
    // An error after the abort is the daemon's way to confirm, and nobody's error any more.
    peer.send(failure());
    await settle();
    expect(peer.pipe.destroyed).toBe(false);
    client.close();
  });

  test('whose call was given up is aborted when the daemon opens it after all', async () => {
    const { client, peer } = connect();
    await expect(open(client, { deadlineMs: 5 })).rejects.toMatchObject({ code: 'LV_TIMEOUT' });
    peer.send(data('early'));
    await settle();
    expect(sent(peer)).toEqual([]);
    peer.send(REPLY);
    await settle();
    expect(sent(peer)).toEqual([ABORT]);
    expect(client.load).toEqual({ inFlight: 0, abandoned: 0, queued: 0 });
    peer.send(CONFIRM);
    client.close();
  });

  test('whose result does not decode is aborted', async () => {
    const { client, peer } = connect();
    const opening = open(client);
    peer.send(packet({ type: 1, serial: 1, procedure: PROCEDURE }, hex('00000001 000000ff')));
    await expect(opening).rejects.toMatchObject({ code: 'LV_PROTO_PAYLOAD' });
    await settle();
    expect(sent(peer)).toEqual([ABORT]);
    client.close();
  });

  test('fails with the connection', async () => {
    const { client, peer } = connect();
    const opening = open(client);
    peer.send(REPLY);
    const { stream } = await opening;
    const failed = once(stream, 'error');
    peer.end();
    const reason = await client.closed;
    expect((await failed)[0]).toBe(reason);
  });

  test('that is being opened fails its call with the connection, and nothing else', async () => {
    const { client, peer } = connect();
    const opening = open(client);
    peer.send(data('early'));
    await settle();
    client.close();
    await expect(opening).rejects.toMatchObject({ code: 'LV_ARG_CLOSED' });
    await settle();
  });

  test('with holes nobody asked for is refused', async () => {
    const { client, peer } = connect();
    const opening = open(client);
    peer.send(REPLY);
    const { stream } = await opening;
    peer.send(packet({ type: 6, serial: 1, procedure: PROCEDURE, status: 2 }, hex('0000000000001000 00000000')));
    expect((await once(stream, 'error'))[0]).toMatchObject({ code: 'LV_ARG_VALUE' });
    await settle();
    expect(sent(peer)).toEqual([ABORT]);
    client.close();
  });
});

describe('a slow reader', () => {
  test('stops the connection from being read, and its reading starts it again', async () => {
    const { client, peer } = connect({ streamBufferBytes: 1000 });
    const opening = open(client);
    peer.send(REPLY);
    const { stream } = await opening;
    for (let i = 0; i < 50; i++) {
      peer.send(data(Buffer.alloc(500, i)));
      await settle();
    }
    expect(stream.readableLength).toBeLessThanOrEqual(1500);
    expect(peer.pipe.isPaused()).toBe(true);
    let bytes = 0;
    stream.on('data', (chunk: Buffer) => (bytes += chunk.length));
    await settle();
    await settle();
    expect(bytes).toBe(25_000);
    expect(peer.pipe.isPaused()).toBe(false);
    stream.destroy();
    client.close();
  });

  test('that goes away lets the connection be read again', async () => {
    const { client, peer } = connect({ streamBufferBytes: 10 });
    const opening = open(client);
    peer.send(REPLY, data('more than ten bytes'));
    const { stream } = await opening;
    expect(peer.pipe.isPaused()).toBe(true);
    stream.destroy();
    const call = client.call(CONNECT_GET_LIB_VERSION, {});
    await settle();
    peer.send(packet({ type: 1, serial: 2 }, Buffer.alloc(8)));
    expect(await call).toEqual({ lib_ver: 0n });
    client.close();
  });

  test('of early data does not keep the reply from being read', async () => {
    const { client, peer } = connect({ streamBufferBytes: 10 });
    const opening = open(client);
    peer.send(data('more than ten bytes'));
    await settle();
    expect(peer.pipe.isPaused()).toBe(false);
    peer.send(REPLY);
    const { stream } = await opening;
    expect(peer.pipe.isPaused()).toBe(true);
    stream.destroy();
    client.close();
  });

  test('that ended and destroyed its stream does not stop the connection with what still comes', async () => {
    const { client, peer } = connect({ streamBufferBytes: 10 });
    const opening = open(client);
    peer.send(REPLY);
    const { stream } = await opening;
    stream.end();
    await settle();
    stream.destroy();
    peer.send(data('more than ten bytes'));
    await settle();
    expect(peer.pipe.isPaused()).toBe(false);
    expect(sent(peer)).toEqual([FINISH]);
    client.close();
  });

  test('too much data before the reply closes the connection', async () => {
    const { client, peer } = connect({ earlyStreamBytes: 100 });
    const opening = open(client);
    peer.send(data(Buffer.alloc(60)), data(Buffer.alloc(41)));
    await expect(opening).rejects.toMatchObject({ name: 'ProtocolError', code: 'LV_PROTO_QUEUE' });
    expect(await client.closed).toMatchObject({ code: 'LV_PROTO_QUEUE' });
  });
});

describe('a stream to the daemon', () => {
  test('sends its bytes in packets libvirt takes, finishes, and waits for the word', async () => {
    const { client, peer } = connect();
    const opening = open(client);
    peer.send(REPLY);
    const { stream } = await opening;
    const upload = Buffer.alloc(600_000, 'abcdefg');
    const done = pipeline(
      Readable.from([upload.subarray(0, 599_990), Buffer.alloc(0), upload.subarray(599_990)]),
      stream,
    );
    let isDone = false;
    void done.then(() => (isDone = true));
    await settle();
    await settle();
    const packets = peer.received.slice(1);
    expect(packets.map((bytes) => [bytes.readUInt32BE(16), bytes.readUInt32BE(24), bytes.length - 28])).toEqual([
      [3, 2, 262_120],
      [3, 2, 262_120],
      [3, 2, 75_750],
      [3, 2, 10],
      [3, 0, 0],
    ]);
    expect(Buffer.concat(packets.map((bytes) => bytes.subarray(28))).equals(upload)).toBe(true);
    expect(isDone).toBe(false);
    peer.send(CONFIRM);
    await done;
    client.close();
  });

  test('waits for the socket: one packet at a time', async () => {
    const peer = new Peer();
    const client = new RpcClient(peer.pipe);
    const opening = open(client);
    peer.send(REPLY);
    const { stream } = await opening;
    peer.blocked = () => undefined;
    stream.write(Buffer.alloc(1_000_000));
    await settle();
    expect(peer.received).toHaveLength(2);
    peer.blocked();
    await settle();
    expect(peer.received).toHaveLength(5);
    stream.destroy();
    client.close();
  });

  test('that the daemon has ended swallows what was just being written', async () => {
    const { client, peer } = connect();
    const opening = open(client);
    peer.send(REPLY, EOF);
    const { stream } = await opening;
    const text = readAll(stream);
    stream.write('typed too late');
    await settle();
    expect(sent(peer)).toEqual([FINISH]);
    peer.send(CONFIRM);
    expect(await text).toBe('');
    client.close();
  });

  test('both ways at once works like a console', async () => {
    const { client, peer } = connect();
    const opening = open(client);
    peer.send(REPLY);
    const { stream } = await opening;
    const text = readAll(stream);
    stream.write('ls\n');
    peer.send(data('ls\r\n'));
    await settle();
    stream.end();
    await settle();
    expect(sent(peer)).toEqual([data('ls\n').toString('hex'), FINISH]);
    peer.send(data('bye'), CONFIRM);
    expect(await text).toBe('ls\r\nbye');
    client.close();
  });
});
