// SPDX-License-Identifier: Apache-2.0
// What the driver behind one connection cannot do: known from contract/driver-calls.ts, or learnt from its refusals, and
// not asked again.

import { RemoteError } from '@vireo/libvirt';
import { driverLacks } from '../contract/driver-calls.ts';
import type { HostFacts } from './snapshot.ts';

const UNSUPPORTED: ReadonlySet<string> = new Set([
  'VIR_ERR_NO_SUPPORT',
  'VIR_ERR_ARGUMENT_UNSUPPORTED',
  'VIR_ERR_OPERATION_UNSUPPORTED',
  'VIR_ERR_CONFIG_UNSUPPORTED',
]);

/** Whether the daemon says that its driver has no such function: no data, and no failure either. */
export function isUnsupported(error: unknown): boolean {
  return error instanceof RemoteError && UNSUPPORTED.has(error.name);
}

/** What one connection's driver lacks: what is known of it, and what it refused. */
export class DriverSupport {
  readonly #facts: Pick<HostFacts, 'driver' | 'libvirtVersion'> | undefined;
  readonly #lacking = new Set<string>();

  /** @param facts without them nothing is known */
  constructor(facts?: Pick<HostFacts, 'driver' | 'libvirtVersion'>) {
    this.#facts = facts;
  }

  lacks(what: string): boolean {
    if (this.#lacking.has(what)) return true;
    return this.#facts !== undefined && driverLacks(this.#facts.driver, this.#facts.libvirtVersion, what);
  }

  /**
   * Runs `call` unless the driver is known to lack `what`; `undefined` where it does. Other errors pass through.
   * Only VIR_ERR_NO_SUPPORT speaks for the driver. The other refusals are about the one domain that was asked for: the
   * target of a migration has no job statistics, its neighbours do.
   */
  async try<T>(what: string, call: () => Promise<T>): Promise<T | undefined> {
    if (this.lacks(what)) return undefined;
    try {
      return await call();
    } catch (error) {
      if (!isUnsupported(error)) throw error;
      if (error instanceof Error && error.name === 'VIR_ERR_NO_SUPPORT') this.#lacking.add(what);
      return undefined;
    }
  }
}
