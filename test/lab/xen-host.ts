// SPDX-License-Identifier: Apache-2.0
// A real Xen host in one QEMU process: Xen 4.17, Debian's kernel as dom0, libvirt 9.0 with its Xen driver, reached by
// TCP. Made once of Debian's packages, booted once, and kept in the repository's folder .lab with its memory, so that it
// goes on in seconds. Emulated even where KVM is: Xen does not survive a KVM that is within another.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, repositoryRoot } from './lab.ts';
import type { Lab } from './lab.ts';
import { runInside, start } from './process.ts';
import type { RunningProcess } from './process.ts';
import { ask } from './qemu-monitor.ts';
import { waitFor } from './wait-for.ts';

const run = promisify(execFile);

const QEMU = 'qemu-system-x86_64';
/** dom0's address in QEMU's own network, which leads nowhere else. */
const DOM0 = '10.0.2.15';
/**
 * QEMU 7.2 faults on dom0's first return to user mode under SMAP. SVM stays, and Xen offers PVH and HVM by it, but a PVH
 * guest dies of an intercepted RDTSCP.
 */
const CPU = 'max,-smap,-smep,-la57,-pku,-rdtscp';
const XEN_COMMAND_LINE =
  'console=com1 com1=115200,8n1 loglvl=warning noreboot=0 dom0_mem=512M,max:512M dom0_max_vcpus=2';
const DOM0_COMMAND_LINE = 'console=hvc0 quiet mitigations=off';
const BOOT_DEADLINE_MS = 240_000;

/** See the head of this file. */
export interface XenHost {
  /** `xen+tcp://`, without authentication. */
  readonly uri: string;
  /** Of 127.0.0.1, and the same port of dom0: for the VNC server of a guest. */
  readonly vncPort: number;
  /** Debian's own client on {@link uri}. */
  virsh(...args: string[]): Promise<string>;
  /** Makes a persistent PV domain and leaves it off: one disk, one network card, a serial console, VNC at {@link vncPort}. */
  define(name: string): Promise<void>;
}

interface Ports {
  readonly libvirt: number;
  readonly vnc: number;
}

/** Goes on with the host as it was when it had booted: Domain-0 runs, 98 domains are off. Closing the lab ends it. */
export async function startXenHost(lab: Lab): Promise<XenHost> {
  const image = await bootedHost(lab);
  const disk = join(lab.directory, 'xen.qcow2');
  await makeOverlay(join(image, 'booted.qcow2'), disk);
  const ports = await somePorts();
  const host = startQemu(lab, image, disk, ports, ['-incoming', `exec:cat ${join(image, 'memory')}`]);
  await goOn(lab, host);
  const uri = `xen+tcp://127.0.0.1:${String(ports.libvirt)}/system`;
  const virsh = (...args: string[]): Promise<string> => runInside(lab, 'virsh', ['--connect', uri, ...args]);
  return {
    uri,
    vncPort: ports.vnc,
    virsh,
    define: async (name) => {
      const path = join(lab.directory, `${name}.xml`);
      await writeFile(path, buildGuestXml(name, ports.vnc));
      await virsh('define', path);
    },
  };
}

/** The folder of the host that has booted; makes it when there is none of this recipe and this QEMU. */
async function bootedHost(lab: Lab): Promise<string> {
  const recipe = join(repositoryRoot(), 'test', 'lab', 'xen');
  const digest = createHash('sha256');
  for (const name of (await readdir(recipe)).sort()) digest.update(await readFile(join(recipe, name)));
  digest.update([CPU, XEN_COMMAND_LINE, DOM0_COMMAND_LINE, (await run(QEMU, ['--version'])).stdout].join('\n'));
  const kept = join(repositoryRoot(), '.lab');
  const image = join(kept, `xen-${digest.digest('hex').slice(0, 12)}`);
  if (existsSync(image)) return image;
  await mkdir(kept, { recursive: true });
  // Those of older recipes, and what an interrupted run left.
  for (const name of await readdir(kept)) {
    if (name.startsWith('xen-')) await rm(join(kept, name), { recursive: true, force: true });
  }
  const work = await mkdtemp(`${image}-`);
  try {
    const options = { cwd: work, timeout: 300_000, maxBuffer: 16 * 1024 * 1024 };
    await run('sh', [join(recipe, 'build.sh'), recipe], options);
    await bootAndSave(lab, work);
    await rename(work, image);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return image;
}

async function bootAndSave(lab: Lab, work: string): Promise<void> {
  const disk = join(work, 'booted.qcow2');
  // By a relative name: the folder will have another.
  await makeOverlay('root.ext4', disk, 'raw');
  const ports = await somePorts();
  const host = startQemu(lab, work, disk, ports);
  try {
    await libvirtAnswers(lab, host, ports);
    const monitor = monitorSocket(lab);
    await ask(monitor, 'stop');
    await ask(monitor, 'migrate-set-parameters', { 'max-bandwidth': 2 ** 40 });
    await ask(monitor, 'migrate', { uri: `exec:cat > ${join(work, 'memory')}` });
    await waitFor(
      async () => {
        const { status } = (await ask(monitor, 'query-migrate')) as { status?: string };
        if (status === 'failed') throw new Error('QEMU could not save the Xen host');
        return status === 'completed';
      },
      { what: 'the Xen host is saved', deadlineMs: 60_000, intervalMs: 100 },
    );
  } finally {
    await host.stop();
  }
}

function startQemu(lab: Lab, image: string, disk: string, ports: Ports, more: readonly string[] = []): RunningProcess {
  const forwards = [
    `hostfwd=tcp:127.0.0.1:${String(ports.libvirt)}-${DOM0}:16509`,
    `hostfwd=tcp:127.0.0.1:${String(ports.vnc)}-${DOM0}:${String(ports.vnc)}`,
  ];
  // Emulated it is slow enough: it goes before whatever else the machine does.
  return start(lab, 'nice', [
    ...['-n', '-10', QEMU],
    ...['-accel', 'tcg,thread=multi,tb-size=512', '-cpu', CPU, '-smp', '2', '-m', '1536'],
    ...['-nodefaults', '-display', 'none', '-no-reboot'],
    ...['-serial', `file:${serialFile(lab)}`, '-qmp', `unix:${monitorSocket(lab)},server=on,wait=off`],
    ...['-drive', `file=${disk},if=virtio,cache=unsafe`],
    ...['-netdev', `user,id=net,restrict=on,${forwards.join(',')}`, '-device', 'virtio-net-pci,netdev=net,romfile='],
    ...['-kernel', join(image, 'xen'), '-append', XEN_COMMAND_LINE],
    ...['-initrd', `${join(image, 'vmlinux')} ${DOM0_COMMAND_LINE},${join(image, 'initrd')}`],
    ...more,
  ]);
}

/** Sets a host going that was saved. */
async function goOn(lab: Lab, host: RunningProcess): Promise<void> {
  await waitFor(
    async () => {
      if (host.hasExited) return true;
      const { status } = (await ask(monitorSocket(lab), 'query-status')) as { status: string };
      return status === 'paused';
    },
    { what: 'the Xen host is loaded', deadlineMs: 60_000, intervalMs: 100 },
  );
  if (host.hasExited) throw new Error(`QEMU could not go on with the Xen host:\n${host.output()}`);
  await ask(monitorSocket(lab), 'cont');
}

async function libvirtAnswers(lab: Lab, host: RunningProcess, ports: Ports): Promise<void> {
  const uri = `xen+tcp://127.0.0.1:${String(ports.libvirt)}/system`;
  try {
    await waitFor(async () => host.hasExited || (await runInside(lab, 'virsh', ['--connect', uri, 'version'])) !== '', {
      what: 'the Xen host has booted',
      deadlineMs: BOOT_DEADLINE_MS,
      intervalMs: 500,
    });
    if (host.hasExited) throw new Error(`QEMU ended: ${host.output()}`);
  } catch (error) {
    const serial = await readFile(serialFile(lab), 'utf8').catch(() => 'nothing');
    throw new Error(`${String(error)}\nThe Xen host has written:\n${serial.slice(-4000)}`, { cause: error });
  }
}

async function makeOverlay(backing: string, disk: string, format: 'raw' | 'qcow2' = 'qcow2'): Promise<void> {
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', format, '-b', backing, disk]);
}

async function somePorts(): Promise<Ports> {
  return { libvirt: await freePort(), vnc: await freePort() };
}

const serialFile = (lab: Lab): string => join(lab.directory, 'xen-serial.log');
const monitorSocket = (lab: Lab): string => join(lab.directory, 'xen-monitor');

function buildGuestXml(name: string, vncPort: number): string {
  return `<domain type='xen'>
  <name>${name}</name>
  <memory unit='MiB'>128</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='xenpv'>linux</type>
    <kernel>/srv/guest/vmlinux</kernel><initrd>/srv/guest/initrd</initrd>
    <cmdline>console=tty0 console=hvc0 quiet</cmdline>
  </os>
  <on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot><on_crash>destroy</on_crash>
  <devices>
    <disk type='file' device='disk'>
      <driver name='phy' type='raw'/><source file='/var/lib/libvirt/images/disk.img'/><target dev='xvda' bus='xen'/>
    </disk>
    <interface type='bridge'><source bridge='xenbr0'/></interface>
    <console type='pty'><target type='xen' port='0'/></console>
    <graphics type='vnc' port='${String(vncPort)}' autoport='no' listen='0.0.0.0'/>
  </devices>
</domain>
`;
}
