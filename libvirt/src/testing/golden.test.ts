// SPDX-License-Identifier: Apache-2.0
// The fake against bytes of a real libvirtd, through a plain socket: the client is not in this file. Requests and replies
// of the test driver are appendix A of the research notes; those of the QEMU driver were captured on 24 November 2026
// from libvirtd 9.0.0-4+deb12u2 with QEMU 7.2 (KVM), started in a namespace of its own, three domains.

import { createConnection } from 'node:net';
import type { Socket } from 'node:net';

import { FakeDaemon } from './fake-daemon.ts';
import { hostEvent } from './events.ts';
import { DOMAIN_EVENT_CALLBACK_LIFECYCLE } from '../protocol/events.ts';
import { SimulatedHost } from './simulated/host.ts';
import { domainSpec, hostSpec, socketPath } from './specimens.test-support.ts';

const AUTH_LIST = '0000001c200080860000000100000042000000000000000100000000';
const OPEN_TEST =
  '00000038200080860000000100000001000000000000000200000000000000010000000f746573743a2f2f2f64656661756c740000000000';
const KEEPALIVE_PING = '0000001c6b6565700000000100000001000000020000000000000000';
const KEEPALIVE_PONG = '0000001c6b6565700000000100000002000000020000000000000000';

/** The one domain of libvirt's test driver. */
const testDomain = domainSpec({
  name: 'test',
  uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f',
  state: 1,
  reason: 0,
});

let daemon: FakeDaemon;
let client: Socket;
let received: Buffer[];

beforeEach(async () => {
  daemon = await FakeDaemon.listen({ host: new SimulatedHost(hostSpec({ domains: [testDomain] })) });
  client = createConnection(socketPath(daemon.uri));
  received = [];
  client.on('data', (chunk: Buffer) => received.push(chunk));
  await new Promise((resolve) => client.once('connect', resolve));
});

afterEach(async () => {
  client.destroy();
  await daemon.close();
});

/** Sends packets, and takes so many bytes back. */
async function exchange(request: string, replyBytes: number): Promise<string> {
  client.write(Buffer.from(request, 'hex'));
  return take(replyBytes);
}

async function take(bytes: number): Promise<string> {
  while (Buffer.concat(received).length < bytes) await new Promise((resolve) => client.once('data', resolve));
  const all = Buffer.concat(received);
  received = [all.subarray(bytes)];
  return all.toString('hex', 0, bytes);
}

async function open(): Promise<void> {
  await exchange(AUTH_LIST, 36);
  await exchange(OPEN_TEST, 28);
}

test('answers AUTH_LIST, CONNECT_OPEN and GET_LIB_VERSION with the bytes of libvirtd', async () => {
  expect(await exchange(AUTH_LIST, 36)).toBe(
    '000000242000808600000001000000420000000100000001000000000000000100000000',
  );
  expect(await exchange(OPEN_TEST, 28)).toBe('0000001c200080860000000100000001000000010000000200000000');
  expect(await exchange('0000001c20008086000000010000009d000000000000000300000000', 36)).toBe(
    '0000002420008086000000010000009d0000000100000003000000000000000000895440',
  );
});

test('answers LIST_ALL_DOMAINS with the bytes of libvirtd', async () => {
  await open();
  expect(await exchange('000000242000808600000001000001110000000000000004000000000000000100000003', 64)).toBe(
    '00000040200080860000000100000111000000010000000400000000' + // REPLY, serial 4
      '00000001' + // one domain
      '0000000474657374' + // "test"
      '6695eb01f6a4830479aa97f2502e193f00000001' + // uuid, id 1
      '00000001', // ret
  );
});

test('answers GET_ALL_DOMAIN_STATS of the state group with the bytes of libvirtd', async () => {
  await open();
  expect(await exchange('00000028200080860000000100000158000000000000000500000000000000000000000100000000', 112)).toBe(
    '00000070200080860000000100000158000000010000000500000000' +
      '00000001' + // one record
      '00000004746573746695eb01f6a4830479aa97f2502e193f00000001' +
      '00000002' + // two parameters
      '0000000b73746174652e7374617465000000000100000001' + // state.state INT 1
      '0000000c73746174652e726561736f6e0000000100000000', // state.reason INT 0
  );
});

test('registers for events, pongs, and closes after CONNECT_CLOSE', async () => {
  await open();
  expect(await exchange('0000002420008086000000010000013c0000000000000007000000000000000000000000', 32)).toBe(
    '0000002020008086000000010000013c00000001000000070000000000000000',
  );
  expect(await exchange(KEEPALIVE_PING, 28)).toBe(KEEPALIVE_PONG);
  const ended = new Promise((resolve) => client.once('end', resolve));
  expect(await exchange('0000001c200080860000000100000002000000000000000800000000', 28)).toBe(
    '0000001c200080860000000100000002000000010000000800000000',
  );
  await ended;
});

test('sends an event with serial 1 and the bytes of libvirtd', async () => {
  await open();
  await exchange('0000002420008086000000010000013c0000000000000007000000000000000000000000', 32);
  const dom = { name: 'fc4', uuid: 'ef861801-45b9-11cb-88e3-afbfe5370493', id: 2 };
  daemon.emit(
    hostEvent('domain', 0, dom.uuid, DOMAIN_EVENT_CALLBACK_LIFECYCLE, (callbackID) => ({
      callbackID,
      dom,
      event: 3,
      detail: 0,
    })),
  );
  expect(await take(68)).toBe(
    '0000004420008086000000010000013e000000020000000100000000' + // MESSAGE, serial 1
      '00000000' + // callback id
      '0000000366633400ef86180145b911cb88e3afbfe537049300000002' + // "fc4"
      '0000000300000000', // SUSPENDED, PAUSED
  );
});

test.each([
  [
    'LOOKUP_BY_NAME of a domain that is not there',
    '00000024200080860000000100000017000000000000000600000000000000046e6f7065',
    '0000002a0000000a0000000100000035446f6d61696e206e6f7420666f756e643a206e6f20646f6d61696e2077697468206d61746368696e' +
      '67206e616d6520276e6f70652700000000000002000000000000000100000014446f6d61696e206e6f7420666f756e643a20257300000001' +
      '000000236e6f20646f6d61696e2077697468206d61746368696e67206e616d6520276e6f7065270000000000ffffffffffffffff00000000',
  ],
  [
    'an unknown procedure',
    '0000001c20008086000000010000270f000000000000000600000000',
    '00000027000000070000000100000017756e6b6e6f776e2070726f6365647572653a20393939390000000002000000000000000100000002' +
      '257300000000000100000017756e6b6e6f776e2070726f6365647572653a20393939390000000000ffffffffffffffff00000000',
  ],
  [
    'an event id it does not know',
    '0000002420008086000000010000013c0000000000000006000000000000006300000000',
    '00000001000000070000000100000027696e7465726e616c206572726f723a20756e737570706f72746564206576656e742049442039390000' +
      '000002000000000000000100000012696e7465726e616c206572726f723a20257300000000000100000017756e737570706f7274656420' +
      '6576656e742049442039390000000000ffffffffffffffff00000000',
  ],
  [
    'NODE_GET_CPU_STATS asked for a wrong number',
    '0000002820008086000000010000' + '00e3000000000000000600000000ffffffff0000000300000000',
    '00000008000000000000000100000035' +
      '6e706172616d7320696e20766972486f737443505547657453746174734c696e7578206d75737420626520657175616c20746f203400000000' +
      '000002000000000000000100000017766972486f737443505547657453746174734c696e75780000000001000000082a6e706172616d7300' +
      '000000000000000000000000000000',
  ],
])('refuses %s with the bytes of libvirtd', async (_what, request, error) => {
  await open();
  const procedure = request.slice(24, 32);
  const length = (28 + error.length / 2).toString(16).padStart(8, '0');
  expect(await exchange(request, 28 + error.length / 2)).toBe(
    `${length}2000808600000001${procedure}000000010000000600000001${error}`,
  );
});

test('refuses to start what runs with the bytes of libvirtd', async () => {
  await open();
  const dom = '00000004746573746695eb01f6a4830479aa97f2502e193f00000001';
  const create = `0000003c2000808600000001000000c4000000000000000600000000${dom}00000000`;
  const alreadyRunning =
    '000000370000000a000000010000003b526571756573746564206f7065726174696f6e206973206e6f742076616c69643a20646f6d61696e2069' +
    '7320616c72656164792072756e6e696e670000000002000000000000000100000024526571756573746564206f7065726174696f6e206973206e' +
    '6f742076616c69643a2025730000000100000019646f6d61696e20697320616c72656164792072756e6e696e6700000000000000ffffffffff' +
    'ffffff00000000';
  const reply = await exchange(create, 28 + alreadyRunning.length / 2);
  expect(reply.slice(56)).toBe(alreadyRunning);
});

test('ends a connection that sends a length below 28, without a reply', async () => {
  await open();
  const closed = new Promise((resolve) => client.once('close', resolve));
  client.write(Buffer.from('0000001b2000808600000001', 'hex'));
  await closed;
  expect(Buffer.concat(received)).toHaveLength(0);
});

test('refuses calls before CONNECT_OPEN, but for keepalive', async () => {
  await exchange(AUTH_LIST, 36);
  const notOpen = await exchange('0000001c20008086000000010000009d000000000000000300000000', 28);
  expect(notOpen.slice(48, 56)).toBe('00000001'); // status ERROR
  await take(parseInt(notOpen.slice(0, 8), 16) - 28);
  expect(await exchange('0000002020008086000000010000003c0000000000000004000000000000000a', 32)).toBe(
    '0000002020008086000000010000003c00000001000000040000000000000001',
  );
});
