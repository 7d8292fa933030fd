// SPDX-License-Identifier: Apache-2.0
import { connect, protocol } from '@vireo/libvirt';
import type { Connection } from '@vireo/libvirt';
import { FakeDaemon, NEVER, simulatedFleet } from '@vireo/libvirt/testing';
import { CallHangsError, HungCalls, isHung } from './hung-calls.ts';
import { until } from './watch-host.fixture.ts';

const { CONNECT_GET_CAPABILITIES, CONNECT_GET_HOSTNAME } = protocol;

let daemon: FakeDaemon;
let connection: Connection;
let asked = 0;

beforeEach(async () => {
  const [host] = simulatedFleet({ hosts: 1, domainsPerHost: 1 });
  if (host === undefined) throw new Error('no simulated host');
  daemon = await FakeDaemon.listen({ host });
  connection = await connect(daemon.uri);
  asked = 0;
});

afterEach(async () => {
  await connection.close();
  await daemon.close();
});

const ask = (hung: HungCalls): Promise<string> =>
  hung.run(
    'the name of the host',
    () => connection,
    ({ host }) => host.hostname({ deadlineMs: 200 }),
  );

it('a question that hangs is not asked again, nor by who wanted to know at the same time', async () => {
  daemon.on(CONNECT_GET_HOSTNAME, () => {
    asked++;
    return NEVER;
  });
  const hung = new HungCalls();
  const results = await Promise.allSettled([ask(hung), ask(hung), ask(hung)]);
  const reasons = results.map((result) => (result.status === 'rejected' ? (result.reason as unknown) : undefined));
  expect(reasons.every(isHung)).toBe(true);
  expect(reasons.filter((reason) => reason instanceof CallHangsError)).toHaveLength(2);
  await expect(ask(hung)).rejects.toBeInstanceOf(CallHangsError);
  expect(asked).toBe(1);
});

it('a question that is answered is asked by everybody for himself', async () => {
  daemon.on(CONNECT_GET_HOSTNAME, () => ({ hostname: `answer ${String(++asked)}` }));
  const hung = new HungCalls();
  await expect(Promise.all([ask(hung), ask(hung)])).resolves.toEqual(['answer 1', 'answer 2']);
});

it('a question that hung is asked again when its call has returned', async () => {
  daemon.misbehave({ on: CONNECT_GET_HOSTNAME, fault: { kind: 'slow', ms: 400 } });
  const hung = new HungCalls();
  await expect(ask(hung)).rejects.toMatchObject({ code: 'LV_TIMEOUT' });
  await until(() => connection.load.abandoned === 0, 'the late answer');
  await expect(ask(hung)).resolves.toMatch(/^\S+$/);
});

it('a question that hung is asked again when its call has returned, whatever else hangs on that connection', async () => {
  daemon.misbehave({ on: CONNECT_GET_HOSTNAME, fault: { kind: 'slow', ms: 400 } });
  daemon.on(CONNECT_GET_CAPABILITIES, () => NEVER);
  const hung = new HungCalls();
  await expect(connection.host.capabilities({ deadlineMs: 50 })).rejects.toMatchObject({ code: 'LV_TIMEOUT' });
  await expect(ask(hung)).rejects.toMatchObject({ code: 'LV_TIMEOUT' });
  expect(hung.has('the name of the host')).toBe(true);
  await until(() => connection.load.abandoned === 1, 'the late answer');
  expect(hung.has('the name of the host')).toBe(false);
  await expect(ask(hung)).resolves.toMatch(/^\S+$/);
});

it('a question made of others hangs as long as the one that does', async () => {
  daemon.misbehave({ on: CONNECT_GET_HOSTNAME, fault: { kind: 'slow', ms: 600 } });
  const hung = new HungCalls();
  const askAround = (): Promise<string> =>
    hung.run(
      'all about the host',
      () => connection,
      () => ask(hung),
    );
  await expect(ask(hung)).rejects.toMatchObject({ code: 'LV_TIMEOUT' });
  await expect(askAround()).rejects.toBeInstanceOf(CallHangsError);
  expect(hung.has('all about the host')).toBe(true);
  await until(() => connection.load.abandoned === 0, 'the late answer');
  await expect(askAround()).resolves.toMatch(/^\S+$/);
});
