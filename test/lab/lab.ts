// SPDX-License-Identifier: Apache-2.0
// A laboratory: one private directory, one private mount namespace, and everything that runs in them. Inside, /run,
// /etc/libvirt, /var/lib/libvirt and /etc/sasl2 are the lab's own, so a system-mode libvirtd runs there as on a machine
// of its own and the real machine's libvirt is never touched. Closing the lab kills every process in the namespace.
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { commandLine } from './process.ts';
import { waitFor } from './wait-for.ts';

/** The root of the repository: the nearest folder above the working directory that has the workspaces' lock file. */
export function repositoryRoot(): string {
  let directory = process.cwd();
  while (!existsSync(join(directory, 'package-lock.json'))) {
    const parent = dirname(directory);
    if (parent === directory) throw new Error(`${process.cwd()} is not inside the repository`);
    directory = parent;
  }
  return directory;
}

/**
 * A TCP port of the loopback that nobody listened on a moment ago. Not one of those that the system gives to outgoing
 * connections: any of them might take it before it is listened on.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      (error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return false;
        throw error;
      },
    );
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

/** What the namespace's first process does: cover the machine's folders, then wait until its stdin closes. */
const HOLDER = `
set -e
mount --bind "$LAB/run" /run
mount --bind "$LAB/etc" /etc/libvirt
mount --bind "$LAB/sasl2" /etc/sasl2
mount --bind "$LAB/lib" /var/lib/libvirt
mount --bind "$LAB/log" /var/log/libvirt
mount --bind "$CACHE" /var/cache/libvirt
echo ready
read -r _ || true
set +e
own=$(readlink /proc/$$/ns/mnt)
for pass in 1 2; do
  for p in /proc/[0-9]*; do
    [ "$(readlink "$p/ns/mnt")" = "$own" ] && [ "$p" != "/proc/$$" ] && kill -9 "\${p#/proc/}"
  done 2>/dev/null
done
rm -rf "$LAB"
exit 0
`;

/** See the head of this file. */
export interface Lab {
  /** Readable by everybody: QEMU and sshd's children may not be root. Short, for socket paths have 107 characters. */
  readonly directory: string;
  /** A command and its arguments as they must be run to run inside the namespace. */
  inside(command: string, args: readonly string[]): [string, string[]];
  /** The ids of the processes in the namespace whose command line has all of `words`. */
  processes(...words: string[]): Promise<number[]>;
  /** Has `task` done at close, last in first out; its failure does not stop the others. */
  onClose(task: () => Promise<void> | void): void;
  /** Stops everything and removes the directory. Throws the first failure of an {@link onClose} task. */
  close(): Promise<void>;
}

/** Opens a lab; needs root. The caller closes it. Should the caller die, processes and directory go all the same. */
export async function openLab(): Promise<Lab> {
  const directory = await mkdtemp(join(tmpdir(), 'vlab-'));
  await chmod(directory, 0o755);
  // QEMU's capabilities take seconds to probe; libvirtd checks by itself whether its cache still fits the binaries.
  const cache = join(repositoryRoot(), '.lab', 'cache');
  await mkdir(cache, { recursive: true });
  for (const name of ['run/sshd', 'run/lock', 'etc', 'sasl2', 'lib', 'log']) {
    await mkdir(join(directory, name), { recursive: true });
  }
  const holder = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', HOLDER], {
    env: { ...process.env, LAB: directory, CACHE: cache },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  holder.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  holder.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const exited = new Promise<void>((resolve) =>
    holder.once('close', () => {
      resolve();
    }),
  );
  const tasks: (() => Promise<void> | void)[] = [];

  async function end(): Promise<void> {
    holder.stdin.end();
    await exited;
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }

  try {
    await waitFor(() => said.includes('ready') || (holder.exitCode !== null && 'gone'), {
      what: 'the private mount namespace is made',
      deadlineMs: 30_000,
    });
    if (!said.includes('ready')) throw new Error(`cannot make a private mount namespace (root needed): ${said.trim()}`);
  } catch (error) {
    await end();
    throw error;
  }
  const namespace = `/proc/${String(holder.pid)}/ns/mnt`;
  const own = await readlink(namespace);

  return {
    directory,
    inside: (command, args) => ['nsenter', [`--mount=${namespace}`, command, ...args]],
    processes: async (...words) => {
      const found: number[] = [];
      for (const name of await readdir('/proc')) {
        if (!/^\d+$/.test(name)) continue;
        // A process may end between the listing and the look.
        const there = await readlink(`/proc/${name}/ns/mnt`).catch(() => '');
        if (there !== own) continue;
        const line = await commandLine(Number(name));
        if (words.every((word) => line.includes(word))) found.push(Number(name));
      }
      return found;
    },
    onClose: (task) => {
      tasks.push(task);
    },
    close: async () => {
      const failures: unknown[] = [];
      for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
        try {
          await task();
        } catch (error) {
          failures.push(error);
        }
      }
      await end();
      if (failures.length > 0) throw failures[0];
    },
  };
}
