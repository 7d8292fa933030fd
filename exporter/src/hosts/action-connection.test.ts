// SPDX-License-Identifier: Apache-2.0

import { connect, protocol } from '@vireo/libvirt';
import { FakeDaemon, NEVER } from '@vireo/libvirt/testing';
import { ActionConnections } from './action-connection.ts';
import { until } from './watch-host.fixture.ts';

let daemon: FakeDaemon;
let connections: ActionConnections;
let opened: number;

beforeEach(async () => {
  daemon = await FakeDaemon.listen();
  opened = 0;
  connections = new ActionConnections({
    open: (signal) => {
      opened += 1;
      return connect(daemon.uri, { signal, readOnly: false });
    },
    slots: 4,
    idleMs: 50,
  });
});

afterEach(async () => {
  await connections.close();
  await daemon.close();
});

/** Gives up one call that the daemon never answers, so that it keeps its slot. */
async function hang(lane?: 'urgent'): Promise<void> {
  const hung = connections.with((connection) => connection.host.hostname({ deadlineMs: 10 }), lane);
  await expect(hung).rejects.toMatchObject({ code: 'LV_TIMEOUT' });
}

test('opens one connection for the first piece of work, lends it again, and closes it when idle', async () => {
  daemon.on(protocol.CONNECT_GET_HOSTNAME, () => ({ hostname: 'kvm1' }));
  expect(opened).toBe(0);
  const names = Array.from({ length: 3 }, () => connections.with((connection) => connection.host.hostname()));
  expect(await Promise.all(names)).toEqual(['kvm1', 'kvm1', 'kvm1']);
  expect(opened).toBe(1);
  await until(() => daemon.sessions.length === 0, 'the idle connection is closed');
  expect(await connections.with((connection) => connection.host.hostname())).toBe('kvm1');
  expect(opened).toBe(2);
});

test('opens another before hung calls take the last slot, and refuses when all are lost', async () => {
  daemon.on(protocol.CONNECT_GET_HOSTNAME, () => NEVER);
  for (let n = 0; n < 3; n += 1) await hang();
  expect(opened).toBe(1);
  await hang();
  expect(opened).toBe(2);
  for (let n = 0; n < 8; n += 1) await hang();
  expect(opened).toBe(3);
  const refused = connections.with((connection) => connection.host.hostname());
  await expect(refused).rejects.toMatchObject({ name: 'ControlCloggedError', code: 'VIREO_BUSY' });
});

test('keeps urgent work apart from what hangs', async () => {
  daemon.on(protocol.CONNECT_GET_HOSTNAME, () => NEVER);
  for (let n = 0; n < 12; n += 1) await hang();
  daemon.on(protocol.CONNECT_GET_HOSTNAME, () => ({ hostname: 'kvm1' }));
  expect(await connections.with((connection) => connection.host.hostname(), 'urgent')).toBe('kvm1');
});
