// SPDX-License-Identifier: Apache-2.0
// A real sshd on the loopback with keys of its own. It runs inside the lab, so whoever logs in sees the lab's libvirtd
// as the machine's.
import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from './lab.ts';
import type { Lab } from './lab.ts';
import { plantKey } from './planted.ts';
import { runInside, start } from './process.ts';
import { waitFor } from './wait-for.ts';

/** A running sshd. */
export interface Sshd {
  readonly port: number;
  /** Who may log in: the user the tests run as. */
  readonly user: string;
  /** The private key that may log in; for the URI's `keyfile`. */
  readonly keyPath: string;
  /** A command for the URI's `command`: ssh with a configuration that knows this server's host key and nothing else. */
  readonly commandPath: string;
  /** The same, but knowing another host key: connecting must fail. */
  readonly strangerCommandPath: string;
  /** How often somebody was let in since it was started. */
  signIns(): number;
}

/** Starts sshd; resolves when it accepts connections. Closing the lab stops it. */
export async function startSshd(lab: Lab): Promise<Sshd> {
  const directory = join(lab.directory, 'ssh');
  await mkdir(directory, { mode: 0o700 });
  const port = await freePort();
  const user = userInfo().username;
  const path = (name: string): string => join(directory, name);
  for (const name of ['host_key', 'stranger_key', 'user_key']) {
    await runInside(lab, 'ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', path(name)]);
    plantKey(`ssh key ${name}`, path(name));
  }
  await copyFile(path('user_key.pub'), path('authorized_keys'));
  await writeFile(
    path('sshd_config'),
    `Port ${String(port)}
ListenAddress 127.0.0.1
HostKey ${path('host_key')}
AuthorizedKeysFile ${path('authorized_keys')}
PidFile none
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
PrintMotd no
PrintLastLog no
`,
  );

  async function writeCommand(name: string, hostKey: string): Promise<string> {
    const knownHosts = path(`${name}.known_hosts`);
    const publicKey = (await runInside(lab, 'cat', [path(`${hostKey}.pub`)])).split(' ').slice(0, 2).join(' ');
    await writeFile(knownHosts, `[127.0.0.1]:${String(port)} ${publicKey}\n`);
    const config = path(`${name}.config`);
    await writeFile(
      config,
      `IdentitiesOnly yes\nStrictHostKeyChecking yes\nUserKnownHostsFile ${knownHosts}\nGlobalKnownHostsFile none\n`,
    );
    const command = path(name);
    await writeFile(command, `#!/bin/sh\nexec ssh -F ${config} "$@"\n`);
    await chmod(command, 0o755);
    return command;
  }
  const commandPath = await writeCommand('ssh', 'host_key');
  const strangerCommandPath = await writeCommand('ssh-stranger', 'stranger_key');

  // sshd wants to be started by its absolute path, since it starts itself again for each connection.
  const sshd = start(lab, '/usr/sbin/sshd', ['-D', '-e', '-f', path('sshd_config')]);
  await waitFor(() => sshd.output().includes('Server listening') || (sshd.hasExited && 'exited'), {
    what: 'sshd listens',
    deadlineMs: 30_000,
  });
  if (sshd.hasExited) throw new Error(`sshd ended at once:\n${sshd.output()}`);
  return {
    ...{ port, user, keyPath: path('user_key'), commandPath, strangerCommandPath },
    signIns: () => sshd.output().split('Accepted publickey').length - 1,
  };
}
