// SPDX-License-Identifier: Apache-2.0
// Why the hypervisor hung up. The event that says so comes a moment later and ends the session by itself; without one
// the daemon is asked.

import { setTimeout as delay } from 'node:timers/promises';
import { RemoteError } from '@vireo/libvirt';
import type { HostConsoles } from '../hosts/host-consoles.ts';
import type { DomainSnapshot, HostSnapshot } from '../hosts/snapshot.ts';
import { ConsoleEnd } from './console-end.ts';

const QUESTION_MS = 1000;
/** So often it must say that the domain still runs: QEMU hangs up first when it ends, and may take a second for that. */
const SAME_ANSWERS = 2;

/**
 * What became of the domain whose console is closed; undefined when it runs on, or the daemon does not say. The daemon
 * answers late while it ends a domain, so whoever asks says with the signal how long.
 */
export async function whyHungUp(
  host: { readonly consoles: Pick<HostConsoles, 'describe'>; readonly snapshot: HostSnapshot },
  domain: DomainSnapshot,
  signal: AbortSignal,
): Promise<ConsoleEnd | undefined> {
  try {
    for (let same = 0; same < SAME_ANSWERS;) {
      await delay(QUESTION_MS, undefined, { signal });
      const { id } = await host.consoles.describe(domain, signal);
      if (id !== domain.id) return new ConsoleEnd(id === -1 ? 'domain-stopped' : 'domain-restarted');
      // Being shut down is not running.
      if (host.snapshot.domains.get(domain.uuid)?.state !== 'shutdown') same++;
    }
  } catch (error) {
    if (error instanceof RemoteError && error.name === 'VIR_ERR_NO_DOMAIN') return new ConsoleEnd('domain-gone');
  }
  return undefined;
}
