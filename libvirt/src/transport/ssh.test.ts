// SPDX-License-Identifier: Apache-2.0
// ssh is played by scripts that fail as ssh does; test/integration has a real sshd.

import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

import { parseConnectionUri } from '../uri.ts';
import type { ConnectionUri } from '../uri.ts';
import { openTransport } from './open.ts';

let directory = '';
let scripts = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vireo-ssh-'));
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

async function fakeSsh(script: string, transport = 'ssh'): Promise<ConnectionUri> {
  scripts += 1;
  const path = join(directory, `ssh-${String(scripts)}`);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return parseConnectionUri(`qemu+${transport}://root@kvm1/system?command=${path}`);
}

/** The error a pipe ends with. */
async function end(pipe: Duplex): Promise<Error> {
  pipe.resume();
  const [error] = (await once(pipe, 'error', { signal: AbortSignal.timeout(5000) })) as [Error];
  return error;
}

async function failure(script: string): Promise<Error> {
  return end(await openTransport(await fakeSsh(script), { readOnly: true }));
}

async function isGone(pidFile: string): Promise<boolean> {
  const pid = Number(await readFile(pidFile, 'utf8'));
  for (let i = 0; i < 200; i++) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    await sleep(20);
  }
  return false;
}

function complain(text: string, status: number): string {
  return `printf '%s\\n' '${text}' >&2; exit ${String(status)}`;
}

describe('a connection through ssh', () => {
  it('carries bytes both ways, more of them than any buffer holds', async () => {
    const pipe = await openTransport(await fakeSsh('exec cat'), { readOnly: true });
    const chunk = Buffer.alloc(65_536);
    const total = 64 * chunk.length;
    let received = 0;
    pipe.on('data', (data: Buffer) => (received += data.length));
    for (let i = 0; i < 64; i++) if (!pipe.write(chunk)) await once(pipe, 'drain');
    while (received < total) await once(pipe, 'data');
    expect(received).toBe(total);
    pipe.destroy();
  });

  it('stops reading from ssh when its reader does', async () => {
    const pipe = await openTransport(await fakeSsh('exec head -c 20000000 /dev/zero'), { readOnly: true });
    await once(pipe, 'readable');
    await sleep(100);
    expect(pipe.readableLength).toBeLessThan(1_000_000);
    pipe.destroy();
  });

  it.each([
    ['Host key verification failed.', 'LV_CONN_SSH', 'the host key is not known; connect once by hand'],
    ['@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @', 'LV_CONN_SSH', 'the host key has changed'],
    ['root@kvm1: Permission denied (publickey).', 'LV_CONN_SSH', 'the host accepted no key of ours'],
    ['Received disconnect from 10.0.0.1: Too many authentication failures', 'LV_CONN_SSH', 'ssh offered too many keys'],
    ['Permissions 0644 for /k are too open. bad permissions', 'LV_CONN_SSH', 'chmod 600 the key file'],
    ['/k: line 3: Bad configuration option: foo', 'LV_CONN_SSH', 'ssh does not accept its configuration'],
    ['ssh: Could not resolve hostname kvm1: Name or service not known', 'LV_CONN_UNREACHABLE', 'does not resolve'],
    ['ssh: connect to host kvm1 port 22: No route to host', 'LV_CONN_UNREACHABLE', 'no route leads to the host'],
    ['ssh: connect to host kvm1 port 22: Connection refused', 'LV_CONN_REFUSED', 'no ssh server listens there'],
    ['ssh: connect to host kvm1 port 22: Connection timed out', 'LV_CONN_TIMEOUT', 'does not answer'],
    ['kex_exchange_identification: Connection closed by remote host', 'LV_CONN_CLOSED', 'MaxStartups'],
    ['something new', 'LV_CONN_SSH', 'ssh failed with status 255 (ssh said: something new)'],
  ])('that ssh itself refuses with "%s" ends with %s', async (said, code, why) => {
    const error = await failure(complain(said, 255));
    expect(error).toMatchObject({ code, message: expect.stringContaining(why) as string });
    expect(error.message).toMatch(/^connect failed: qemu\+ssh:\/\/root@kvm1\/system/u);
    expect(error.message).toContain(said);
  });

  it.each([
    ['sh: 1: nc: not found', 127, 'LV_CONN_SSH', 'neither virt-ssh-helper nor nc'],
    ['nc: /var/run/libvirt/libvirt-sock: No such file or directory', 1, 'LV_CONN_REFUSED', 'is libvirtd running'],
    ['nc: unix connect failed: Connection refused', 1, 'LV_CONN_REFUSED', 'nothing listens'],
    ['nc: unix connect failed: Permission denied', 1, 'LV_CONN_DENIED', 'add them to the group libvirt'],
    ["nc: invalid option -- 'U'", 1, 'LV_CONN_SSH', 'cannot open unix sockets'],
    ['something else', 3, 'LV_CONN_SSH', 'the command on the host failed with status 3'],
  ])('whose remote command fails with "%s" ends with another reason', async (said, status, code, why) => {
    const error = await failure(complain(said.replaceAll("'", `'"'"'`), status));
    expect(error).toMatchObject({ code, message: expect.stringContaining(why) as string });
  });

  it('that ends without a word is not taken for a success', async () => {
    expect(await failure('exit 0')).toMatchObject({
      code: 'LV_CONN_CLOSED',
      message: expect.stringContaining('closed the connection before answering') as string,
    });
  });

  it('shows the greeting of a login shell instead of choking on it', async () => {
    const error = await failure('echo "Welcome to kvm1!"; sleep 5');
    expect(error).toMatchObject({
      code: 'LV_CONN_SSH',
      message: expect.stringContaining('"Welcome to kvm1!": its login shell must print nothing') as string,
    });
  });

  it('keeps only the last words of a chatty ssh, without control characters', async () => {
    const error = await failure(
      `head -c 100000 /dev/zero | tr '\\0' x >&2; printf '\\033[31mthe \\007point\\n' >&2; exit 255`,
    );
    expect(error.message.length).toBeLessThan(500);
    expect(error.message).toMatch(/x\[31mthe point\)$/u);
  });

  it('that breaks after an answer was a connection lost, not one that failed', async () => {
    const pipe = await openTransport(
      await fakeSsh(`printf '\\0\\0\\0\\034'; ${complain('Connection reset by peer', 255)}`),
      {
        readOnly: true,
      },
    );
    expect(await end(pipe)).toMatchObject({
      code: 'LV_CONN_CLOSED',
      message: expect.stringMatching(
        /^connection lost: .*the ssh connection broke \(ssh said: Connection reset by peer\)$/u,
      ) as string,
    });
  });

  it('does not wait for somebody else who holds on to stderr (ControlPersist)', async () => {
    const startedAt = performance.now();
    const error = await failure(`sleep 3 >/dev/null </dev/null & ${complain('Host key verification failed.', 255)}`);
    expect(error).toMatchObject({ code: 'LV_CONN_SSH' });
    expect(performance.now() - startedAt).toBeLessThan(2500);
  });

  it('takes the process with it when it is destroyed', async () => {
    const pidFile = join(directory, 'pid-destroyed');
    const pipe = await openTransport(await fakeSsh(`echo $$ > ${pidFile}; printf '\\0'; exec sleep 60`), {
      readOnly: true,
    });
    await once(pipe, 'readable');
    pipe.destroy();
    expect(await isGone(pidFile)).toBe(true);
  });

  it('kills a process that will not end', async () => {
    const pidFile = join(directory, 'pid-stubborn');
    const script = `trap '' TERM; echo $$ > ${pidFile}; printf '\\0'; while :; do sleep 0.05; done`;
    const pipe = await openTransport(await fakeSsh(script), { readOnly: true });
    await once(pipe, 'readable');
    pipe.destroy();
    expect(await isGone(pidFile)).toBe(true);
  });

  it('says that there is no ssh', async () => {
    const uri = parseConnectionUri('qemu+ssh://kvm1/system?command=/nowhere/ssh');
    await expect(openTransport(uri, { readOnly: true })).rejects.toMatchObject({
      code: 'LV_CONN_SSH',
      message: expect.stringContaining('cannot run /nowhere/ssh: no such program') as string,
    });
  });

  it('starts nothing for a caller that has already given up', async () => {
    const marker = join(directory, 'started');
    const opening = openTransport(await fakeSsh(`touch ${marker}`), { readOnly: true, signal: AbortSignal.abort() });
    await expect(opening).rejects.toMatchObject({ code: 'LV_ABORTED' });
    await expect(readFile(marker)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('a connection through another program', () => {
  it('runs it without arguments', async () => {
    const pipe = await openTransport(await fakeSsh('printf "\\0%s" "$#"; exec cat >/dev/null', 'ext'), {
      readOnly: true,
    });
    const [data] = (await once(pipe, 'data')) as [Buffer];
    expect(data.toString('latin1')).toBe('\u00000');
    pipe.destroy();
  });

  it('ends with what the program said', async () => {
    const pipe = await openTransport(await fakeSsh(complain('no tunnel today', 7), 'ext'), { readOnly: true });
    expect(await end(pipe)).toMatchObject({
      code: 'LV_CONN_CLOSED',
      message: expect.stringContaining('ended with status 7: no tunnel today') as string,
    });
  });
});
