// SPDX-License-Identifier: Apache-2.0
// Jobs on disks: copy, commit, pull, backup. libvirt tells when one is ready or over, not when one begins, so every disk
// is asked once in an interval and after each event; at every poll only disks that are known to have one. The question
// takes the domain's job, and the monitor's answer where a job runs.

import { observeEach } from './domain-calls.ts';
import type { DomainCallsContext } from './domain-calls.ts';
import { DomainRounds } from './domain-rounds.ts';
import type { DiskBlockJob } from './observations.ts';
import type { DomainSnapshot } from './snapshot.ts';

/** Watches the block jobs of one host's domains. */
export class BlockJobs {
  /** Whose turn it is; an event puts its domain first. */
  readonly rounds: DomainRounds;
  readonly #context: DomainCallsContext;

  constructor(context: DomainCallsContext) {
    this.#context = context;
    this.rounds = new DomainRounds(context);
  }

  /** Rejects with the first failure. A job that could not be asked for is not shown: it would look like one that stands still. */
  async refresh(): Promise<'not due' | undefined> {
    const { domains } = this.#context;
    const active = domains.active();
    // One without disks never answers, and would keep its turn for ever.
    const whole = new Set(
      this.rounds.due(active.filter((domain) => diskTargets(domain).length > 0)).map(({ uuid }) => uuid),
    );
    const targets = (domain: DomainSnapshot): readonly string[] =>
      whole.has(domain.uuid) ? diskTargets(domain) : runningTargets(domain);
    try {
      return await observeEach(
        this.#context,
        active.filter((domain) => targets(domain).length > 0),
        'DOMAIN_GET_BLOCK_JOB_INFO',
        'blockJobs',
        async (connection, domain, options) => {
          if (whole.has(domain.uuid)) this.rounds.asked(domain.uuid);
          const jobs: DiskBlockJob[] = [];
          for (const target of targets(domain)) {
            const job = await connection.jobs.block(domain, target, options);
            if (job !== null) jobs.push({ target, ...job });
          }
          return jobs;
        },
      );
    } finally {
      for (const { uuid } of active.filter((domain) => runningTargets(domain).length > 0)) {
        if (domains.get(uuid)?.observed?.blockJobs === undefined) this.rounds.hurry(uuid);
      }
    }
  }
}

/** Drives without a medium, and those that only read, have no jobs. */
function diskTargets({ xml }: DomainSnapshot): readonly string[] {
  return (xml?.disks ?? [])
    .filter(({ device }) => device === 'disk' || device === 'lun')
    .map((disk) => disk.targetDevice);
}

function runningTargets({ observed }: DomainSnapshot): readonly string[] {
  return (observed?.blockJobs ?? []).map(({ target }) => target);
}
