// SPDX-License-Identifier: Apache-2.0

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parseConnectionUri } from '../uri.ts';
import { openTransport } from './open.ts';
import { defaultSessionDirectory, isSession, socketCandidates } from './unix.ts';

let directory = '';
const servers: Server[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vireo-unix-'));
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  await rm(directory, { recursive: true });
});

/** A daemon that says its own socket's name. */
async function listen(name: string): Promise<void> {
  const server = createServer((socket: Socket) => socket.end(name));
  server.listen(join(directory, name));
  servers.push(server);
  await once(server, 'listening');
}

async function whoAnswers(uri: string, readOnly: boolean): Promise<string> {
  const pipe = await openTransport(parseConnectionUri(uri), { readOnly, systemRuntimeDirectory: directory });
  const text = Buffer.concat((await pipe.toArray()) as Buffer[]).toString();
  pipe.destroy();
  return text;
}

describe('a unix socket', () => {
  it("is the driver's own daemon's when there is one, else the monolithic one's", async () => {
    await listen('libvirt-sock');
    await listen('libvirt-sock-ro');
    expect(await whoAnswers('qemu:///system', false)).toBe('libvirt-sock');
    expect(await whoAnswers('qemu:///system', true)).toBe('libvirt-sock-ro');
    await listen('virtqemud-sock');
    await listen('virtqemud-sock-ro');
    expect(await whoAnswers('qemu:///system', false)).toBe('virtqemud-sock');
    expect(await whoAnswers('qemu:///system', true)).toBe('virtqemud-sock-ro');
    expect(await whoAnswers('qemu:///system?mode=legacy', true)).toBe('libvirt-sock-ro');
    expect(await whoAnswers('xen:///system', true)).toBe('libvirt-sock-ro');
    expect(await whoAnswers('remote:///', true)).toBe('libvirt-sock-ro');
    expect(await whoAnswers(`qemu:///system?socket=${directory}/virtqemud-sock`, true)).toBe('virtqemud-sock');
  });

  it('says which sockets are missing and what should run', async () => {
    await expect(whoAnswers('qemu:///system', true)).rejects.toMatchObject({
      code: 'LV_CONN_REFUSED',
      retriable: true,
      message:
        `connect failed: qemu:///system: no socket at ${directory}/virtqemud-sock-ro nor ${directory}/libvirt-sock-ro: ` +
        'is libvirtd (or virtqemud) running?',
    });
  });

  it('tells a dead socket from a missing one', async () => {
    // bind() leaves the file behind when a process dies; Node's server removes it, so a child that is killed makes one.
    const path = join(directory, 'libvirt-sock-ro');
    const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', script]);
    await expect(whoAnswers('qemu:///system', true)).rejects.toMatchObject({
      code: 'LV_CONN_REFUSED',
      message: expect.stringContaining('the daemon has stopped') as string,
    });
  });

  it('refuses a path no socket can have', async () => {
    const uri = `qemu:///system?socket=/${'x'.repeat(107)}`;
    await expect(whoAnswers(uri, true)).rejects.toMatchObject({ code: 'LV_ARG_URI' });
  });

  it('refuses mode=direct without a driver', async () => {
    await expect(whoAnswers('remote:///?mode=direct', true)).rejects.toMatchObject({ code: 'LV_ARG_URI' });
  });

  it('opens nothing for a caller that has already given up', async () => {
    await listen('libvirt-sock');
    let connections = 0;
    servers[0]?.on('connection', () => (connections += 1));
    const opening = openTransport(parseConnectionUri('qemu:///system'), {
      readOnly: false,
      systemRuntimeDirectory: directory,
      signal: AbortSignal.abort(),
    });
    await expect(opening).rejects.toMatchObject({ code: 'LV_ABORTED' });
    expect(connections).toBe(0);
  });
});

describe('the session daemon', () => {
  it.each([
    ['qemu:///session', 1000, true],
    ['qemu:///session', 0, false],
    ['qemu:///system', 1000, false],
    ['test:///default', 1000, true],
    ['test+unix:///default', 0, false],
  ])('is meant by %s for uid %d: %p', (uri, userId, expected) => {
    expect(isSession(parseConnectionUri(uri), userId)).toBe(expected);
  });

  it.each([
    [{ XDG_RUNTIME_DIR: '/run/user/7' }, '/run/user/7/libvirt'],
    [{ XDG_RUNTIME_DIR: '' }, '/home/u/.cache/libvirt'],
    [{ XDG_CACHE_HOME: '/cache' }, '/cache/libvirt'],
  ])('listens where %j says: %s', (env, expected) => {
    expect(defaultSessionDirectory(env, '/home/u')).toBe(expected);
  });

  it('has no read-only socket', () => {
    const options = { readOnly: true, sessionRuntimeDirectory: '/s', userId: 1000 };
    expect(socketCandidates(parseConnectionUri('qemu:///session'), options)).toEqual([
      '/s/virtqemud-sock',
      '/s/libvirt-sock',
    ]);
  });
});
