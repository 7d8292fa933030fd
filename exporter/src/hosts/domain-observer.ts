// SPDX-License-Identifier: Apache-2.0
// What takes a call of its own for each domain, beside the polls: the parts of it, which groups ask for them, and which
// events put a domain first. All of it may be late or missing and nothing waits for it.

import type { Connection } from '@vireo/libvirt';
import type { MetricGroup } from '../contract/groups.ts';
import { BlockJobs } from './block-jobs.ts';
import { DiskErrors } from './disk-errors.ts';
import type { DomainCallsContext } from './domain-calls.ts';
import type { DomainEvent } from './domain-events.ts';
import { GuestAgents } from './guest-agents.ts';
import { InterfaceAddresses } from './interface-addresses.ts';
import { DomainPoints } from './points-in-time.ts';
import type { PollGroup } from './snapshot.ts';
import { VcpuPlacement } from './vcpu-placement.ts';

/** What the observer needs from its session. */
export interface DomainObserverContext extends DomainCallsContext {
  /** Those that are on; of the others nothing is asked. */
  readonly groups: ReadonlySet<MetricGroup>;
  /** Opens a read-write connection, which guest agents want; without it they are not asked. */
  readonly openWritable: (() => Promise<Connection>) | undefined;
  readonly maxInFlight: number;
}

/** Runs one part and records how it went. */
export type RunPart = (group: PollGroup, work: () => Promise<'not due' | undefined>) => Promise<void>;

type Part = readonly [group: PollGroup, work: () => Promise<'not due' | undefined>];

/** Observes one host's domains. */
export class DomainObserver {
  readonly #blockJobs: BlockJobs;
  readonly #diskErrors: DiskErrors;
  readonly #addresses: InterfaceAddresses;
  readonly #agents: GuestAgents | undefined;
  readonly #parts: readonly Part[];

  constructor(context: DomainObserverContext) {
    const { groups, openWritable, maxInFlight } = context;
    const blockJobs = new BlockJobs(context);
    const diskErrors = new DiskErrors(context);
    const addresses = new InterfaceAddresses(context);
    const placement = new VcpuPlacement(context);
    const snapshots = new DomainPoints('snapshots', context);
    const checkpoints = new DomainPoints('checkpoints', context);
    this.#blockJobs = blockJobs;
    this.#diskErrors = diskErrors;
    this.#addresses = addresses;
    if (groups.has('agent') && openWritable !== undefined) {
      this.#agents = new GuestAgents({ ...context, open: openWritable, maxInFlight });
    }
    const parts: readonly (readonly [MetricGroup, ...Part])[] = [
      ['blockjob', 'block-jobs', () => blockJobs.refresh()],
      ['placement', 'vcpu-placement', () => placement.refresh()],
      ['diskerror', 'disk-errors', () => diskErrors.refresh()],
      ['address', 'addresses', () => addresses.refresh()],
      ['snapshot', 'snapshots', () => snapshots.refresh()],
      ['snapshot', 'checkpoints', () => checkpoints.refresh()],
    ];
    this.#parts = parts.flatMap(([group, ...part]) => (groups.has(group) ? [part] : []));
  }

  /** Something happened to a domain: what it may have changed is asked at the next poll. */
  take(event: DomainEvent): void {
    const { uuid } = event.domain;
    switch (event.kind) {
      case 'lifecycle':
        this.#blockJobs.rounds.hurry(uuid);
        this.#diskErrors.rounds.hurry(uuid);
        this.#addresses.rounds.hurry(uuid);
        this.#agents?.hurry(uuid);
        return;
      case 'block-job-2':
        this.#blockJobs.rounds.hurry(uuid);
        return;
      case 'io-error-reason':
        this.#diskErrors.rounds.hurry(uuid);
        return;
      case 'device-added':
      case 'device-removed':
        this.#addresses.rounds.hurry(uuid);
        return;
      case 'agent-lifecycle':
        this.#agents?.hurry(uuid);
        return;
      default:
    }
  }

  /** Asks what is due of all but the agents, one part after the other. */
  async refresh(run: RunPart): Promise<void> {
    for (const part of this.#parts) await run(...part);
  }

  /** The same for the agents. */
  async refreshGuests(run: RunPart): Promise<void> {
    const agents = this.#agents;
    if (agents !== undefined) await run('guest-agents', () => agents.refresh());
  }

  /** Closes the connections to the agents. */
  async close(): Promise<void> {
    await this.#agents?.close();
  }
}
