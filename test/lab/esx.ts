// SPDX-License-Identifier: Apache-2.0
// A VMware ESXi host as far as libvirt's ESX driver can tell, simulated by VMware's own simulator from Debian's packages,
// and a real libvirtd that opens it. Compiled once, in the repository's folder .lab; nothing is taken from the network.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, repositoryRoot } from './lab.ts';
import type { Lab } from './lab.ts';
import { accepts } from './libvirtd.ts';
import { secret } from './planted.ts';
import { runInside, start } from './process.ts';
import { waitFor } from './wait-for.ts';

/** Of Debian's package golang-go. */
const GO = '/usr/lib/go/bin/go';
/** Where Debian's packages of Go libraries are. */
const GO_LIBRARIES = '/usr/share/gocode';

/** A simulated ESXi host. */
export interface EsxHost {
  readonly port: number;
  /** The host by its address, with a certificate nobody can check. */
  uri(address?: string): string;
  /** It keeps its connections and says nothing more, as a host whose management agent hangs. */
  freeze(): void;
  thaw(): void;
}

/** Compiles the simulator, or finds the one compiled before; gives its path. */
async function buildSimulator(): Promise<string> {
  const kept = join(repositoryRoot(), '.lab');
  const source = join(repositoryRoot(), 'test', 'lab', 'esx', 'simulator.go');
  const digest = createHash('sha256')
    .update(await readFile(source))
    .digest('hex')
    .slice(0, 12);
  const program = join(kept, `esx-simulator-${digest}`);
  if (existsSync(program)) return program;
  await mkdir(kept, { recursive: true });
  for (const name of await readdir(kept)) if (name.startsWith('esx-simulator-')) await rm(join(kept, name));
  const env = {
    ...process.env,
    ...{ GO111MODULE: 'off', GOPATH: GO_LIBRARIES, GOPROXY: 'off', GOFLAGS: '', CGO_ENABLED: '0' },
    GOCACHE: join(kept, 'go-cache'),
  };
  await promisify(execFile)(GO, ['build', '-o', `${program}.unfinished`, source], { env, timeout: 300_000 });
  await rename(`${program}.unfinished`, program);
  return program;
}

/**
 * Starts one with three virtual machines, all running; closing the lab stops it.
 * @param what `vcenter`: a vCenter with a host that has them, and that the URI names
 */
export async function startEsxHost(lab: Lab, what: 'host' | 'vcenter' = 'host'): Promise<EsxHost> {
  const program = await buildSimulator();
  const port = await freePort();
  const listen = `127.0.0.1:${String(port)}`;
  const host = start(lab, program, ['-listen', listen, ...(what === 'vcenter' ? ['-vcenter'] : [])], {
    env: { ESX_USER: 'root', ESX_PASSWORD: secret('password of the ESX host') },
  });
  lab.onClose(() => {
    host.child.kill('SIGCONT');
  });
  await waitFor(() => host.hasExited || host.output().includes(listen), {
    what: 'the simulated ESX host answers',
    deadlineMs: 30_000,
  });
  if (host.hasExited) throw new Error(`the simulated ESX host ended at once:\n${host.output()}`);
  return {
    port,
    uri: (address = '127.0.0.1') => {
      const at = `${address}:${String(port)}`;
      return what === 'vcenter' ? `vpx://${at}/DC0/DC0_H0?no_verify=1` : `esx://${at}/?no_verify=1`;
    },
    freeze: () => {
      host.child.kill('SIGSTOP');
    },
    thaw: () => {
      host.child.kill('SIGCONT');
    },
  };
}

/** A daemon that opens hypervisors for us, and nothing else. */
export interface ViaDaemon {
  readonly uri: string;
  /** Debian's own client, with the daemon's credentials. */
  virsh(uri: string, ...args: string[]): Promise<string>;
}

/** A user every Debian has; stands for `vireo`. */
const USER = 'nobody';

/**
 * Starts a libvirtd without root, as provisioning/systemd/vireo-libvirtd.service does. It knows the right password at
 * 127.0.0.1 and a wrong one at `localhost`.
 */
export async function startViaDaemon(lab: Lab): Promise<ViaDaemon> {
  const directory = join(lab.directory, 'via');
  const auth = join(directory, 'config', 'libvirt', 'auth.conf');
  await mkdir(dirname(auth), { recursive: true });
  await mkdir(join(directory, 'run'));
  const right = secret('password of the ESX host');
  await writeFile(
    auth,
    `[credentials-right]
username=root
password=${right}
[credentials-wrong]
username=root
password=not ${right}
[auth-esx-127.0.0.1]
credentials=right
[auth-esx-localhost]
credentials=wrong
`,
  );
  await runInside(lab, 'chown', ['-R', USER, directory]);
  const user = [`--reuid=${USER}`, '--regid=nogroup', '--clear-groups'];
  const daemon = start(lab, 'setpriv', [...user, '--', 'libvirtd'], {
    env: {
      HOME: directory,
      XDG_CONFIG_HOME: join(directory, 'config'),
      XDG_CACHE_HOME: join(directory, 'cache'),
      XDG_DATA_HOME: join(directory, 'data'),
      XDG_RUNTIME_DIR: join(directory, 'run'),
    },
  });
  const path = join(directory, 'run', 'libvirt', 'libvirt-sock');
  await waitFor(async () => daemon.hasExited || (await accepts({ path })), {
    what: 'the libvirtd without root answers',
    deadlineMs: 60_000,
  });
  if (daemon.hasExited) throw new Error(`the libvirtd without root ended at once:\n${daemon.output()}`);
  return {
    uri: `qemu:///session?socket=${path}`,
    virsh: (uri, ...args) => runInside(lab, 'virsh', ['--connect', uri, ...args], { LIBVIRT_AUTH_FILE: auth }),
  };
}
