// SPDX-License-Identifier: Apache-2.0
// Real QEMU domains for a lab: KVM where it is usable, emulation otherwise. Each has 32 MiB, one virtio disk with the
// guest of boot-sector.ts, a network card, a VNC server on the loopback, and may sleep and panic.
import { accessSync, constants, existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildBootDisk } from './boot-sector.ts';
import type { Lab } from './lab.ts';
import type { Libvirtd } from './libvirtd.ts';
import { waitFor } from './wait-for.ts';

/** A daemon that a lab's domains can be made in. */
export type DomainDaemon = Pick<Libvirtd, 'virsh'>;

/** "kvm" when this machine can, else "qemu" (emulation). */
export function domainType(): 'kvm' | 'qemu' {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return 'kvm';
  } catch {
    return 'qemu';
  }
}

/** A tap device gives network statistics; where the kernel has none, QEMU's own network stack does. */
function buildInterfaceXml(): string {
  // Without its boot ROM the guest starts seconds sooner.
  const model = "<model type='virtio'/><rom enabled='no'/>";
  return existsSync('/dev/net/tun')
    ? `<interface type='ethernet'><script path='/bin/true'/>${model}</interface>`
    : `<interface type='user'>${model}</interface>`;
}

/** The domain's XML. */
function buildDomainXml(name: string, diskPath: string): string {
  return `<domain type='${domainType()}'>
  <name>${name}</name>
  <memory unit='MiB'>32</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type><boot dev='hd'/></os>
  <features><acpi/></features>
  <pm><suspend-to-mem enabled='yes'/></pm>
  <on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot><on_crash>preserve</on_crash>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw' cache='writeback'/>
      <source file='${diskPath}'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    ${buildInterfaceXml()}
    <graphics type='vnc' autoport='yes' listen='127.0.0.1'/>
    <video><model type='vga' vram='1024'/></video>
    <memballoon model='virtio'/>
    <panic model='isa'/>
  </devices>
</domain>
`;
}

/** Writes a domain's disk and XML; gives the path of the XML. */
async function writeDomain(lab: Lab, name: string, rests = false): Promise<string> {
  const disk = join(lab.directory, `${name}.img`);
  const xml = join(lab.directory, `${name}.xml`);
  await writeFile(disk, buildBootDisk(rests));
  await writeFile(xml, buildDomainXml(name, disk));
  return xml;
}

/** Makes persistent domains and leaves them off. */
export async function defineDomains(
  lab: Lab,
  libvirtd: DomainDaemon,
  names: readonly string[],
  rests = false,
): Promise<void> {
  for (const name of names) await libvirtd.virsh('define', await writeDomain(lab, name, rests));
}

/** Starts a domain that is not defined: it is gone when it stops. */
export async function startTransientDomain(lab: Lab, libvirtd: DomainDaemon, name: string): Promise<void> {
  await libvirtd.virsh('create', await writeDomain(lab, name));
}

/**
 * Makes persistent domains and starts them; resolves when every guest has booted and works: its disk counters move.
 *
 * @param rests guests that work one second and then cost the machine nothing, for when there are many
 */
export async function startDomains(
  lab: Lab,
  libvirtd: DomainDaemon,
  names: readonly string[],
  rests = false,
): Promise<void> {
  await defineDomains(lab, libvirtd, names, rests);
  for (const name of names) await libvirtd.virsh('start', name);
  for (const name of names) {
    await waitFor(async () => /wr_req [1-9]/.test(await libvirtd.virsh('domblkstat', name, 'vda')), {
      what: `the guest of ${name} writes to its disk`,
      deadlineMs: 90_000,
      intervalMs: 200,
    });
  }
}

/** `prefix1` to `prefixN`. */
export function domainNames(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${String(index + 1)}`);
}

/** The process id of a running domain's QEMU. */
export async function qemuPid(lab: Lab, name: string): Promise<number> {
  return waitFor(async () => (await lab.processes('qemu-system', `guest=${name},`))[0], {
    what: `the QEMU of ${name} runs`,
    deadlineMs: 20_000,
  });
}

/** Freezes a domain's QEMU (SIGSTOP): its monitor answers nobody, and libvirt does not know. Returns how to thaw it. */
export async function freezeDomain(lab: Lab, name: string): Promise<() => void> {
  const pid = await qemuPid(lab, name);
  process.kill(pid, 'SIGSTOP');
  return () => {
    process.kill(pid, 'SIGCONT');
  };
}
