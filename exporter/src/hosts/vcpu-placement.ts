// SPDX-License-Identifier: Apache-2.0
// Which CPU of the host each vCPU is on, asked of every running domain at each poll. libvirt reads it from /proc under
// the domain's own lock: it takes no job and asks no monitor, and a read-only connection may.

import { observeEach } from './domain-calls.ts';
import type { DomainCallsContext } from './domain-calls.ts';

/** Watches where the vCPUs of one host's domains run. */
export class VcpuPlacement {
  readonly #context: DomainCallsContext;

  constructor(context: DomainCallsContext) {
    this.#context = context;
  }

  /** Rejects with the first failure; of a domain that did not answer, or was not asked, nothing is shown. */
  async refresh(): Promise<'not due' | undefined> {
    const { domains } = this.#context;
    const procedure = 'DOMAIN_GET_VCPUS';
    return await observeEach(
      this.#context,
      domains.active(),
      procedure,
      'cpuOfVcpu',
      async (connection, domain, options) => {
        const vcpus = await connection.devices.vcpus(domain, options);
        return new Map(vcpus.filter(({ cpu }) => cpu >= 0).map(({ number, cpu }) => [number, cpu]));
      },
    );
  }
}
