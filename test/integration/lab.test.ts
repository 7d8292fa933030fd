// SPDX-License-Identifier: Apache-2.0
// The laboratory itself, checked with Debian's own tools: what the other tests stand on.
import { existsSync } from 'node:fs';
import { domainNames, domainType, freezeDomain, qemuPid, startDomains } from '../lab/domains.ts';
import { openLab } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import type { Libvirtd } from '../lab/libvirtd.ts';
import { waitFor } from '../lab/wait-for.ts';

jest.setTimeout(120_000);

describe('the laboratory', () => {
  let lab: Lab;
  let libvirtd: Libvirtd;
  const names = domainNames('lab', 2);

  beforeAll(async () => {
    lab = await openLab();
    libvirtd = await startLibvirtd(lab);
    await startDomains(lab, libvirtd, names);
  }, 120_000);

  afterAll(async () => {
    const directory = lab.directory;
    await lab.close();
    expect(existsSync(directory)).toBe(false);
  }, 30_000);

  test('runs domains of the best kind this machine has', async () => {
    const running = await libvirtd.virsh('list', '--name');
    expect(
      running
        .split('\n')
        .filter((name) => name !== '')
        .sort(),
    ).toEqual(names);
    expect(await libvirtd.virsh('dumpxml', 'lab1')).toContain(`<domain type='${domainType()}'`);
  });

  test('has guests that read and write their disk', async () => {
    const before = await counters(libvirtd, 'lab1');
    await waitFor(
      async () => {
        const now = await counters(libvirtd, 'lab1');
        return now.reads > before.reads && now.writes > before.writes;
      },
      { what: 'the guest of lab1 reads and writes', deadlineMs: 30_000 },
    );
  });

  test('keeps domains running through kill -9 of the daemon', async () => {
    const [daemon, qemu] = [libvirtd.pid, await qemuPid(lab, 'lab1')];
    await libvirtd.kill();
    await libvirtd.restart();
    expect(libvirtd.pid).not.toBe(daemon);
    expect(await qemuPid(lab, 'lab1')).toBe(qemu);
    expect((await libvirtd.virsh('domstate', 'lab1')).trim()).toBe('running');
  });

  test('freezes a domain so that its monitor is mute, and thaws it', async () => {
    const thaw = await freezeDomain(lab, 'lab2');
    let answered = false;
    const asked = libvirtd.virsh('qemu-monitor-command', '--hmp', 'lab2', 'info status').then((text) => {
      answered = true;
      return text;
    });
    await counters(libvirtd, 'lab1');
    expect(answered).toBe(false);
    thaw();
    expect(await asked).toContain('running');
  });
});

async function counters(libvirtd: Libvirtd, name: string): Promise<{ reads: number; writes: number }> {
  const text = await libvirtd.virsh('domblkstat', name, 'vda');
  const value = (key: string): number => Number(new RegExp(`${key} (\\d+)`).exec(text)?.[1] ?? Number.NaN);
  return { reads: value('rd_req'), writes: value('wr_req') };
}
