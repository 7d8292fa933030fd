// SPDX-License-Identifier: Apache-2.0
// Disks a guest could not use: asked after an I/O error, when a domain is paused or goes on, and once in an interval
// for what happened while nobody listened. The question takes the domain's job and asks its monitor.

import type { DiskError } from '@vireo/libvirt';
import { observeEach } from './domain-calls.ts';
import type { AskDomain, DomainCallsContext } from './domain-calls.ts';
import { DomainRounds } from './domain-rounds.ts';

/** Watches for disk errors of one host's domains. */
export class DiskErrors {
  /** Whose turn it is; an event puts its domain first. */
  readonly rounds: DomainRounds;
  readonly #context: DomainCallsContext;

  constructor(context: DomainCallsContext) {
    this.#context = context;
    this.rounds = new DomainRounds(context);
  }

  /** Rejects with the first failure; of a domain that did not answer nothing is shown. */
  async refresh(): Promise<'not due' | undefined> {
    const { domains } = this.#context;
    const due = this.rounds.due(domains.active());
    const look = async (...[connection, domain, options]: Parameters<AskDomain>): Promise<readonly DiskError[]> => {
      this.rounds.asked(domain.uuid);
      return await connection.devices.diskErrors(domain, options);
    };
    return await observeEach(this.#context, due, 'DOMAIN_GET_DISK_ERRORS', 'diskErrors', look);
  }
}
