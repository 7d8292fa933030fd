// SPDX-License-Identifier: Apache-2.0
// How a simulated host lives. The order of events and the refusals are those captured from libvirtd 9.0.0 with QEMU 7.2
// on 24 November 2026, in the same requests one after another.

import { connect } from '../../connect.ts';
import type { Connection } from '../../api/connection.ts';
import type { DomainRef } from '../../protocol/types.ts';
import { FakeDaemon } from '../fake-daemon.ts';
import { domainSpec, hostSpec } from '../specimens.test-support.ts';
import { simulatedFleet } from './fleet.ts';
import { SimulatedHost } from './host.ts';

let host: SimulatedHost;
let daemon: FakeDaemon;
let connection: Connection;
let dom: DomainRef;
let seen: string[];

async function start(overrides: Parameters<typeof domainSpec>[0] = {}): Promise<void> {
  host = new SimulatedHost(hostSpec({ domains: [domainSpec(overrides)] }), { guestMs: 1, jobWaitMs: 50 });
  daemon = await FakeDaemon.listen({ host });
  connection = await connect(daemon.uri, { readOnly: false });
  dom = await connection.domains.lookupByName('one');
  seen = [];
  await connection.events.subscribe('lifecycle', ({ domain, event, detail }) => {
    seen.push(`${event}/${detail} ${String(domain.id)}`);
  });
  await connection.events.subscribe('reboot', ({ domain }) => {
    seen.push(`reboot ${String(domain.id)}`);
  });
}

afterEach(async () => {
  await connection.close();
  host.close();
  await daemon.close();
});

/** Events up to now, those right after the reply included. */
async function events(): Promise<readonly string[]> {
  await connection.host.type();
  return seen.splice(0);
}

async function state(): Promise<string> {
  const { state: now, reason } = await connection.domains.state(dom);
  return `${now}/${reason}`;
}

test('suspend, resume and reset', async () => {
  await start();
  await connection.domains.suspend(dom);
  expect(seen.splice(0)).toEqual(['suspended/paused 1']);
  expect(await state()).toBe('paused/user');
  await connection.domains.suspend(dom);
  await connection.domains.resume(dom);
  expect(await events()).toEqual(['resumed/unpaused 1']);
  expect(await state()).toBe('running/unpaused');
  await expect(connection.domains.resume(dom)).rejects.toMatchObject({ name: 'VIR_ERR_OPERATION_INVALID' });
  await connection.domains.reset(dom);
  expect(await events()).toEqual(['reboot 1', 'reboot 1']);
});

test('destroy and start; the new id is in the events', async () => {
  await start();
  await connection.domains.destroy(dom);
  expect(await events()).toEqual(['shutdown/host 1', 'stopped/destroyed -1']);
  expect(await state()).toBe('shutoff/destroyed');
  expect((await connection.domains.start(dom)).id).toBe(2);
  expect(await events()).toEqual(['resumed/unpaused 2', 'started/booted 2']);
  expect(await state()).toBe('running/booted');
  await expect(connection.domains.start(dom)).rejects.toThrow('domain is already running');
});

test('start paused', async () => {
  await start({ state: 5, reason: 1 });
  await connection.domains.start(dom, { paused: true });
  expect(await events()).toEqual(['started/booted 1', 'suspended/paused 1']);
  expect(await state()).toBe('paused/user');
});

test('managed save, start from it, and its removal', async () => {
  await start();
  await connection.domains.managedSave(dom);
  expect(await events()).toEqual(['suspended/paused 1', 'stopped/saved -1']);
  expect(await state()).toBe('shutoff/saved');
  expect(await connection.domains.hasManagedSave(dom)).toBe(true);
  await connection.domains.start(dom);
  expect(await events()).toEqual(['started/restored 2', 'resumed/from_snapshot 2']);
  expect(await state()).toBe('running/restored');
  await expect(connection.domains.managedSaveRemove(dom)).rejects.toMatchObject({ name: 'VIR_ERR_SYSTEM_ERROR' });
});

test('a guest that obeys shuts down a while after the reply', async () => {
  await start();
  const stopped = new Promise((resolve) => {
    host.onEvent(({ procedure }) => {
      if (procedure === 318 && !host.named('one').isActive) resolve(undefined);
    });
  });
  await connection.domains.shutdown(dom);
  await stopped;
  expect(await events()).toEqual(['shutdown/guest 1', 'stopped/shutdown -1']);
  expect(await state()).toBe('shutoff/shutdown');
});

test('a reboot that the guest ignores turns its next power-off into one', async () => {
  await start({ obedience: 'ignores' });
  await connection.domains.reboot(dom);
  host.guestPowersOff('one');
  expect(await events()).toEqual(['shutdown/guest 1', 'reboot 1', 'resumed/unpaused 1']);
  host.guestPowersOff('one');
  expect(await events()).toEqual(['shutdown/guest 1', 'stopped/shutdown -1']);
});

test('a QEMU that dies, a guest that panics, a disk that fails', async () => {
  await start();
  host.failDisk('one');
  expect(await state()).toBe('paused/ioerror');
  host.panic('one');
  expect(await state()).toBe('crashed/panicked');
  host.crash('one');
  expect(await state()).toBe('shutoff/crashed');
  expect(await events()).toEqual(['suspended/ioerror 1', 'crashed/panicked 1', 'stopped/failed -1']);
});

test('a transient domain is gone when it stops, and is left out of statistics', async () => {
  await start({ persistent: false });
  await connection.domains.destroy(dom);
  await expect(connection.domains.state(dom)).rejects.toMatchObject({ name: 'VIR_ERR_NO_DOMAIN' });
  expect(await connection.stats.getAll({ groups: ['state'], domains: [dom] })).toEqual([]);
});

describe('a frozen QEMU', () => {
  const groups = ['cpu', 'block', 'state'] as const;

  test('holds the first caller until it thaws, gives the next a partial record, and says since when', async () => {
    await start();
    host.freeze('one');
    expect(await connection.domains.controlInfo(dom)).toMatchObject({ state: 'ok' });
    const first = connection.stats.getAll({ groups, noWait: true });
    const [second] = await connection.stats.getAll({ groups, noWait: true });
    expect(second?.fields.has('cpu.time')).toBe(true);
    expect(second?.fields.has('cpu.haltpoll.fail.time')).toBe(false);
    expect(second?.block.get(0)?.has('rd.bytes')).toBe(false);
    expect(await connection.domains.controlInfo(dom)).toMatchObject({ state: 'occupied' });
    host.thaw('one');
    expect((await first)[0]?.block.get(0)?.has('rd.bytes')).toBe(true);
    expect(await connection.domains.controlInfo(dom)).toMatchObject({ state: 'ok' });
  });

  test('lets groups without the monitor through, and makes actions time out with the name of the holder', async () => {
    await start();
    host.freeze('one');
    const stuck = connection.stats.getAll({ groups });
    await connection.stats.getAll({ groups: ['state', 'interface'] });
    await expect(connection.domains.suspend(dom)).rejects.toThrow(
      'cannot acquire state change lock (held by monitor=remoteDispatchConnectGetAllDomainStats)',
    );
    await connection.domains.destroy(dom);
    expect((await stuck)[0]?.fields.get('state.state')).toBe(5);
  });
});

test('a read-only connection reads everything and changes nothing', async () => {
  await start();
  const reader = await connect(daemon.uri);
  expect(await reader.domains.xml(dom)).toContain('<name>one</name>');
  const denied = { name: 'VIR_ERR_OPERATION_DENIED', number: 29 };
  await expect(reader.domains.suspend(dom)).rejects.toMatchObject(denied);
  await expect(reader.domains.destroy(dom)).rejects.toThrow('read only access prevents virDomainDestroyFlags');
  await expect(reader.domains.xml(dom, { secure: true })).rejects.toMatchObject(denied);
  expect(await state()).toBe('running/booted');
  await reader.close();
});

test('a fleet has every state QEMU knows, other names on each host, and is the same for the same seed', async () => {
  await start();
  const now = (): number => 1_700_000_000_000;
  const [fleet, again] = [simulatedFleet({ now, hosts: 4 }), simulatedFleet({ now, hosts: 4 })];
  const domains = fleet.flatMap((member) => member.domains);
  expect(domains.map(({ spec }) => spec)).toEqual(again.flatMap((member) => member.domains.map(({ spec }) => spec)));
  expect(new Set(domains.map(({ spec }) => spec.uuid)).size).toBe(48);
  expect(new Set(domains.map(({ spec }) => spec.name)).size).toBe(48);
  expect([...new Set(domains.map((domain) => domain.state))].sort()).toEqual([1, 3, 4, 5, 6, 7]);
  expect(domains.map(({ spec }) => spec)).not.toEqual(
    simulatedFleet({ now, hosts: 4, seed: 'other' }).flatMap((member) => member.domains.map(({ spec }) => spec)),
  );
});
