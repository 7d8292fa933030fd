// SPDX-License-Identifier: Apache-2.0
// Jobs on disks: copy, commit, pull, backup. libvirt tells when one is ready or over, not when one begins, so every disk
// is asked once in an interval and after each event; at every poll only disks that are known to have one. The question
// takes the domain's job, and the monitor's answer where a job runs: a domain has as long as one call may take, and what
// is left of its disks comes with the next poll.

import { forget, observeEach } from './domain-calls.ts';
import type { AskDomain, DomainCallsContext } from './domain-calls.ts';
import { DomainRounds } from './domain-rounds.ts';
import type { DiskBlockJob } from './observations.ts';
import type { DomainSnapshot } from './snapshot.ts';

/** Watches the block jobs of one host's domains. */
export class BlockJobs {
  /** Whose turn it is; an event puts its domain first. */
  readonly rounds: DomainRounds;
  readonly #context: DomainCallsContext;
  /** By the domain's UUID: disks of a round under way that are still to be asked. */
  readonly #left = new Map<string, Set<string>>();

  constructor(context: DomainCallsContext) {
    this.#context = context;
    this.rounds = new DomainRounds(context);
  }

  /** Rejects with the first failure. A job that could not be asked for is not shown: it would look like one that stands still. */
  async refresh(): Promise<'not due' | undefined> {
    const { domains } = this.#context;
    forget(this.#left, domains);
    const active = domains.active();
    // One without disks never answers, and would keep its turn for ever.
    const begin = new Set(
      this.rounds.due(active.filter((domain) => diskTargets(domain).length > 0)).map(({ uuid }) => uuid),
    );
    const isAsked = (domain: DomainSnapshot): boolean =>
      begin.has(domain.uuid) || this.#left.has(domain.uuid) || runningTargets(domain).length > 0;
    try {
      return await observeEach(
        this.#context,
        active.filter(isAsked),
        'DOMAIN_GET_BLOCK_JOB_INFO',
        'blockJobs',
        async (...call) => {
          const [, domain] = call;
          if (begin.has(domain.uuid)) {
            this.rounds.asked(domain.uuid);
            this.#begin(domain);
          }
          return await this.#look(...call);
        },
      );
    } finally {
      for (const { uuid } of active.filter((domain) => runningTargets(domain).length > 0)) {
        if (domains.get(uuid)?.observed?.blockJobs === undefined) this.rounds.hurry(uuid);
      }
    }
  }

  /** All its disks are to be asked. Where a round is under way, those left go first: else the last would never be. */
  #begin(domain: DomainSnapshot): void {
    this.#left.set(domain.uuid, new Set([...(this.#left.get(domain.uuid) ?? []), ...diskTargets(domain)]));
  }

  /** Asks the disks that have a job, and of those left as many as the time allows. */
  async #look(...[connection, domain, options]: Parameters<AskDomain>): Promise<readonly DiskBlockJob[]> {
    const beganAt = performance.now();
    const jobs: DiskBlockJob[] = [];
    const ask = async (targets: Set<string>, endsAt: number): Promise<void> => {
      for (const target of targets) {
        targets.delete(target);
        const job = await connection.jobs.block(domain, target, options);
        if (job !== null) jobs.push({ target, ...job });
        if (performance.now() >= endsAt) return;
      }
    };
    const disks = new Set(diskTargets(domain));
    const running = new Set(runningTargets(domain));
    const left = this.#left.get(domain.uuid) ?? new Set();
    for (const target of [...left]) if (!disks.has(target) || running.has(target)) left.delete(target);
    const { deadlineMs } = this.#context;
    await ask(running, beganAt + deadlineMs / 2);
    // More jobs than can be followed do not keep new ones from being found.
    for (const target of running) left.add(target);
    await ask(left, beganAt + deadlineMs);
    if (left.size === 0) this.#left.delete(domain.uuid);
    else this.#left.set(domain.uuid, left);
    return jobs;
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
