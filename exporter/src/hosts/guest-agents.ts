// SPDX-License-Identifier: Apache-2.0
// What guests say of themselves, through their agents. libvirt waits for an agent without limit once it has begun to
// answer (a dead NFS mount does that to a list of file systems), and the questions want a read-write connection. So they
// have connections of their own, which nothing else waits for, and who did not answer is asked ever more seldom.

import { RemoteError, TimeoutError } from '@vireo/libvirt';
import type { Connection } from '@vireo/libvirt';
import { forEachBounded } from './bounded.ts';
import type { DomainCallsContext } from './domain-calls.ts';
import { forget } from './domain-calls.ts';
import { isGone } from './host-error.ts';
import { isHung } from './hung-calls.ts';
import { readGuestReport } from './guest-report.ts';
import type { DomainSnapshot } from './snapshot.ts';
import { StatisticsConnections } from './statistics-connections.ts';

/** At most so many connections, each with three slots: what hangs for good takes six of the daemon's workers at most. */
const MAX_CONNECTIONS = 2;
/** Guests asked at a time. */
const WIDTH = 3;
/** Deadlines of a poll that an agent may take; the greeting alone takes libvirt up to 5 s. */
const DEADLINES = 5;
/** Who does not answer is asked after 2, 4, 8, ... intervals, 2 to this power at most. */
const BACK_OFF_MAX = 5;

/** What this room needs besides the rest. */
export interface GuestAgentsContext extends Omit<DomainCallsContext, 'acquire' | 'suspect'> {
  /** Opens a read-write connection. */
  readonly open: () => Promise<Connection>;
  readonly maxInFlight: number;
}

/** Refusals that are about us and not about the guest. */
const OURS: ReadonlySet<string> = new Set(['VIR_ERR_OPERATION_DENIED', 'VIR_ERR_ACCESS_DENIED', 'VIR_ERR_AUTH_FAILED']);

/** Asks the agents of one host's guests. */
export class GuestAgents {
  readonly #context: GuestAgentsContext;
  readonly #connections: StatisticsConnections;
  /** By UUID: when the agent is to be asked again, and how often in a row it did not answer. */
  readonly #turns = new Map<string, { readonly dueAt: number; readonly failures: number }>();

  constructor(context: GuestAgentsContext) {
    this.#context = context;
    this.#connections = new StatisticsConnections(context.open, context.maxInFlight, MAX_CONNECTIONS);
  }

  /** The next poll asks this domain: its agent came or went, or the guest was started. */
  hurry(uuid: string): void {
    this.#turns.delete(uuid);
  }

  /** Rejects with the first failure that is not a guest's own. */
  async refresh(): Promise<'not due' | undefined> {
    const { domains, isQuarantined } = this.#context;
    forget(this.#turns, domains);
    for (const domain of domains.active()) {
      if (!hasAgent(domain) && domain.observed?.guest !== undefined) domains.observe(domain, { guest: undefined });
    }
    const now = performance.now();
    const dueAt = ({ uuid }: DomainSnapshot): number => this.#turns.get(uuid)?.dueAt ?? 0;
    const due = domains
      .active()
      .filter((domain) => hasAgent(domain) && !isQuarantined(domain.uuid) && dueAt(domain) <= now)
      .toSorted((a, b) => dueAt(a) - dueAt(b));
    if (due.length === 0) return 'not due';
    await forEachBounded(due, WIDTH, (domain) => this.#ask(domain));
    await this.#connections.trim();
    return undefined;
  }

  /** Closes the connections. */
  async close(): Promise<void> {
    await this.#connections.close();
  }

  async #ask(domain: DomainSnapshot): Promise<void> {
    const { support, hung, domains, deadlineMs, signal, isQuarantined } = this.#context;
    const { uuid } = domain;
    if (signal.aborted || support.lacks('DOMAIN_GET_GUEST_INFO') || isQuarantined(uuid)) return;
    const failures = this.#turns.get(uuid)?.failures ?? 0;
    // Before the question: an event that comes meanwhile makes it a hurry again.
    this.#next(uuid, 0);
    try {
      const fields = await support.try('DOMAIN_GET_GUEST_INFO', () =>
        hung.run(
          `guest agent of ${uuid}`,
          () => this.#connections.acquire(),
          // No types named: what the agent cannot tell is left out, and not an error.
          (connection) =>
            connection.guests.info(domain, {}, { deadlineMs: DEADLINES * deadlineMs, signal, lane: 'bulk' }),
        ),
      );
      domains.observe(domain, { guest: fields === undefined ? undefined : readGuestReport(fields, domain) });
    } catch (error) {
      domains.observe(domain, { guest: undefined });
      if (isGone(error)) return;
      if (!isOfGuest(error)) throw error;
      domains.observe(domain, { guest: { responding: false } });
      if (this.#turns.has(uuid)) this.#next(uuid, failures + 1);
    }
  }

  #next(uuid: string, failures: number): void {
    const intervals = 2 ** Math.min(failures, BACK_OFF_MAX);
    this.#turns.set(uuid, { failures, dueAt: performance.now() + intervals * this.#context.slowIntervalMs });
  }
}

/** Whether there is somebody to ask: libvirt says `disconnected` until an agent opens its end of the channel. */
function hasAgent({ xml, state }: DomainSnapshot): boolean {
  return state === 'running' && xml?.guestAgentState === 'connected';
}

/** Whether an agent that does not answer, or answers nonsense, explains the error. */
function isOfGuest(error: unknown): boolean {
  return isHung(error) || (error instanceof RemoteError && !OURS.has(error.name)) || error instanceof TimeoutError;
}
