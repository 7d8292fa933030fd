// SPDX-License-Identifier: Apache-2.0
// Domains whose guest answers on the screen and on the serial port: it shows each key it is sent, and sends back each
// byte. A boot sector again, so a picture that changed is a key that arrived.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { domainType } from './domains.ts';
import type { Lab } from './lab.ts';
import type { Libvirtd } from './libvirtd.ts';
import { waitFor } from './wait-for.ts';

/** 16-bit code, loaded at 0x7c00, in hex, one instruction a line. */
const CODE = [
  'fb', //     sti
  '31c0', //   xor ax, ax
  '8ed8', //   mov ds, ax
  'b401', //   mov ah, 1
  'b90020', // mov cx, 0x2000
  'cd10', //   int 0x10       no cursor: nothing changes by itself
  // round:
  'f4', //     hlt            until the timer or a key
  'b401', //   mov ah, 1      is there a key?
  'cd16', //   int 0x16
  '740b', //   jz serial
  'b400', //   mov ah, 0
  'cd16', //   int 0x16       take it
  'b40e', //   mov ah, 0x0e
  'bb0700', // mov bx, 7
  'cd10', //   int 0x10       show it
  // serial:
  'bafd03', // mov dx, 0x03fd line status
  'ec', //     in al, dx
  'a801', //   test al, 1     is there a byte?
  '74e6', //   jz round
  'baf803', // mov dx, 0x03f8
  'ec', //     in al, dx      take it
  'ee', //     out dx, al     send it back
  'ebdf', //   jmp round
];

/** Another guest: what its keyboard sends goes out of the serial port, byte by byte, after one zero. */
const SCANCODES = [
  'fa', //           cli
  '31c0', //         xor ax, ax
  '8ed8', //         mov ds, ax
  'c70624001b7c', // mov word [0x24], handler   interrupt 9
  'c70626000000', // mov word [0x26], 0
  'baf803', //       mov dx, 0x03f8
  '30c0', //         xor al, al
  'ee', //           out dx, al
  'fb', //           sti
  // wait:
  'f4', //           hlt
  'ebfd', //         jmp wait
  // handler:
  '50', //           push ax
  '52', //           push dx
  'e460', //         in al, 0x60
  'baf803', //       mov dx, 0x03f8
  'ee', //           out dx, al
  'b020', //         mov al, 0x20
  'e620', //         out 0x20, al
  '5a', //           pop dx
  '58', //           pop ax
  'cf', //           iret
];

/** One domain of this kind. */
export interface ConsoleDomain {
  readonly name: string;
  /** Its guest shows nothing and writes what its keyboard sends; see {@link scancodes}. */
  readonly tellsKeys?: boolean;
  /** `<graphics>` and its `<video>`; none when empty. */
  readonly graphics?: string;
  readonly serial?: boolean;
}

/** A VNC server on the loopback without a password. */
export const OPEN_VNC = "<graphics type='vnc' autoport='yes' listen='127.0.0.1'/>";

/** Makes persistent domains and starts them. */
export async function startConsoleDomains(
  lab: Lab,
  libvirtd: Libvirtd,
  domains: readonly ConsoleDomain[],
): Promise<void> {
  for (const { name, graphics = '', serial = false, tellsKeys = false } of domains) {
    const disk = join(lab.directory, `${name}.img`);
    const bytes = Buffer.alloc(1024 * 1024);
    bytes.write((tellsKeys ? SCANCODES : CODE).join(''), 'hex');
    bytes.write('55aa', 510, 'hex');
    await writeFile(disk, bytes);
    const xml = join(lab.directory, `${name}.xml`);
    await writeFile(
      xml,
      `<domain type='${domainType()}'>
  <name>${name}</name>
  <memory unit='MiB'>32</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type><boot dev='hd'/></os>
  <on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${disk}'/><target dev='hda' bus='ide'/></disk>
    ${graphics}${graphics === '' ? '' : "<video><model type='vga' vram='1024'/></video>"}
    ${serial ? "<serial type='pty'/><console type='pty'/>" : ''}
    ${tellsKeys ? `<serial type='file'><source path='${serialFile(lab, name)}'/></serial>` : ''}
    <memballoon model='none'/>
  </devices>
</domain>
`,
    );
    await libvirtd.virsh('define', xml);
    await libvirtd.virsh('start', name);
  }
}

/** What the keyboard of a domain that tells has sent until now, in hex: set 1, the way a PC has it. Empty until it listens. */
export async function scancodes(lab: Lab, name: string): Promise<string> {
  return (await readFile(serialFile(lab, name))).toString('hex');
}

function serialFile(lab: Lab, name: string): string {
  return join(lab.directory, `${name}.serial`);
}

/** Resolves when the guest takes keys: libvirt's own client presses one, and a picture that stood still changes. */
export async function guestIsReady(lab: Lab, libvirtd: Libvirtd, name: string): Promise<void> {
  let before = '';
  await waitFor(
    async () => {
      const now = await picture(lab, libvirtd, name);
      const stood = now === before;
      before = now;
      // The BIOS still draws while it boots.
      if (!stood) return false;
      await libvirtd.virsh('send-key', name, 'KEY_X');
      const changed = waitFor(async () => (await picture(lab, libvirtd, name)) !== now, {
        what: 'a key is shown',
        deadlineMs: 1000,
        intervalMs: 100,
      });
      return changed.catch(() => false);
    },
    { what: `the guest of ${name} shows keys`, deadlineMs: 60_000, intervalMs: 500 },
  );
}

/** The screen as libvirt's own client sees it, in base64. */
export async function picture(lab: Lab, libvirtd: Libvirtd, name: string): Promise<string> {
  const file = join(lab.directory, `${name}.ppm`);
  await libvirtd.virsh('screenshot', name, file);
  return (await readFile(file)).toString('base64');
}
