// SPDX-License-Identifier: Apache-2.0
// Whose turn it is at one domain: one action after the other. Force off has a line of its own beside it.

import { ActionError } from './action-error.ts';
import type { Interruption } from './execution.ts';
import type { TaskRecord } from './task-record.ts';

/** Actions that may wait for one domain; the running one not counted. */
export const WAITING_MAX = 8;

/** An action in line. */
export interface Entry {
  readonly record: TaskRecord;
  /** Runs to its end; never rejects. */
  readonly run: (signal: AbortSignal) => Promise<void>;
}

interface Queued extends Entry {
  readonly interrupt: AbortController;
}

/** The actions of one domain that wait or run, in order. */
export class DomainLine {
  readonly #waiting: Queued[] = [];
  readonly #onEmpty: () => void;
  #current: Queued | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(onEmpty: () => void) {
    this.#onEmpty = onEmpty;
  }

  get isIdle(): boolean {
    return this.#current === undefined;
  }

  /** @throws ActionError VIREO_QUEUE_FULL */
  requireRoom(domain: string): void {
    if (this.#waiting.length < WAITING_MAX) return;
    const message = `${domain}: ${String(WAITING_MAX)} actions wait already; repeat when some have ended`;
    throw new ActionError('VIREO_QUEUE_FULL', message);
  }

  push(entry: Entry): void {
    this.#waiting.push({ ...entry, interrupt: new AbortController() });
    if (this.#current === undefined) this.#running = this.#work();
  }

  /** Ends those that `which` names: a running one as it decides itself, a waiting one as cancelled. */
  interrupt(why: Interruption, which: (record: TaskRecord, isRunning: boolean) => boolean): void {
    for (const entry of this.#waiting.filter(({ record }) => which(record, false))) {
      this.#waiting.splice(this.#waiting.indexOf(entry), 1);
      entry.record.end({
        state: 'cancelled',
        error:
          why === 'overtaken'
            ? new ActionError('VIREO_TASK_OVERTAKEN', 'overtaken by force off')
            : new ActionError('VIREO_TASK_STOPPED', 'Vireo was stopped before its turn came'),
      });
    }
    if (this.#current !== undefined && which(this.#current.record, true)) this.#current.interrupt.abort(why);
  }

  /** Resolves when all have ended. */
  async drained(): Promise<void> {
    await this.#running;
  }

  async #work(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      this.#current = next;
      await next.run(next.interrupt.signal);
    }
    this.#current = undefined;
    this.#onEmpty();
  }
}
