// SPDX-License-Identifier: Apache-2.0
// Real LXC containers for a lab: a shell that is told to end by SIGTERM, on the machine's own files. Needs the kernel's
// namespaces and cgroups; where a machine does not allow them, starting one says what is missing.
import { existsSync } from 'node:fs';
import { readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lab } from './lab.ts';
import type { Libvirtd } from './libvirtd.ts';
import { runInside } from './process.ts';

const CGROUPS = '/sys/fs/cgroup';

/** What the lab's `lxc:///system` needs, and how it is asked. */
export interface Containers {
  readonly uri: string;
  /** Debian's own client on `lxc:///system`. */
  virsh(...args: string[]): Promise<string>;
  /** Makes a persistent domain of one container and leaves it off. */
  define(name: string): Promise<void>;
  /** Whether libvirt knows the process that a running container's shutdown has to tell. */
  knowsInit(name: string): Promise<boolean>;
}

/**
 * Must be called before the lab's libvirtd is started, which looks at the cgroups once. Beside cgroups of version 1 it
 * takes those of version 2 for its own too, and then cannot show both to a container; it gets the first alone.
 */
export async function hideSecondCgroups(lab: Lab): Promise<void> {
  const mounts = await readFile('/proc/self/mounts', 'utf8');
  if (mounts.includes(` ${CGROUPS}/unified cgroup2 `)) await runInside(lab, 'umount', [`${CGROUPS}/unified`]);
}

/** The lab's containers. Closing the lab ends them, and takes back libvirt's folder among the machine's cgroups. */
export async function openContainers(lab: Lab, libvirtd: Libvirtd): Promise<Containers> {
  const virsh = (...args: string[]): Promise<string> =>
    runInside(lab, 'virsh', ['--connect', 'lxc:///system', ...args]);
  const partitions = (await readdir(CGROUPS)).map((name) => join(CGROUPS, name, 'machine'));
  const made = [...partitions, join(CGROUPS, 'machine')].filter((path) => !existsSync(path));
  const names: string[] = [];
  lab.onClose(async () => {
    for (const name of names) await virsh('destroy', name).catch(() => undefined);
    // Another lab may be using it, and takes it away in its turn.
    for (const path of made) await rmdir(path).catch(() => undefined);
  });
  return {
    uri: `lxc:///system?socket=${libvirtd.socketPath}`,
    virsh,
    define: async (name) => {
      const path = join(lab.directory, `${name}.xml`);
      // It also ends when the lab's folder goes, whatever became of the test.
      const script = `trap 'exit 0' TERM; while [ -e ${path} ]; do sleep 0.2 &amp; wait $!; done`;
      await writeFile(
        path,
        `<domain type='lxc'>
  <name>${name}</name>
  <memory unit='MiB'>64</memory>
  <vcpu>1</vcpu>
  <os><type>exe</type><init>/bin/sh</init><initarg>-c</initarg><initarg>${script}</initarg></os>
  <devices><console type='pty'/></devices>
</domain>
`,
      );
      await virsh('define', path);
      names.push(name);
    },
    knowsInit: (name) =>
      virsh('lxc-enter-namespace', name, '--noseclabel', '/bin/true').then(
        () => true,
        (error: unknown) => {
          if (String(error).includes('Init pid is not yet available')) return false;
          throw error;
        },
      ),
  };
}
