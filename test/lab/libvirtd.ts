// SPDX-License-Identifier: Apache-2.0
// A real libvirtd, in system mode, in a lab of its own: unix sockets, and on request TCP, TLS and SASL.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:net';
import type { CertificateFiles } from './certificates.ts';
import { debianRoot, mountDebianRoot } from './debian-root.ts';
import { freePort } from './lab.ts';
import type { Lab } from './lab.ts';
import type { NetworkLink } from './network-link.ts';
import { fdCount, runInside, start } from './process.ts';
import type { RunningProcess } from './process.ts';
import { waitFor } from './wait-for.ts';

/** What the daemon offers besides its unix sockets. */
export interface LibvirtdOptions {
  /** Listens for plain TCP, without authentication. */
  readonly tcp?: boolean;
  /** Listens for TLS with this server certificate, and wants client certificates of the same CA. */
  readonly tls?: CertificateFiles;
  /** Wants SASL on the read-write unix socket, and on TLS besides the certificate. See `addSaslUser`. */
  readonly sasl?: boolean;
  /** More lines of qemu.conf. */
  readonly qemuConf?: string;
  /** Asks polkit about whoever comes to a unix socket. See `startPolkit`. */
  readonly polkit?: boolean;
  /** Runs at the far end of this link, and listens there. Its unix sockets are where they are without. */
  readonly behind?: NetworkLink;
}

/** A running (or just killed) daemon. */
export interface Libvirtd {
  /** The newest process's id. */
  readonly pid: number;
  /** The read-write socket, as seen from outside the namespace. Inside it is /run/libvirt/libvirt-sock. */
  readonly socketPath: string;
  readonly readOnlySocketPath: string;
  /** `qemu:///system` through {@link socketPath}. */
  readonly uri: string;
  /** `qemu:///system` through {@link readOnlySocketPath}. */
  readonly readOnlyUri: string;
  readonly tcpPort: number;
  readonly tlsPort: number;
  /** kill -9; resolves when the process is gone. Domains keep running. */
  kill(): Promise<void>;
  /** Starts the daemon again after {@link kill}; resolves when it answers. */
  restart(): Promise<void>;
  /** How many file descriptors the daemon has open. */
  fdCount(): Promise<number>;
  /** Runs virsh against the daemon, gives its stdout. Debian's own client, so that a test never checks ours with itself. */
  virsh(...args: string[]): Promise<string>;
}

/** Nothing that needs systemd, AppArmor or the machine's cgroups: the lab must run anywhere. */
const QEMU_CONF = `
user = "root"
group = "root"
dynamic_ownership = 0
security_driver = "none"
namespaces = []
cgroup_controllers = []
stdio_handler = "file"
`;

/**
 * The text of a lab's qemu.conf. The domains' VNC servers have a hundred ports below the ephemeral ones: libvirtd looks
 * whether a port is free and QEMU takes it a moment later, so two labs, or a lab and the machine's own libvirt, must not
 * look in the same place.
 */
export function buildQemuConf(): string {
  const first = 6000 + 100 * Math.floor(Math.random() * 260);
  return `${QEMU_CONF}remote_display_port_min = ${String(first)}\nremote_display_port_max = ${String(first + 99)}\n`;
}

/** The daemon's configuration; one key a line. */
function buildConfig(options: LibvirtdOptions, tcpPort: number, tlsPort: number): string {
  const lines = [
    `auth_unix_ro = "${options.polkit === true ? 'polkit' : 'none'}"`,
    `auth_unix_rw = "${options.polkit === true ? 'polkit' : options.sasl === true ? 'sasl' : 'none'}"`,
    'unix_sock_rw_perms = "0777"',
    'unix_sock_ro_perms = "0777"',
    `listen_addr = "${options.behind?.address ?? '127.0.0.1'}"`,
    `listen_tcp = ${options.tcp === true ? '1' : '0'}`,
    `tcp_port = "${String(tcpPort)}"`,
    'auth_tcp = "none"',
    `listen_tls = ${options.tls === undefined ? '0' : '1'}`,
    `tls_port = "${String(tlsPort)}"`,
    `auth_tls = "${options.sasl === true ? 'sasl' : 'none'}"`,
  ];
  if (options.tls !== undefined) {
    lines.push(`key_file = "${options.tls.key}"`, `cert_file = "${options.tls.certificate}"`);
    lines.push(`ca_file = "${options.tls.ca}"`);
  }
  return `${lines.join('\n')}\n`;
}

/** Whether somebody accepts connections there. */
export async function accepts(target: { path: string } | { host: string; port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(target);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}

/** Which libvirt a lab has. */
interface Installation {
  /** What goes before a command to have it of that libvirt. */
  readonly there: readonly string[];
  /** Whether modular daemons are there to take libvirtd's place. */
  readonly isModular: boolean;
}

/** The machine's, or that of another Debian where `npm run test:long` wants the tests to have it. */
async function findInstallation(lab: Lab): Promise<Installation> {
  const suite = process.env['VIREO_TEST_LIBVIRT'];
  if (suite === undefined) return { there: [], isModular: false };
  if (suite !== 'trixie' && suite !== 'sid') throw new Error(`VIREO_TEST_LIBVIRT is trixie or sid, not ${suite}`);
  const root = await debianRoot(suite);
  await mountDebianRoot(lab, root);
  return { there: ['chroot', root], isModular: suite === 'trixie' };
}

/** Starts a libvirtd in the lab (one a lab); resolves when its QEMU driver answers. Closing the lab stops it. */
export async function startLibvirtd(lab: Lab, options: LibvirtdOptions = {}): Promise<Libvirtd> {
  const [tcpPort, tlsPort] = [await freePort(), await freePort()];
  const config = join(lab.directory, 'etc', 'libvirtd.conf');
  await writeFile(config, buildConfig(options, tcpPort, tlsPort));
  await writeFile(join(lab.directory, 'etc', 'qemu.conf'), buildQemuConf() + (options.qemuConf ?? ''));
  const { there, isModular } = await findInstallation(lab);
  const listens = options.tcp === true || options.tls !== undefined;
  // virtproxyd has libvirtd's sockets, and listens for TCP only where systemd does that for it.
  const [main, beside] =
    isModular && !listens ? ['virtqemud', ['virtstoraged', 'virtnetworkd', 'virtproxyd']] : ['libvirtd', []];
  const socketOf = (name: string): string => {
    const stem = name === 'libvirtd' || name === 'virtproxyd' ? 'libvirt' : name;
    return join(lab.directory, 'run', 'libvirt', `${stem}-sock`);
  };
  const socketPath = socketOf(main);
  const readOnlySocketPath = `${socketPath}-ro`;
  const uri = `qemu:///system?socket=${socketPath}`;
  const readOnlyUri = `qemu:///system?socket=${readOnlySocketPath}`;

  async function startDaemon(name: string): Promise<RunningProcess> {
    const command = [...(options.behind?.command ?? []), ...there, name, ...(listens ? ['--listen'] : [])];
    const daemon = start(lab, command[0] ?? '', [...command.slice(1), '--config', config]);
    await waitFor(
      async () => {
        if (daemon.hasExited) return 'exited';
        if (!(await accepts({ path: `${socketOf(name)}-ro` }))) return undefined;
        // The first call waits until the drivers are ready.
        if (name === main) await runInside(lab, 'virsh', ['--readonly', '--connect', 'qemu:///system', 'version']);
        return 'ready';
      },
      { what: `${name} answers`, deadlineMs: 60_000, intervalMs: 50 },
    );
    if (daemon.hasExited) throw new Error(`${name} ended at once:\n${daemon.output()}`);
    return daemon;
  }

  for (const name of beside) await startDaemon(name);
  let daemon = await startDaemon(main);
  return {
    get pid() {
      return daemon.pid;
    },
    socketPath,
    readOnlySocketPath,
    uri,
    readOnlyUri,
    tcpPort,
    tlsPort,
    kill: async () => {
      await daemon.stop('SIGKILL');
    },
    restart: async () => {
      daemon = await startDaemon(main);
    },
    fdCount: () => fdCount(daemon.pid),
    virsh: (...args) => {
      const [command = '', ...rest] = [...there, 'virsh', '--connect', 'qemu:///system', ...args];
      return runInside(lab, command, rest);
    },
  };
}
