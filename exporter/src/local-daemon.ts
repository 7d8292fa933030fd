// SPDX-License-Identifier: Apache-2.0

import { existsSync } from 'node:fs';
import { join } from 'node:path';

const SYSTEM_RUNTIME_DIRECTORY = '/run/libvirt';

/**
 * The URI of this machine's own daemon, or `undefined` when no socket of one is there. Modular daemons come before the
 * monolithic one, as libvirt's client has it.
 */
export function localDaemonUri(directory: string = SYSTEM_RUNTIME_DIRECTORY): string | undefined {
  const there = (daemon: string): boolean =>
    ['sock-ro', 'sock'].some((socket) => existsSync(join(directory, `${daemon}-${socket}`)));
  if (there('virtqemud')) return 'qemu:///system';
  if (there('virtxend')) return 'xen:///system';
  if (there('virtlxcd')) return 'lxc:///system';
  if (there('libvirt')) return existsSync('/proc/xen/capabilities') ? 'xen:///system' : 'qemu:///system';
  return undefined;
}
