// SPDX-License-Identifier: Apache-2.0
// Questions about one domain each, put to many domains: a few at a time, never to a domain in quarantine, and one that
// hangs puts its domain there. What one domain answers, or does not, is no other's business.

import type { CallOptions, Connection, DomainRef } from '@vireo/libvirt';
import { forEachBounded } from './bounded.ts';
import type { DomainTable } from './domain-table.ts';
import type { DriverSupport } from './driver-support.ts';
import { isGone } from './host-error.ts';
import { isHung } from './hung-calls.ts';
import type { HungCalls } from './hung-calls.ts';
import type { DomainObservations } from './observations.ts';
import type { DomainSnapshot } from './snapshot.ts';

/** Domains asked at a time by one part of a poll, so that statistics find free slots. */
const WIDTH = 2;

/** What the questions need from their session. */
export interface DomainCallsContext {
  readonly domains: DomainTable;
  readonly support: DriverSupport;
  readonly hung: HungCalls;
  /** A connection for calls that may hang. */
  readonly acquire: () => Promise<Connection>;
  /** Puts a domain into quarantine if its monitor is held. */
  readonly suspect: (domain: DomainRef) => Promise<boolean>;
  readonly isQuarantined: (uuid: string) => boolean;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  /** How often what rarely changes is read again. */
  readonly slowIntervalMs: number;
  /** From one poll to the next. */
  readonly intervalMs: number;
}

/** Asks one domain; each of its calls takes the options as they are. */
export type AskDomain = (connection: Connection, domain: DomainSnapshot, options: CallOptions) => Promise<void>;

/** Those of `domains` that may be asked now. */
export function askable(context: DomainCallsContext, domains: readonly DomainSnapshot[]): DomainSnapshot[] {
  return domains.filter(({ uuid }) => !context.isQuarantined(uuid));
}

/**
 * Asks each of `domains`. Rejects with the first failure when all have been asked.
 * @param procedure names the question; nothing is asked of a driver that once refused it
 */
export async function askEach(
  context: DomainCallsContext,
  domains: readonly DomainSnapshot[],
  procedure: string,
  ask: AskDomain,
): Promise<'not due' | undefined> {
  if (domains.length === 0) return 'not due';
  await forEachBounded(domains, WIDTH, (domain) => askOne(context, domain, procedure, ask));
  return undefined;
}

/**
 * As {@link askEach}, for one part of what is observed. What was seen before stays until then; of a domain that gave no
 * answer, or could not be asked, nothing is shown.
 * @param look gives undefined when there is nothing to show
 */
export async function observeEach<K extends keyof DomainObservations>(
  context: DomainCallsContext,
  domains: readonly DomainSnapshot[],
  procedure: string,
  part: K,
  look: (...call: Parameters<AskDomain>) => Promise<DomainObservations[K] | undefined>,
): Promise<'not due' | undefined> {
  if (domains.length === 0) return 'not due';
  await forEachBounded(domains, WIDTH, async (domain) => {
    let seen: DomainObservations[K] | undefined;
    try {
      await askOne(context, domain, procedure, async (...call) => {
        seen = await look(...call);
      });
    } finally {
      if (!context.signal.aborted) context.domains.observe(domain, { [part]: seen });
    }
  });
  return undefined;
}

async function askOne(
  { acquire, suspect, support, hung, deadlineMs, signal, isQuarantined }: DomainCallsContext,
  domain: DomainSnapshot,
  procedure: string,
  ask: AskDomain,
): Promise<void> {
  if (signal.aborted || support.lacks(procedure) || isQuarantined(domain.uuid)) return;
  try {
    await support.try(procedure, () =>
      hung.run(`${procedure} of ${domain.uuid}`, acquire, (connection) =>
        ask(connection, domain, { deadlineMs, signal, lane: 'bulk' }),
      ),
    );
  } catch (error) {
    if (isGone(error)) return;
    if (isHung(error)) await suspect(domain);
    throw error;
  }
}

/** Forgets what is kept of domains that are gone. */
export function forget(byUuid: Map<string, unknown> | Set<string>, domains: DomainTable): void {
  for (const uuid of byUuid.keys()) if (!domains.has(uuid)) byUuid.delete(uuid);
}
