// SPDX-License-Identifier: Apache-2.0
// A guest with an operating system: Debian's kernel, busybox and the real QEMU guest agent, unpacked from their packages
// into an initramfs. It obeys the power button. Emulated even where KVM is: a KVM within another unpacks the kernel for
// minutes, and emulation is up in ten seconds.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Lab } from './lab.ts';
import { repositoryRoot } from './lab.ts';
import type { Libvirtd } from './libvirtd.ts';
import { waitFor } from './wait-for.ts';

const run = promisify(execFile);

/** In the order they are loaded. */
const MODULES = [
  ...['virtio/virtio_ring', 'virtio/virtio', 'virtio/virtio_pci_modern_dev', 'virtio/virtio_pci_legacy_dev'],
  ...['virtio/virtio_pci', 'char/virtio_console', 'block/virtio_blk', 'acpi/button', 'input/evdev'],
  ...['../net/core/failover', 'net/net_failover', 'net/virtio_net'],
].map((module) => join('drivers', `${module}.ko`));

const INIT = `#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
for module in ${MODULES.map((path) => basename(path)).join(' ')}; do insmod "/lib/$module"; done
hostname lab-guest
# Asks for an address and goes on without one where there is no network.
[ -e /sys/class/net/eth0 ] && ip link set eth0 up && udhcpc -b -i eth0 -s /bin/true &
until [ -e /dev/vda ] && ls /dev/vport*p1; do sleep 0.1; done
mount -t ext2 /dev/vda /mnt
acpid -d &
exec qemu-ga -m virtio-serial -p /dev/vport*p1 -t /run
`;

/** What a guest boots. */
interface GuestImage {
  readonly kernel: string;
  readonly initrd: string;
}

/** Makes it once; kept for the runs to come, until what it starts with changes. */
async function guestImage(): Promise<GuestImage> {
  const directory = join(
    repositoryRoot(),
    '.lab',
    `guest-${createHash('sha256').update(INIT).digest('hex').slice(0, 8)}`,
  );
  const image = { kernel: join(directory, 'vmlinuz'), initrd: join(directory, 'initrd.gz') };
  if (existsSync(directory)) return image;
  await mkdir(dirname(directory), { recursive: true });
  const work = await mkdtemp(`${directory}-`);
  try {
    const { stdout } = await run('apt-cache', ['depends', 'linux-image-cloud-amd64']);
    const kernelPackage = /Depends: (linux-image-\S+)/.exec(stdout)?.[1];
    if (kernelPackage === undefined) throw new Error(`linux-image-cloud-amd64 depends on no kernel:\n${stdout}`);
    await run('apt-get', ['download', kernelPackage, 'busybox-static', 'qemu-guest-agent'], { cwd: work });
    const root = join(work, 'packages');
    for (const name of await readdir(work)) {
      if (name.endsWith('.deb')) await run('dpkg-deb', ['-x', join(work, name), root]);
    }
    const boot = await readdir(join(root, 'boot'));
    const kernel = boot.find((name) => name.startsWith('vmlinuz-'));
    if (kernel === undefined) throw new Error(`no kernel in ${kernelPackage}`);
    await copyFile(join(root, 'boot', kernel), join(work, 'vmlinuz'));
    await buildInitrd(root, join(root, 'lib/modules', kernel.slice('vmlinuz-'.length), 'kernel'), work);
    await rm(root, { recursive: true });
    await rename(work, directory);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return image;
}

async function buildInitrd(root: string, modules: string, work: string): Promise<void> {
  const tree = join(work, 'tree');
  for (const name of ['bin', 'dev', 'proc', 'sys', 'mnt', 'lib', 'run', 'etc/acpi/PWRF']) {
    await mkdir(join(tree, name), { recursive: true });
  }
  const busybox = join(root, 'bin/busybox');
  await copyFile(busybox, join(tree, 'bin/busybox'));
  const agent = join(root, 'usr/sbin/qemu-ga');
  await copyFile(agent, join(tree, 'bin/qemu-ga'));
  for (const [library] of (await run('ldd', [agent])).stdout.matchAll(/\/\S+/g)) {
    await mkdir(join(tree, dirname(library)), { recursive: true });
    await copyFile(library, join(tree, library));
  }
  for (const module of MODULES) await copyFile(join(modules, module), join(tree, 'lib', basename(module)));
  await writeFile(join(tree, 'etc/os-release'), 'ID=lab\nNAME=Lab\nPRETTY_NAME="Lab Linux 1"\nVERSION_ID=1\n');
  const powerButton = join(tree, 'etc/acpi/PWRF/00000080');
  await writeFile(powerButton, '#!/bin/sh\npoweroff -f\n');
  await writeFile(join(tree, 'init'), INIT);
  await Promise.all([powerButton, join(tree, 'init')].map((path) => chmod(path, 0o755)));
  const pack = `find . | "$1" cpio -o -H newc | gzip -1 > ../initrd.gz`;
  await run('sh', ['-c', pack, 'sh', busybox], { cwd: tree });
  await rm(tree, { recursive: true });
}

/** A card of the guest on one of libvirt's networks. */
export interface GuestNetworkCard {
  readonly network: string;
  readonly mac: string;
}

/**
 * Makes a persistent domain of it and starts it: one qcow2 disk, `vda`, mounted on /mnt, and a channel for the agent.
 * Resolves when the agent answers.
 * @param card with one, the guest asks the network's DHCP server for an address
 */
export async function startLinuxGuest(
  lab: Lab,
  libvirtd: Libvirtd,
  name: string,
  card?: GuestNetworkCard,
): Promise<void> {
  const { kernel, initrd } = await guestImage();
  const disk = join(lab.directory, `${name}.qcow2`);
  const raw = `${disk}.raw`;
  await run('mke2fs', ['-q', raw, '64M']);
  await run('qemu-img', ['convert', '-O', 'qcow2', raw, disk]);
  const xml = join(lab.directory, `${name}.xml`);
  await writeFile(
    xml,
    `<domain type='qemu'>
  <name>${name}</name>
  <memory unit='MiB'>160</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type><kernel>${kernel}</kernel><initrd>${initrd}</initrd>
    <cmdline>console=ttyS0 panic=-1</cmdline></os>
  <features><acpi/></features>
  <cpu mode='maximum'/>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/><source file='${disk}'/><target dev='vda' bus='virtio'/>
    </disk>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
${card === undefined ? '' : cardXml(card)}    <memballoon model='none'/>
  </devices>
</domain>
`,
  );
  await libvirtd.virsh('define', xml);
  await libvirtd.virsh('start', name);
  await waitFor(
    () =>
      libvirtd.virsh('qemu-agent-command', name, '{"execute":"guest-ping"}').then(
        () => true,
        () => false,
      ),
    { what: `the agent of ${name} answers`, deadlineMs: 90_000, intervalMs: 500 },
  );
}

function cardXml({ network, mac }: GuestNetworkCard): string {
  const devices = `<mac address='${mac}'/><source network='${network}'/><model type='virtio'/>`;
  return `    <interface type='network'>${devices}</interface>\n`;
}
