// SPDX-License-Identifier: Apache-2.0
// The systemd unit judged by systemd, and the polkit rules by a real polkitd before a real libvirtd.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLab, repositoryRoot } from '../lab/lab.ts';
import type { Lab } from '../lab/lab.ts';
import { startLibvirtd } from '../lab/libvirtd.ts';
import { asUser, startPolkit } from '../lab/polkit.ts';
import { runInside } from '../lab/process.ts';

const read = (path: string): string => readFileSync(join(repositoryRoot(), path), 'utf8');
const UNIT = 'provisioning/systemd/vireo.service';

/** A user every Debian has, in no group of libvirt; stands for `vireo`. */
const USER = 'nobody';

describe('the unit', () => {
  it('is what systemd takes, with the programs of this machine', () => {
    const directory = mkdtempSync(join(tmpdir(), 'vireo-unit-'));
    try {
      const main = join(repositoryRoot(), 'exporter/dist/main.js');
      const text = read(UNIT)
        .replace('/usr/bin/node /opt/vireo/exporter/dist/main.js', `${process.execPath} ${main}`)
        .replace('file:///opt/vireo/', `file://${repositoryRoot()}/`)
        .replaceAll(/^(User|Group)=vireo$/gm, '$1=root');
      writeFileSync(join(directory, 'vireo.service'), text);
      const { status, stderr } = spawnSync(
        'systemd-analyze',
        ['verify', '--man=no', join(directory, 'vireo.service')],
        {
          encoding: 'utf8',
        },
      );
      const complaints = stderr.split('\n').filter((line) => line.includes('vireo.service'));
      expect([status, complaints]).toEqual([0, []]);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it('has a libvirtd of its own for hosts with via beside it, which systemd takes too', () => {
    const unit = join(repositoryRoot(), 'provisioning/systemd/vireo-libvirtd.service');
    const directory = mkdtempSync(join(tmpdir(), 'vireo-unit-'));
    try {
      const text = readFileSync(unit, 'utf8').replaceAll(/^(User|Group)=vireo$/gm, '$1=root');
      writeFileSync(
        join(directory, 'vireo-libvirtd.service'),
        text.replace('file:///opt/vireo/', `file://${repositoryRoot()}/`),
      );
      const verify = ['verify', '--man=no', join(directory, 'vireo-libvirtd.service')];
      const { status, stderr } = spawnSync('systemd-analyze', verify, { encoding: 'utf8' });
      expect([status, stderr.split('\n').filter((line) => line.includes('vireo-libvirtd'))]).toEqual([0, []]);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it('exposes no more than docs/systemd.md says', () => {
    const { stdout } = spawnSync('systemd-analyze', ['security', '--offline=true', join(repositoryRoot(), UNIT)], {
      encoding: 'utf8',
    });
    const score = /Overall exposure level for vireo\.service: (\d+\.\d+)/.exec(stdout)?.[1] ?? 'no score';
    expect(read('docs/systemd.md')).toContain(`says ${score}`);
  });

  it('has a drop-in for the sockets of libvirt’s daemons that systemd takes', () => {
    const directory = mkdtempSync(join(tmpdir(), 'vireo-socket-'));
    try {
      const dropIn = join(directory, 'virtqemud.socket.d');
      mkdirSync(dropIn);
      // As Debian has it, but for the program.
      writeFileSync(join(directory, 'virtqemud.service'), '[Service]\nType=notify\nExecStart=/bin/true\n');
      const socket = '[Socket]\nListenStream=/run/libvirt/virtqemud-sock\nSocketMode=0660\nSocketGroup=root\n';
      writeFileSync(join(directory, 'virtqemud.socket'), socket);
      const verify = (text: string): string => {
        writeFileSync(join(dropIn, 'vireo.conf'), text);
        const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', 'virtqemud.socket'], {
          encoding: 'utf8',
          env: { ...process.env, SYSTEMD_UNIT_PATH: `${directory}:` },
        });
        return stderr;
      };
      const text = read('provisioning/systemd/operate-socket.conf');
      expect(verify(text)).not.toContain('vireo.conf');
      expect(verify(text.replace('SocketMode', 'SocketMod'))).toContain('vireo.conf');
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it('names only files and users that the docs make', () => {
    const docs = read('docs/systemd.md');
    for (const path of ['/etc/vireo/vireo.yml', '/opt/vireo', 'vireo.sysusers.conf']) expect(docs).toContain(path);
    expect(read('provisioning/systemd/vireo.sysusers.conf')).toMatch(/^u vireo /m);
  });
});

describe.each([
  ['50-vireo-read.rules', false],
  ['50-vireo-operate.rules', true],
] as const)('%s', (file, mayManage) => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await openLab();
    await startPolkit(lab, read(`provisioning/polkit/${file}`).replaceAll("'vireo'", `'${USER}'`));
    await startLibvirtd(lab, { polkit: true });
  }, 120_000);

  afterAll(() => lab.close(), 60_000);

  /** Whether virsh gets in, and what it says when it does not. */
  function virsh(...flags: string[]): Promise<string> {
    const command = asUser(USER, 'virsh', ['-c', 'qemu:///system', ...flags, 'uri']);
    return runInside(lab, ...command).catch((error: unknown) => String(error));
  }

  it('lets Vireo look', async () => {
    expect(await virsh('-r')).toContain('qemu:///system');
  });

  it(`${mayManage ? 'lets' : 'does not let'} Vireo act`, async () => {
    const answer = await virsh();
    if (mayManage) expect(answer.trim()).toBe('qemu:///system');
    else expect(answer).toContain('access denied by policy');
  });
});
