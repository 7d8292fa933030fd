// SPDX-License-Identifier: Apache-2.0
// One-time tickets. Only their hash is kept, so nobody who reads this memory, or a log of it, can use one; whoever takes
// one takes it away, so it cannot be replayed.

import { createHash, randomBytes } from 'node:crypto';
import { CONSOLE_TICKET_SECONDS } from '../contract/console.ts';
import type { ConsoleRejection } from '../contract/console.ts';

const TICKET_BYTES = 32;
/** 32 bytes in base64url. */
const TICKET = /^[\w-]{43}$/;
/** How long it is remembered that a ticket was used or expired, so that the page can say so. */
const REMEMBERED_MS = 10 * 60_000;
/** Most tickets remembered, used ones included; so many that wait to be used at once are too many. */
export const TICKETS_MAX = 10_000;

/** A ticket just made. */
export interface IssuedTicket {
  /** The secret itself; nothing here keeps it. */
  readonly ticket: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

interface Entry<T> {
  readonly expiresAt: number;
  /** Taken away at redemption. */
  grant: T | undefined;
}

/** Why a ticket is worth nothing. */
export type TicketRefusal = Extract<ConsoleRejection, `ticket-${string}`>;

/** Gives out tickets for `T` and takes them back, each once. */
export class TicketStore<T> {
  readonly #now: () => number;
  /** By hash; in the order issued, so the oldest come first. */
  readonly #entries = new Map<string, Entry<T>>();

  /** @param now milliseconds since the epoch */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Makes a ticket. Undefined while too many are waiting to be used. */
  issue(grant: T): IssuedTicket | undefined {
    this.#forget();
    if (!this.#makeRoom()) return undefined;
    const ticket = randomBytes(TICKET_BYTES).toString('base64url');
    const expiresAt = this.#now() + CONSOLE_TICKET_SECONDS * 1000;
    this.#entries.set(hashOf(ticket), { expiresAt, grant });
    return { ticket, expiresAt };
  }

  /** What the ticket was issued for, the first time it is shown in time. */
  redeem(ticket: string): { readonly grant: T } | { readonly refused: TicketRefusal } {
    this.#forget();
    // Looked up by a hash of what was shown, so how long it takes says nothing of the tickets there are.
    const entry = TICKET.test(ticket) ? this.#entries.get(hashOf(ticket)) : undefined;
    if (entry === undefined) return { refused: 'ticket-unknown' };
    const { grant, expiresAt } = entry;
    entry.grant = undefined;
    if (grant === undefined) return { refused: 'ticket-used' };
    if (this.#now() >= expiresAt) return { refused: 'ticket-expired' };
    return { grant };
  }

  /** What is remembered of used and expired ones must keep nobody from a console. */
  #makeRoom(): boolean {
    if (this.#entries.size < TICKETS_MAX) return true;
    for (const [hash, { expiresAt, grant }] of this.#entries) {
      if (grant !== undefined && expiresAt > this.#now()) continue;
      this.#entries.delete(hash);
      return true;
    }
    return false;
  }

  #forget(): void {
    const before = this.#now() - REMEMBERED_MS;
    for (const [hash, { expiresAt }] of this.#entries) {
      if (expiresAt > before) return;
      this.#entries.delete(hash);
    }
  }
}

/** The hash a secret is kept by. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret, 'utf8').digest('base64url');
}
