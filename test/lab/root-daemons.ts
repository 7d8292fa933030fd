// SPDX-License-Identifier: Apache-2.0
// libvirt's daemons, modular ones too, in a lab and from a root folder of another Debian (debian-root.ts).
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mountDebianRoot } from './debian-root.ts';
import type { Lab } from './lab.ts';
import { accepts, buildQemuConf } from './libvirtd.ts';
import { runInside, start } from './process.ts';
import type { RunningProcess } from './process.ts';
import { waitFor } from './wait-for.ts';

/** One of libvirt's daemons. virtproxyd stands in for libvirtd and has its sockets. */
export type DaemonName = 'libvirtd' | 'virtproxyd' | 'virtqemud' | 'virtnetworkd' | 'virtstoraged';

/** The daemons of `qemu:///system` on a machine without libvirtd. */
export const MODULAR_DAEMONS: readonly DaemonName[] = ['virtstoraged', 'virtnetworkd', 'virtqemud', 'virtproxyd'];

/** Daemons that run. */
export interface RootDaemons {
  /** Where the sockets are, as seen from outside the namespace. Inside it is /run/libvirt. */
  readonly runtimeDirectory: string;
  /** The newest process of a daemon; throws when it was not started. */
  process(name: DaemonName): RunningProcess;
  /** Starts one, or starts it again; resolves when it accepts connections. */
  start(name: DaemonName): Promise<void>;
  /** Runs the root folder's own virsh on `qemu:///system`, gives its stdout. */
  virsh(...args: string[]): Promise<string>;
}

const CONFIG = `auth_unix_ro = "none"
auth_unix_rw = "none"
unix_sock_ro_perms = "0777"
unix_sock_rw_perms = "0777"
`;

/** Starts daemons of a root folder in the lab; resolves when QEMU's driver answers. Closing the lab stops them. */
export async function startRootDaemons(lab: Lab, root: string, names: readonly DaemonName[]): Promise<RootDaemons> {
  await mountDebianRoot(lab, root);
  const runtimeDirectory = join(lab.directory, 'run', 'libvirt');
  await writeFile(join(lab.directory, 'etc', 'qemu.conf'), buildQemuConf());
  const processes = new Map<DaemonName, RunningProcess>();
  const daemons: RootDaemons = {
    runtimeDirectory,
    process: (name) => {
      const found = processes.get(name);
      if (found === undefined) throw new Error(`${name} was not started`);
      return found;
    },
    start: async (name) => {
      await writeFile(join(lab.directory, 'etc', `${name}.conf`), CONFIG);
      const daemon = start(lab, 'chroot', [root, name]);
      processes.set(name, daemon);
      const socket = name === 'libvirtd' || name === 'virtproxyd' ? 'libvirt-sock' : `${name}-sock`;
      await waitFor(async () => daemon.hasExited || accepts({ path: join(runtimeDirectory, socket) }), {
        what: `${name} accepts connections`,
        deadlineMs: 30_000,
      });
      if (daemon.hasExited) throw new Error(`${name} ended at once:\n${daemon.output()}`);
    },
    virsh: (...args) => runInside(lab, 'chroot', [root, 'virsh', '--connect', 'qemu:///system', ...args]),
  };
  for (const name of names) await daemons.start(name);
  // The first call waits until the drivers are ready.
  await daemons.virsh('version');
  return daemons;
}
