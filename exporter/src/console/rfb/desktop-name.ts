// SPDX-License-Identifier: Apache-2.0
// Whether the screen that answered is that of the domain asked for. Between reading the port and connecting to it the
// domain may have stopped and another one taken the port.

/** QEMU, also under Xen, calls its screen so; see vnc_display_open in ui/vnc.c. */
const QEMU_NAME = /^QEMU(?: \((.*)\))?$/su;
/** QEMU makes the name in a buffer of 1024 bytes; libvirt's names of domains are far shorter. */
const DRIVERS_BY_QEMU: ReadonlySet<string> = new Set(['QEMU', 'Xen', 'xenlight']);

/** Why it is not, or undefined. Other hypervisors call their screens as they like, so nothing can be told of them. */
export function otherScreen(desktopName: string, domainName: string, driver: string): string | undefined {
  const qemu = QEMU_NAME.exec(desktopName);
  if (qemu === null && !DRIVERS_BY_QEMU.has(driver)) return undefined;
  const named = qemu?.[1];
  if (named === domainName || named === `xen-${domainName}`) return undefined;
  return `It calls itself ${JSON.stringify(desktopName.slice(0, 80))}.`;
}
