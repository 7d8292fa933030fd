// SPDX-License-Identifier: Apache-2.0
// What is read of each domain one call at a time: its XML, when an event says it changed and now and then besides, and
// the job it may be running. Both may wait for the domain's lock (XML does from libvirt 11 on), so they go where a call
// may hang, carry a deadline, and leave domains in quarantine alone.

import { createHash } from 'node:crypto';
import { TimeoutError } from '@vireo/libvirt';
import type { CallOptions, Connection, DomainRef } from '@vireo/libvirt';
import { parseDomainXml } from '../xml/domain-xml.ts';
import { forEachBounded } from './bounded.ts';
import type { DomainTable } from './domain-table.ts';
import type { DriverSupport } from './driver-support.ts';
import type { DomainSnapshot } from './snapshot.ts';

/** Calls of one kind in flight at a time, so that statistics find free slots. */
const WIDTH = 2;

/** What the details need from their session. */
export interface DomainDetailsContext {
  readonly domains: DomainTable;
  readonly support: DriverSupport;
  /** A connection for calls that may hang. */
  readonly acquire: () => Promise<Connection>;
  /** Puts a domain into quarantine if its monitor is held. */
  readonly suspect: (domain: DomainRef) => Promise<boolean>;
  readonly isQuarantined: (uuid: string) => boolean;
  readonly deadlineMs: number;
  readonly slowIntervalMs: number;
  readonly intervalMs: number;
}

/** Reads XML and jobs of one host's domains. */
export class DomainDetails {
  readonly #context: DomainDetailsContext;
  /** By UUID: when the XML was last read, and its hash, so that an unchanged one is not parsed again. */
  readonly #xmlRead = new Map<string, { readonly at: number; readonly hash: string }>();
  readonly #jobAskedAt = new Map<string, number>();

  constructor(context: DomainDetailsContext) {
    this.#context = context;
  }

  /** The next poll reads this domain's XML anew. */
  xmlIsStale(uuid: string): void {
    const read = this.#xmlRead.get(uuid);
    if (read !== undefined) this.#xmlRead.set(uuid, { ...read, at: -Infinity });
  }

  /** The next poll asks this domain for its job. */
  jobMayRun(uuid: string): void {
    this.#jobAskedAt.delete(uuid);
  }

  /** Reads the XML of new and changed domains, and of those whose turn it is. Rejects with the last failure. */
  async refreshXml(): Promise<'not due' | undefined> {
    const now = Date.now();
    const domains = this.#askable(this.#context.domains.all());
    forget(this.#xmlRead, this.#context.domains);
    const age = ({ uuid }: DomainSnapshot): number => now - (this.#xmlRead.get(uuid)?.at ?? -Infinity);
    const { slowIntervalMs, intervalMs } = this.#context;
    const urgent = domains.filter((domain) => age(domain) === Infinity);
    // The rest takes turns, a share each poll, so that a host of a thousand domains has no burst every minute.
    const share = Math.ceil((domains.length * intervalMs) / slowIntervalMs);
    const turns = domains
      .filter((domain) => age(domain) !== Infinity && age(domain) >= slowIntervalMs)
      .toSorted((a, b) => age(b) - age(a))
      .slice(0, share);
    return await this.#each([...urgent, ...turns], 'DOMAIN_GET_XML_DESC', async (connection, domain, options) => {
      const xml = await connection.domains.xml(domain, {}, options);
      const hash = createHash('sha256').update(xml).digest('base64');
      const unchanged = this.#xmlRead.get(domain.uuid)?.hash === hash;
      this.#xmlRead.set(domain.uuid, { at: Date.now(), hash });
      if (!unchanged) this.#context.domains.setXml(domain.uuid, parseDomainXml(xml));
    });
  }

  /**
   * Asks for the job of domains that run one, or may have begun one. libvirt announces the end of a job but not its
   * beginning, so the others are asked in turns, each once in three polls.
   */
  async refreshJobs(): Promise<'not due' | undefined> {
    const { domains, intervalMs } = this.#context;
    forget(this.#jobAskedAt, domains);
    const due = this.#askable(domains.active()).filter(
      ({ uuid, job }) =>
        job !== undefined || Date.now() - (this.#jobAskedAt.get(uuid) ?? -Infinity) >= 2.5 * intervalMs,
    );
    return await this.#each(due, 'DOMAIN_GET_JOB_STATS', async (connection, domain, options) => {
      this.#jobAskedAt.set(domain.uuid, Date.now());
      const { type, params } = await connection.jobs.stats(domain, options);
      domains.setJob(domain.uuid, type === 'none' ? undefined : { type, fields: params });
    });
  }

  #askable(domains: readonly DomainSnapshot[]): DomainSnapshot[] {
    return domains.filter(({ uuid }) => !this.#context.isQuarantined(uuid));
  }

  async #each(
    domains: readonly DomainSnapshot[],
    procedure: string,
    ask: (connection: Connection, domain: DomainSnapshot, options: CallOptions) => Promise<void>,
  ): Promise<'not due' | undefined> {
    if (domains.length === 0) return 'not due';
    const { acquire, suspect, support, deadlineMs } = this.#context;
    await forEachBounded(domains, WIDTH, async (domain) => {
      if (support.lacks(procedure) || this.#context.isQuarantined(domain.uuid)) return;
      try {
        const connection = await acquire();
        await support.try(procedure, () => ask(connection, domain, { deadlineMs, lane: 'bulk' }));
      } catch (error) {
        if (error instanceof TimeoutError) await suspect(domain);
        if (isGone(error)) return;
        throw error;
      }
    });
    return undefined;
  }
}

/** A domain that stopped or was undefined between the list and the question is no failure. */
function isGone(error: unknown): boolean {
  return error instanceof Error && ['VIR_ERR_NO_DOMAIN', 'VIR_ERR_OPERATION_INVALID'].includes(error.name);
}

function forget(byUuid: Map<string, unknown>, domains: DomainTable): void {
  for (const uuid of byUuid.keys()) if (domains.get(uuid) === undefined) byUuid.delete(uuid);
}
