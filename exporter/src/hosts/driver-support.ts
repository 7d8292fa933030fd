// SPDX-License-Identifier: Apache-2.0
// What the driver behind one connection cannot do, learnt from its refusals and not asked again.

import { RemoteError } from '@vireo/libvirt';

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

/** The refusals of one connection's driver. */
export class DriverSupport {
  readonly #lacking = new Set<string>();

  lacks(what: string): boolean {
    return this.#lacking.has(what);
  }

  /**
   * Runs `call` unless the driver is known to lack `what`; `undefined` where it does. Other errors pass through.
   * Only VIR_ERR_NO_SUPPORT speaks for the driver. The other refusals are about the one domain that was asked for: the
   * target of a migration has no job statistics, its neighbours do.
   */
  async try<T>(what: string, call: () => Promise<T>): Promise<T | undefined> {
    if (this.#lacking.has(what)) return undefined;
    try {
      return await call();
    } catch (error) {
      if (!isUnsupported(error)) throw error;
      if (error instanceof Error && error.name === 'VIR_ERR_NO_SUPPORT') this.#lacking.add(what);
      return undefined;
    }
  }
}
