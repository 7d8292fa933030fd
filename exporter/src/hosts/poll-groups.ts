// SPDX-License-Identifier: Apache-2.0
// The parts of a poll: each runs for itself, says how it went, and never twice at a time.

import type { HostChange } from './changes.ts';
import { hostError } from './host-error.ts';
import type { HostError, PollGroup, PollOutcome } from './snapshot.ts';

/** What the groups need from their session. */
export interface PollGroupsContext {
  /** Kept by the host, so that the time of the last success outlives a session. */
  readonly outcomes: Map<PollGroup, PollOutcome>;
  readonly onChange: (change: HostChange) => void;
  /** Aborted when the session ends: what fails then says nothing about the host. */
  readonly signal: AbortSignal;
}

/** Runs and records the parts of one session's polls. */
export class PollGroups {
  readonly #context: PollGroupsContext;
  readonly #underWay = new Map<string, Promise<void>>();
  #changes = 0;

  constructor(context: PollGroupsContext) {
    this.#context = context;
  }

  /**
   * Begins `work` unless its last run is still under way, in which case it sits out this poll.
   * `work` must not reject.
   */
  begin(name: string, work: () => Promise<void>): void {
    if (this.isUnderWay(name)) return;
    const run = work().finally(() => this.#underWay.delete(name));
    this.#underWay.set(name, run);
  }

  /** Grows when a part succeeds that did not before, or the other way round. */
  get changes(): number {
    return this.#changes;
  }

  isUnderWay(name: string): boolean {
    return this.#underWay.has(name);
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay.values());
  }

  /** Runs one group; `work` gives 'not due' when this poll is not its turn, and the last outcome stands. */
  async run(group: PollGroup, work: () => Promise<'not due' | undefined>): Promise<void> {
    const { outcomes, onChange, signal } = this.#context;
    const before = outcomes.get(group);
    const startedAt = performance.now();
    const record = (error?: HostError): void => {
      const success = error === undefined;
      if (before?.success !== success) this.#changes += 1;
      const lastSuccessAt = success ? Date.now() : before?.lastSuccessAt;
      const durationSeconds = (performance.now() - startedAt) / 1000;
      outcomes.set(group, {
        success,
        durationSeconds,
        ...(lastSuccessAt === undefined ? {} : { lastSuccessAt }),
        ...(error === undefined ? {} : { error }),
      });
    };
    try {
      if ((await work()) === 'not due' || signal.aborted) return;
      record();
      if (before?.success === false) onChange({ kind: 'poll.recovered', group });
    } catch (failure) {
      if (signal.aborted) return;
      const error = hostError(failure);
      record(error);
      if (before?.success !== false) onChange({ kind: 'poll.failed', group, error });
    }
  }
}
