// SPDX-License-Identifier: Apache-2.0
// The remote command is run by a real shell, as sshd would, with virt-ssh-helper and nc replaced by programs that say
// how they were called.

import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parseConnectionUri } from '../uri.ts';
import { remoteCommand, remoteSocketCommand, shellQuote, sshCommandLine, sshOfHost } from './ssh-command.ts';

let directory = '';

/** Prints its name and its arguments, each in brackets. An nc that knows -q complains about a missing value. */
const TELL = `#!/bin/sh
if [ "$#" = 1 ] && [ "$1" = -q ]; then [ -n "$NC_HAS_Q" ] && echo "nc: option requires an argument -- 'q'" >&2; exit 1; fi
printf '%s' "\${0##*/}"
for arg in "$@"; do printf ' [%s]' "$arg"; done
echo
`;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vireo-ssh-'));
  for (const host of ['with-helper', 'without-helper']) {
    const bin = join(directory, host);
    await mkdir(bin);
    for (const program of ['sh', 'which', 'grep']) await symlink(await find(program), join(bin, program));
    for (const program of host === 'with-helper' ? ['virt-ssh-helper', 'nc'] : ['nc', "n'c $x"]) {
      await writeFile(join(bin, program), TELL);
      await chmod(join(bin, program), 0o755);
    }
  }
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

async function find(program: string): Promise<string> {
  const { stdout } = spawnSync('/bin/sh', ['-c', `command -v ${program}`], { encoding: 'utf8' });
  await Promise.resolve();
  return stdout.trim();
}

/** What sshd does: hands the command to the login shell. */
function run(command: string, host: 'with-helper' | 'without-helper', env: Record<string, string> = {}): string {
  const { stdout, stderr } = spawnSync('/bin/sh', ['-c', command], {
    encoding: 'utf8',
    cwd: directory,
    env: { PATH: join(directory, host), ...env },
  });
  return `${stdout}${stderr}`.trim();
}

function called(uri: string, readOnly: boolean, host: 'with-helper' | 'without-helper', env = {}): string {
  return run(remoteCommand(parseConnectionUri(uri), readOnly), host, env);
}

describe('the command run on the host', () => {
  it.each([
    ['qemu+ssh://kvm1/system', false, 'virt-ssh-helper [qemu:///system]'],
    ['qemu+ssh://kvm1/system', true, 'virt-ssh-helper [-r] [qemu:///system]'],
    ['qemu+ssh://kvm1/session', false, 'virt-ssh-helper [qemu:///session]'],
    ['qemu+ssh://kvm1/system?mode=direct', false, 'virt-ssh-helper [qemu:///system?mode=direct]'],
    ['qemu+ssh://kvm1/system?proxy=native', false, 'virt-ssh-helper [qemu:///system]'],
    ['qemu+ssh://kvm1/system?name=esx://esx1/&proxy=native', false, 'virt-ssh-helper [qemu:///system]'],
    ['remote+ssh://kvm1/', true, 'virt-ssh-helper [-r] [remote:///]'],
    ["test+ssh://kvm1/tmp/o'neil%20$(id)%3F.xml", false, "virt-ssh-helper [test:///tmp/o'neil%20%24(id)%3F.xml]"],
    ['qemu+ssh://kvm1/system?proxy=netcat', true, 'nc [-U] [/var/run/libvirt/libvirt-sock-ro]'],
    ['qemu+ssh://kvm1/system?proxy=netcat&mode=direct', false, 'nc [-U] [/var/run/libvirt/virtqemud-sock]'],
    ['qemu+ssh://kvm1/system?socket=/run/x', true, 'nc [-U] [/run/x]'],
  ])('for %s (read-only %p) is %s', (uri, readOnly, expected) => {
    expect(called(uri, readOnly, 'with-helper')).toBe(expected);
  });

  it('is nc where the helper is missing, told to end with its input if it can be', () => {
    const uri = 'qemu+ssh://kvm1/system';
    expect(called(uri, true, 'without-helper')).toBe('nc [-U] [/var/run/libvirt/libvirt-sock-ro]');
    expect(called(uri, false, 'without-helper', { NC_HAS_Q: '1' })).toBe(
      'nc [-q0] [-U] [/var/run/libvirt/libvirt-sock]',
    );
  });

  it('names what is missing where there is neither', () => {
    expect(called('qemu+ssh://kvm1/system?netcat=ncat', true, 'without-helper')).toMatch(/ncat: not found/u);
  });

  const HOSTILE = [
    "/tmp/a'b",
    "/tmp/'; touch pwned; '",
    "/tmp/'\\''; touch pwned; '\\''",
    '/tmp/$(touch pwned)`touch pwned`',
    '/tmp/"$HOME" *?[a]{1,2} & | ; < > # ! ~ \\',
    '/tmp/ü 漢字',
    '/-U',
  ];

  it.each(HOSTILE)('takes the socket path %p as one word and runs nothing of it', (path) => {
    const uri = `qemu+ssh://kvm1/system?socket=${encodeURIComponent(path)}`;
    expect(called(uri, true, 'with-helper')).toBe(`nc [-U] [${path}]`);
    expect(run('[ -e pwned ] && echo pwned', 'with-helper')).toBe('');
  });

  it('takes the path of nc as one word too', () => {
    const uri = `qemu+ssh://kvm1/system?netcat=${encodeURIComponent("n'c $x")}`;
    expect(called(uri, false, 'without-helper')).toBe("n'c $x [-U] [/var/run/libvirt/libvirt-sock]");
  });

  it('cannot be nc for a session daemon nobody named the socket of', () => {
    expect(() => remoteCommand(parseConnectionUri('qemu+ssh://kvm1/session?proxy=netcat'), true)).toThrow(
      'add socket=PATH',
    );
  });
});

describe('shellQuote', () => {
  it.each([...['', "'", "''", 'a b', '\\', "'\\''"], ...['$x', '!', '\u00e9']])('survives a shell: %p', (text) => {
    expect(run(`printf '<%s>' ${shellQuote(text)}`, 'with-helper')).toBe(`<${text}>`);
  });
});

describe("ssh's command line", () => {
  function args(uri: string, extra: readonly string[] = []): readonly string[] {
    const line = sshCommandLine(parseConnectionUri(uri), true, extra);
    return [line.program, ...line.args.slice(0, -1)];
  }

  // As virsh 9.0.0 calls it, but for BatchMode, which virsh adds only with no_tty=1.
  it.each([
    ['qemu+ssh://kvm1/system', 'ssh -T -e none -o BatchMode=yes -- kvm1'],
    ['qemu+ssh:///system', 'ssh -T -e none -o BatchMode=yes -- localhost'],
    [
      'qemu+ssh://root@kvm1:22/system?command=/opt/ssh&keyfile=/k&no_tty=1&no_verify=1',
      '/opt/ssh -p 22 -l root -i /k -T -e none -o BatchMode=yes -o StrictHostKeyChecking=no -- kvm1',
    ],
    [
      'qemu+libssh://[::1]/system?known_hosts=/kh&known_hosts_verify=auto',
      'ssh -T -e none -o BatchMode=yes -o StrictHostKeyChecking=accept-new -o UserKnownHostsFile="/kh" -- ::1',
    ],
  ])('for %s is %s', (uri, expected) => {
    expect(args(uri).join(' ')).toBe(expected);
  });

  it('begins with the arguments of the caller, which ssh obeys first', () => {
    expect(args('qemu+ssh://kvm1/system', ['-F', '/cfg']).slice(0, 3)).toEqual(['ssh', '-F', '/cfg']);
  });
});

describe('ssh to the host for something else', () => {
  const uri = parseConnectionUri("qemu+ssh://root@kvm1:22/system?netcat=n'c%20$x");

  it('goes the way of the connection, with the arguments of the caller first', () => {
    const { program, args } = sshOfHost(uri, ['-W', '127.0.0.1:5900']);
    expect([program, ...args].join(' ')).toBe(
      'ssh -W 127.0.0.1:5900 -p 22 -l root -T -e none -o BatchMode=yes -- kvm1',
    );
  });

  it('reaches a unix socket with the nc of the URI, every name one word', () => {
    expect(run(remoteSocketCommand(uri, "/run/a b'; touch x"), 'without-helper')).toBe(
      "n'c $x [-U] [/run/a b'; touch x]",
    );
  });
});
