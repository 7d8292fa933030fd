// SPDX-License-Identifier: Apache-2.0
// Whose turn it is: every domain once in an interval, a share of them at each poll, so that a host of a thousand domains
// has no burst every minute; and at the next poll who is in a hurry, because an event says that something happened.

import { askable, forget } from './domain-calls.ts';
import type { DomainCallsContext } from './domain-calls.ts';
import type { DomainSnapshot } from './snapshot.ts';

/** Domains of a share at least: a small host is through at once. */
const SHARE_MIN = 16;

/** The rounds of one kind of question over one host's domains. */
export class DomainRounds {
  readonly #askedAt = new Map<string, number>();
  readonly #hurried = new Set<string>();
  readonly #context: DomainCallsContext;

  constructor(context: DomainCallsContext) {
    this.#context = context;
  }

  /** This domain's turn is at the next poll. */
  hurry(uuid: string): void {
    this.#hurried.add(uuid);
  }

  /** Who of `domains` is to be asked now, longest wait first. Who is in quarantine will be once it comes out. */
  due(domains: readonly DomainSnapshot[]): DomainSnapshot[] {
    const { slowIntervalMs, intervalMs, isQuarantined } = this.#context;
    forget(this.#askedAt, this.#context.domains);
    forget(this.#hurried, this.#context.domains);
    for (const { uuid } of domains) if (isQuarantined(uuid)) this.#hurried.add(uuid);
    const free = askable(this.#context, domains);
    const now = performance.now();
    const askedAt = ({ uuid }: DomainSnapshot): number => this.#askedAt.get(uuid) ?? 0;
    const isDue = ({ uuid }: DomainSnapshot): boolean => {
      const at = this.#askedAt.get(uuid);
      return at === undefined || now - at >= slowIntervalMs;
    };
    const isHurried = ({ uuid }: DomainSnapshot): boolean => this.#hurried.has(uuid);
    const share = Math.max(SHARE_MIN, Math.ceil((free.length * intervalMs) / slowIntervalMs));
    const turns = free
      .filter((domain) => !isHurried(domain) && isDue(domain))
      .toSorted((a, b) => askedAt(a) - askedAt(b))
      .slice(0, share);
    return [...free.filter(isHurried), ...turns];
  }

  /** The domain is being asked; an event from here on makes it a hurry again. */
  asked(uuid: string): void {
    this.#hurried.delete(uuid);
    this.#askedAt.set(uuid, performance.now());
  }
}
