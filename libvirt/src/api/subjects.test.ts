// SPDX-License-Identifier: Apache-2.0
// Units and words of the smaller subjects: devices, guests, jobs, snapshots, pools, networks.

import { DevicesApi } from './devices.ts';
import { GuestsApi } from './guests.ts';
import { JobsApi } from './jobs.ts';
import { NetworksApi } from './networks.ts';
import { PoolsApi } from './pools.ts';
import { SnapshotsApi } from './snapshots.ts';
import { ScriptedDaemon } from './scripted-daemon.fixture.ts';

const uuid = '6695eb01-f6a4-8304-79aa-97f2502e193f';
const uuidHex = '6695eb01f6a4830479aa97f2502e193f';
const dom = { name: 'a', uuid, id: 7 };
const domHex = '00000001' + '61000000' + uuidHex + '00000007';
const none = '00000000';
const text = (value: string): string => {
  const bytes = Buffer.from(value);
  const padded = Buffer.alloc((bytes.length + 3) & ~3);
  bytes.copy(padded);
  return bytes.length.toString(16).padStart(8, '0') + padded.toString('hex');
};

const answering = (procedure: number, ret: string): ScriptedDaemon => new ScriptedDaemon().answer(procedure, { ret });

it('memory statistics of a domain are bytes, counts and a time', async () => {
  const entry = (tag: number, value: number): string =>
    tag.toString(16).padStart(8, '0') + value.toString(16).padStart(16, '0');
  const { rpc } = answering(159, '00000004' + entry(6, 32_768) + entry(2, 5) + entry(9, 1_795_493_505) + entry(40, 1));
  await expect(new DevicesApi(rpc).memoryStats(dom)).resolves.toEqual(
    new Map([
      ['actual_balloon', 33_554_432],
      ['major_fault', 5],
      ['last_update', 1_795_493_505],
      ['unknown-40', 1024],
    ]),
  );
});

it('a counter the driver does not know is null, not -1', async () => {
  const { rpc } = answering(64, '0000000000000001'.repeat(4) + 'ffffffffffffffff');
  await expect(new DevicesApi(rpc).blockStats(dom, 'vda')).resolves.toEqual({
    readRequests: 1,
    readBytes: 1,
    writeRequests: 1,
    writeBytes: 1,
    errors: null,
  });
});

it('disk errors are told in words', async () => {
  const errors = text('vda') + '00000002' + text('vdb') + '00000007';
  const { rpc } = answering(263, '00000002' + errors + '00000002');
  await expect(new DevicesApi(rpc).diskErrors(dom)).resolves.toEqual([
    { target: 'vda', error: 'no-space' },
    { target: 'vdb', error: 'unknown-7' },
  ]);
});

it('a period for memory statistics goes to the running domain', async () => {
  const daemon = answering(308, '');
  await new DevicesApi(daemon.rpc).setMemoryStatsPeriod(dom, 5);
  expect(daemon.calls[0]?.args).toBe(domHex + '00000005' + '00000001');
});

it('addresses of a guest keep their family and prefix', async () => {
  const addresses =
    '00000002' + ('00000000' + text('192.0.2.5') + '00000018') + ('00000001' + text('::1') + '00000080');
  const { rpc } = answering(353, '00000001' + text('vnet0') + ('00000001' + text('52:54:00:00:00:01')) + addresses);
  await expect(new GuestsApi(rpc).interfaces(dom, 'lease')).resolves.toEqual([
    {
      name: 'vnet0',
      mac: '52:54:00:00:00:01',
      addresses: [
        { family: 'ipv4', address: '192.0.2.5', prefixLength: 24 },
        { family: 'ipv6', address: '::1', prefixLength: 128 },
      ],
    },
  ]);
});

it('the clock of a guest is a date', async () => {
  const { rpc } = answering(337, '000000006b04b2c1' + '1dcd6500');
  await expect(new GuestsApi(rpc).time(dom)).resolves.toEqual(new Date(0x6b04b2c1 * 1000 + 500));
});

it('a job says what it does', async () => {
  const params =
    '00000002' +
    (text('operation') + '00000001' + '00000002') +
    (text('time_elapsed') + '00000004' + '000000000000001e');
  const daemon = answering(298, '00000003' + params);
  await expect(new JobsApi(daemon.rpc).completed(dom)).resolves.toEqual({
    type: 'completed',
    operation: 'save',
    params: new Map([
      ['operation', 2],
      ['time_elapsed', 30],
    ]),
  });
  // COMPLETED and KEEP_COMPLETED: reading it leaves it to others.
  expect(daemon.calls[0]?.args).toBe(domHex + '00000003');
});

it('no job is a job of type none', async () => {
  const { rpc } = answering(298, none + none);
  await expect(new JobsApi(rpc).stats(dom)).resolves.toEqual({ type: 'none', operation: null, params: new Map() });
});

it('a block job is null when there is none', async () => {
  const daemon = answering(238, none.repeat(2) + none.repeat(6));
  const jobs = new JobsApi(daemon.rpc);
  await expect(jobs.block(dom, 'vda')).resolves.toBeNull();
  daemon.answer(238, { ret: '00000001' + '00000002' + '0000000000000400' + '0000000000000001' + '0000000000000002' });
  await expect(jobs.block(dom, 'vda')).resolves.toEqual({
    type: 'copy',
    bandwidthBytesPerSecond: 1024,
    current: 1,
    end: 2,
  });
});

it('the current snapshot is null when there is none, and is not asked for then', async () => {
  const daemon = answering(190, none).answer(191, { ret: text('s1') + domHex });
  const snapshots = new SnapshotsApi(daemon.rpc);
  await expect(snapshots.current(dom)).resolves.toBeNull();
  expect(daemon.count(191)).toBe(0);
  daemon.answer(190, { ret: '00000001' });
  await expect(snapshots.current(dom)).resolves.toEqual({ name: 's1', dom });
});

it('a pool and a volume have a state, a type and sizes in bytes', async () => {
  const daemon = answering(87, '00000004' + '0000003efe39d000' + '00000003029a2000' + '0000003bfb9fb000');
  daemon.answer(98, { ret: '00000001' + '0000000000001000' + none.repeat(2) });
  const pools = new PoolsApi(daemon.rpc);
  await expect(pools.info({ name: 'p1', uuid })).resolves.toEqual({
    state: 'inaccessible',
    capacityBytes: 0x3efe39d000,
    allocationBytes: 0x3029a2000,
    availableBytes: 0x3bfb9fb000,
  });
  await expect(pools.volumeInfo({ pool: 'p1', name: 'v', key: '/v' })).resolves.toEqual({
    type: 'block',
    capacityBytes: 4096,
    allocationBytes: 0,
  });
});

it('a lease that never ends has no end', async () => {
  const lease = (expiry: string): string =>
    text('virbr0') + expiry + none + none + none + text('192.0.2.5') + '00000018' + ('00000001' + text('guest')) + none;
  const { rpc } = answering(341, '00000002' + lease('0000000000000000') + lease('000000006b04b2c1') + '00000002');
  const leases = await new NetworksApi(rpc).leases({ name: 'default', uuid });
  expect(leases.map(({ expiresAtSeconds }) => expiresAtSeconds)).toEqual([null, 0x6b04b2c1]);
  expect(leases[0]).toEqual({
    interface: 'virbr0',
    expiresAtSeconds: null,
    family: 'ipv4',
    mac: null,
    iaid: null,
    address: '192.0.2.5',
    prefixLength: 24,
    hostname: 'guest',
    clientId: null,
  });
});
