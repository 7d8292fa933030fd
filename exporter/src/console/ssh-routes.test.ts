// SPDX-License-Identifier: Apache-2.0
// With a program in ssh's place that does what ssh would: the shared connection as a socket that stands, streams that
// echo, or the words ssh says when it fails.

import { access, chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseConnectionUri } from '@vireo/libvirt';
import { signIn } from './reach.ts';
import { SshRoutes } from './ssh-routes.ts';

const SSH = `#!/bin/sh
here=$(dirname "$0")
echo "$*" >> "$here/calls"
while [ $# -gt 0 ]; do
  case $1 in
    -S) socket=$2 ;;
    -N) master=1 ;;
    -W) to=$2 ;;
  esac
  last=$1
  shift
done
if [ "$last" = deaf ]; then
  trap '' TERM
  echo $$ >> "$here/deaf"
fi
if [ -n "$master" ]; then
  if [ "$last" = silent ]; then exec sleep 60; fi
  if [ "$last" = refused ]; then echo 'root@refused: Permission denied (publickey).' >&2; exit 255; fi
  touch "$socket"
  exec sleep 60
fi
[ -S "$socket" ] || [ -e "$socket" ] || exit 9
if [ "$to" = 127.0.0.1:1 ]; then echo 'channel 0: open failed: connect failed: Connection refused' >&2; exit 255; fi
exec cat
`;

const SIGNAL = new AbortController().signal;
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vireo-routes-'));
  await writeFile(join(directory, 'ssh'), SSH);
  await chmod(join(directory, 'ssh'), 0o755);
});
afterEach(() => rm(directory, { recursive: true }));

function routes(host = 'kvm1'): SshRoutes {
  return new SshRoutes(parseConnectionUri(`qemu+ssh://root@${host}/system?command=${join(directory, 'ssh')}`));
}

async function calls(): Promise<string[]> {
  return (await readFile(join(directory, 'calls'), 'utf8')).trim().split('\n');
}

describe('SshRoutes', () => {
  it('opens streams over one shared connection, which ends with the last of them', async () => {
    const ssh = routes();
    const streams = await Promise.all([5900, 5901].map((port) => ssh.open({ kind: 'tcp', host: '::1', port }, SIGNAL)));
    for (const stream of streams) {
      stream.write('hello');
      await new Promise((resolve) => stream.once('readable', resolve));
      expect(String(stream.read())).toBe('hello');
    }
    expect((await calls()).filter((call) => call.includes('-N'))).toHaveLength(1);
    expect((await calls()).filter((call) => call.includes('-W [::1]:590'))).toHaveLength(2);
    const socket = /-S (\S+)/.exec((await calls())[0] ?? '')?.[1] ?? '';
    for (const stream of streams) stream.destroy();
    await waitUntil(async () => !(await exists(socket)));
    // And is made anew for the next one.
    const stream = await ssh.open({ kind: 'unix', path: '/run/vnc.sock' }, SIGNAL);
    expect((await calls()).filter((call) => call.includes('-N'))).toHaveLength(2);
    stream.destroy();
  });

  it('lets go at once of whoever leaves while it connects, and of the ssh that connects for nobody', async () => {
    const leaving = new AbortController();
    const why = new Error('the page was closed');
    const open = routes('silent').open({ kind: 'tcp', host: '127.0.0.1', port: 5900 }, leaving.signal);
    await waitUntil(() => exists(join(directory, 'calls')));
    const socket = /-S (\S+)/.exec((await calls())[0] ?? '')?.[1] ?? '';
    leaving.abort(why);
    await expect(open).rejects.toBe(why);
    await waitUntil(async () => !(await exists(dirname(socket))));
  });

  it('kills an ssh that does not hear it should end: OpenSSH at times loses the signal', async () => {
    const stream = await routes('deaf').open({ kind: 'tcp', host: '127.0.0.1', port: 5900 }, SIGNAL);
    stream.write('hello');
    await new Promise((resolve) => stream.once('readable', resolve));
    const pids = (await readFile(join(directory, 'deaf'), 'utf8')).trim().split('\n').map(Number);
    expect(pids).toHaveLength(2);
    stream.destroy();
    await waitUntil(async () => (await Promise.all(pids.map(runs))).every((yes) => !yes));
  });

  it('keeps the shared connection when one who wanted to use it leaves', async () => {
    const ssh = routes();
    const to = { kind: 'tcp', host: '127.0.0.1', port: 5900 } as const;
    const first = await ssh.open(to, SIGNAL);
    await expect(ssh.open(to, AbortSignal.abort(new Error('left')))).rejects.toThrow('left');
    const second = await ssh.open(to, SIGNAL);
    expect((await calls()).filter((call) => call.includes('-N'))).toHaveLength(1);
    first.destroy();
    second.destroy();
  });

  it('hands on what ssh says when it is not let in', async () => {
    const refused = routes('refused').open({ kind: 'tcp', host: '127.0.0.1', port: 5900 }, SIGNAL);
    await expect(refused).rejects.toMatchObject({
      end: 'unreachable',
      detail: 'ssh: root@refused: Permission denied (publickey).',
    });
  });

  it('hands on what ssh says when nothing listens on the host', async () => {
    const stream = await routes().open({ kind: 'tcp', host: '127.0.0.1', port: 1 }, SIGNAL);
    const tls = { caFile: '/none', serverName: 'localhost' };
    await expect(signIn(stream, { password: () => undefined }, tls, SIGNAL)).rejects.toMatchObject({
      end: 'unreachable',
      detail: 'ssh said: channel 0: open failed: connect failed: Connection refused',
    });
  });
});

async function runs(pid: number): Promise<boolean> {
  return exists(`/proc/${String(pid)}`);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function waitUntil(condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 4000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error('not within 4 s');
    await delay(10);
  }
}
