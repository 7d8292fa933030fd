// SPDX-License-Identifier: Apache-2.0
// A VMware ESXi host as far as libvirt's ESX driver can tell, simulated by VMware's own simulator from Debian's packages,
// and a real libvirtd that opens it. Compiled once, in the repository's folder .lab; nothing is taken from the network.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, repositoryRoot } from './lab.ts';
import type { Lab } from './lab.ts';
import { secret } from './planted.ts';
import { start } from './process.ts';
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

/** Starts one with three virtual machines, all running; closing the lab stops it. */
export async function startEsxHost(lab: Lab): Promise<EsxHost> {
  const program = await buildSimulator();
  const port = await freePort();
  const listen = `127.0.0.1:${String(port)}`;
  const host = start(lab, program, ['-listen', listen], {
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
    uri: (address = '127.0.0.1') => `esx://${address}:${String(port)}/?no_verify=1`,
    freeze: () => {
      host.child.kill('SIGSTOP');
    },
    thaw: () => {
      host.child.kill('SIGCONT');
    },
  };
}

/** Tells the lab's libvirtd what to log in with: the right password at 127.0.0.1, a wrong one at `localhost`. */
export async function writeEsxCredentials(lab: Lab): Promise<void> {
  const right = secret('password of the ESX host');
  await writeFile(
    join(lab.directory, 'etc', 'auth.conf'),
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
    { mode: 0o600 },
  );
}
