// SPDX-License-Identifier: Apache-2.0

import { DOMAIN_GET_STATE } from '../protocol/domain.ts';
import { Connection } from './connection.ts';
import { ScriptedDaemon } from './scripted-daemon.fixture.ts';
import type { Answer } from './scripted-daemon.fixture.ts';

const CLOSE = 2;
const dom = { name: 'a', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f', id: 7 };

function open(goodbye: Answer): { daemon: ScriptedDaemon; connection: Connection } {
  const daemon = new ScriptedDaemon().answer(CLOSE, goodbye);
  return {
    daemon,
    connection: new Connection(daemon.rpc, { uri: 'test:///default', readOnly: true, certificates: [] }),
  };
}

it('says goodbye once, however often it is closed, and then refuses calls', async () => {
  const { daemon, connection } = open({ ret: '' });
  await Promise.all([connection.close(), connection.close()]);
  await connection.close();
  expect(daemon.count(CLOSE)).toBe(1);
  await expect(connection.closed).resolves.toBeNull();
  await expect(connection.host.type()).rejects.toMatchObject({ code: 'LV_ARG_CLOSED' });
});

it('closes though the daemon never answers', async () => {
  const { connection } = open('later');
  const begun = performance.now();
  await connection.close();
  expect(performance.now() - begun).toBeLessThan(3000);
  await expect(connection.closed).resolves.toBeNull();
});

it.each<Answer>([{ error: 38 }, 'hang-up'])('closes though the daemon answers %p', async (goodbye) => {
  const { connection } = open(goodbye);
  await expect(connection.close()).resolves.toBeUndefined();
});

it('tells why it broke, and closing it then is harmless', async () => {
  const { daemon, connection } = open({ ret: '' });
  daemon.answer(212, 'hang-up');
  await expect(connection.domains.state(dom)).rejects.toMatchObject({ code: 'LV_CONN_CLOSED' });
  await expect(connection.closed).resolves.toMatchObject({ code: 'LV_CONN_CLOSED' });
  await connection.close();
});

it('makes any declared call, in wire terms', async () => {
  const { daemon, connection } = open({ ret: '' });
  daemon.answer(212, { ret: '00000001' + '00000001' });
  await expect(connection.call(DOMAIN_GET_STATE, { dom, flags: 0 })).resolves.toEqual({ state: 1, reason: 1 });
});

it('counts calls the daemon still owes an answer', async () => {
  const { daemon, connection } = open({ ret: '' });
  daemon.answer(212, 'later');
  const state = connection.domains.state(dom, { deadlineMs: 20 });
  expect(connection.load).toEqual({ inFlight: 1, abandoned: 0, queued: 0 });
  await expect(state).rejects.toMatchObject({ code: 'LV_TIMEOUT' });
  expect(connection.load).toEqual({ inFlight: 0, abandoned: 1, queued: 0 });
  daemon.reply('00000001' + '00000001');
  await daemon.settle();
  expect(connection.load).toEqual({ inFlight: 0, abandoned: 0, queued: 0 });
});
