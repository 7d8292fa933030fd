// SPDX-License-Identifier: Apache-2.0
// Events of a host's domains, counted for as long as Vireo runs: neither a lost connection nor a domain that goes takes
// a count back. What the daemon tells of is counted from zero: of a series that begins with its first event Prometheus'
// increase() says that nothing happened.

import type { HostChange } from './changes.ts';
import type { EventCount } from './snapshot.ts';

/** Most kinds counted; libvirt has some fifty. */
const KINDS_MAX = 200;

/** Counts the events of one host. */
export class EventCounts {
  readonly #counts = new Map<string, EventCount>();

  /** This kind is listened for from now on. */
  expect(event: string, detail: string): void {
    this.#count(event, detail, 0);
  }

  /** Counts it if it is an event of a domain. */
  add(change: HostChange): void {
    if (change.kind !== 'domain.event') return;
    const { event } = change;
    // What QEMU says of an I/O error is text of its own.
    this.#count(event, event === 'io-error' ? '' : change.detail, 1);
  }

  snapshot(): readonly EventCount[] {
    return [...this.#counts.values()];
  }

  #count(event: string, detail: string, more: number): void {
    const key = `${event} ${detail}`;
    const before = this.#counts.get(key);
    if (before === undefined && this.#counts.size >= KINDS_MAX) return;
    this.#counts.set(key, { event, detail, count: (before?.count ?? 0) + more });
  }
}
