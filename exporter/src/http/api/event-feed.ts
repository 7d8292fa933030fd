// SPDX-License-Identifier: Apache-2.0
// What happened lately, numbered: the last N events of all hosts and tasks in one order. A reader keeps its own place in
// it, so however many read, and however slowly, nothing is held for them but this.

import { randomBytes } from 'node:crypto';

/** Events kept for whoever comes back. */
export const EVENTS_KEPT = 1000;

/** One thing that happened, and who may hear of it. */
export interface FeedEvent {
  /** `host.up`, `domain.state`, `task` ... */
  readonly type: string;
  /** The host it is about. */
  readonly host: string;
  /** The name of the domain it is about; absent when it is about the host itself. */
  readonly domainName?: string;
  /** One JSON object. */
  readonly data: string;
}

/** A {@link FeedEvent} with its place. */
export interface NumberedEvent extends FeedEvent {
  readonly number: number;
}

/** The last N events. */
export class EventFeed {
  /** Distinguishes the numbers of this run of the process from those of another. */
  readonly #run = randomBytes(4).toString('hex');
  readonly #kept: number;
  readonly #listeners = new Set<() => void>();
  #events: NumberedEvent[] = [];
  #last = 0;

  constructor(kept: number = EVENTS_KEPT) {
    this.#kept = kept;
  }

  /** The number of the newest event; 0 before the first. */
  get last(): number {
    return this.#last;
  }

  /** Adds an event and tells the listeners that there is one. */
  publish(event: FeedEvent): void {
    this.#last += 1;
    this.#events.push({ ...event, number: this.#last });
    if (this.#events.length > this.#kept) this.#events.shift();
    for (const listener of this.#listeners) listener();
  }

  /** The event after a number; undefined when there is none yet. */
  after(number: number): NumberedEvent | undefined {
    const first = this.#events[0];
    return first === undefined ? undefined : this.#events[Math.max(0, number + 1 - first.number)];
  }

  /** Whether events after a number are no longer kept. */
  hasForgotten(number: number): boolean {
    const first = this.#events[0];
    return first !== undefined && number + 1 < first.number;
  }

  /** The id that stands for a number outside of this process. */
  idOf(number: number): string {
    return `${this.#run}-${String(number)}`;
  }

  /** The number of an id; undefined for an id of another run, or none at all. */
  numberOf(id: string): number | undefined {
    const digits = /^([0-9a-f]{8})-(\d{1,15})$/.exec(id);
    if (digits?.[1] !== this.#run) return undefined;
    const number = Number(digits[2]);
    return number <= this.#last ? number : undefined;
  }

  /** Calls back after every event, until the returned function is called. */
  onEvent(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}
