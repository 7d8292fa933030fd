// SPDX-License-Identifier: Apache-2.0
// Replies captured from libvirtd 9.0.0, qemu:///session, on a machine with two CPUs.

import { HostApi } from './host.ts';
import { ScriptedDaemon } from './scripted-daemon.fixture.ts';

const NODE_GET_INFO = 6;
const NODE_GET_CPU_STATS = 227;
const NODE_GET_MEMORY_STATS = 228;

function start(): { daemon: ScriptedDaemon; host: HostApi } {
  const daemon = new ScriptedDaemon();
  return { daemon, host: new HostApi(daemon.rpc) };
}

it('node info is in bytes, with the names of libvirt spelled out', async () => {
  const { daemon, host } = start();
  const model = '00000078' + '00000038' + '00000036' + '0000005f' + '00000036' + '00000034' + '00000000'.repeat(26);
  daemon.answer(NODE_GET_INFO, {
    ret: model + '00000000005168cc' + '00000002' + '00000a28' + '00000001' + '00000001' + '00000002' + '00000001',
  });
  await expect(host.nodeInfo()).resolves.toEqual({
    cpuModel: 'x86_64',
    memoryBytes: 5_335_244 * 1024,
    cpuCount: 2,
    mhz: 2600,
    numaNodeCount: 1,
    socketsPerNode: 1,
    coresPerSocket: 2,
    threadsPerCore: 1,
  });
});

it('CPU statistics are asked for with the number the daemon gave', async () => {
  const { daemon, host } = start();
  daemon.answer(
    NODE_GET_CPU_STATS,
    { ret: '00000000' + '00000004' },
    {
      ret:
        '00000004' +
        ('00000006' + '6b65726e656c0000' + '0000001edb675080') +
        ('00000004' + '75736572' + '00000066e645d380') +
        ('00000004' + '69646c65' + '000002dde13e8980') +
        ('00000006' + '696f776169740000' + '00000002068f7700') +
        '00000000',
    },
  );
  await expect(host.cpuStats()).resolves.toEqual(
    new Map([
      ['kernel', 132_530_000_000],
      ['user', 441_950_000_000],
      ['idle', 3_151_990_000_000],
      ['iowait', 8_700_000_000],
    ]),
  );
  expect(daemon.calls.map(({ args }) => args)).toEqual([
    'ffffffff' + '00000000' + '00000000',
    'ffffffff' + '00000004' + '00000000',
  ]);
});

it('memory statistics are in bytes, and their arguments in the other order', async () => {
  const { daemon, host } = start();
  daemon.answer(
    NODE_GET_MEMORY_STATS,
    { ret: '00000000' + '00000001' },
    { ret: '00000001' + ('00000005' + '746f74616c000000' + '000000000178a634') + '00000000' },
  );
  await expect(host.memoryStats(0)).resolves.toEqual(new Map([['total', 0x178a634 * 1024]]));
  expect(daemon.calls.map(({ args }) => args)).toEqual([
    '00000000' + '00000000' + '00000000',
    '00000001' + '00000000' + '00000000',
  ]);
});

it('a driver without statistics is not asked twice', async () => {
  const { daemon, host } = start();
  daemon.answer(NODE_GET_CPU_STATS, { ret: '00000000' + '00000000' });
  await expect(host.cpuStats(1)).resolves.toEqual(new Map());
  expect(daemon.calls).toEqual([{ procedure: NODE_GET_CPU_STATS, args: '00000001' + '00000000' + '00000000' }]);
});

it('versions are read as people write them', async () => {
  const { daemon, host } = start();
  daemon.answer(157, { ret: '0000000000895440' }).answer(4, { ret: '00000000006ad7a6' });
  await expect(host.libvirtVersion()).resolves.toBe('9.0.0');
  await expect(host.hypervisorVersion()).resolves.toBe('7.2.22');
});

it('the CPU map is read lowest bit first', async () => {
  const { daemon, host } = start();
  daemon.answer(293, { ret: '00000002' + '15020000' + '00000004' + '0000000a' });
  await expect(host.cpuMap()).resolves.toEqual({ cpuCount: 10, online: [0, 2, 4, 9] });
});

it('free memory is in bytes already', async () => {
  const { daemon, host } = start();
  daemon.answer(102, { ret: '0000000107800000' }).answer(101, { ret: '00000001' + '0000000107800000' });
  await expect(host.freeMemoryBytes()).resolves.toBe(0x1_0780_0000);
  await expect(host.cellsFreeMemoryBytes()).resolves.toEqual([0x1_0780_0000]);
});

it('free pages of a cell are told by their size', async () => {
  const { daemon, host } = start();
  daemon.answer(340, { ret: '00000002' + '0000000000000007' + '0000000000000000' });
  await expect(host.freePages(1, [2048, 1_048_576])).resolves.toEqual(
    new Map([
      [2048, 7],
      [1_048_576, 0],
    ]),
  );
  expect(daemon.calls.map(({ args }) => args)).toEqual([
    '00000002' + '00000800' + '00100000' + '00000001' + '00000001' + '00000000',
  ]);
});
