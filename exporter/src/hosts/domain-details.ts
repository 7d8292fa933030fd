// SPDX-License-Identifier: Apache-2.0
// What is read of each domain one call at a time: its XML, when an event says it changed and now and then besides, and
// the job it may be running. Both may wait for the domain's lock (XML does from libvirt 11 on), so they go where a call
// may hang, carry a deadline, and leave domains in quarantine alone.

import { createHash } from 'node:crypto';
import { turns } from '@vireo/libvirt';
import { parseDomainXml } from '../xml/domain-xml.ts';
import type { LabelledPath } from '../xml/xpath.ts';
import { askEach, askable, forget } from './domain-calls.ts';
import type { DomainCallsContext } from './domain-calls.ts';
import { DomainRounds } from './domain-rounds.ts';
import type { DomainSnapshot } from './snapshot.ts';

/** Reads XML and jobs of one host's domains. */
export class DomainDetails {
  readonly #paths: readonly LabelledPath[];
  readonly #onShown: () => void;
  readonly #context: DomainCallsContext;
  /** By UUID: when the XML was last read, and its hash, so that an unchanged one is not parsed again. */
  readonly #xmlRead = new Map<string, { readonly at: number; readonly hash: string }>();
  readonly #xmlStale = new Set<string>();
  readonly #jobRounds: DomainRounds;

  /** @param more what of the XML becomes labels; and whom to tell when it made a domain one that is watched */
  constructor(
    context: DomainCallsContext,
    more: { readonly paths: readonly LabelledPath[] | undefined; readonly onShown: () => void },
  ) {
    this.#context = context;
    this.#jobRounds = new DomainRounds(context);
    this.#paths = more.paths ?? [];
    this.#onShown = more.onShown;
  }

  /** The next poll reads this domain's XML anew. */
  xmlIsStale(uuid: string): void {
    this.#xmlStale.add(uuid);
  }

  /** The next poll asks this domain for its job. */
  jobMayRun(uuid: string): void {
    this.#jobRounds.hurry(uuid);
  }

  /** Reads the XML of new and changed domains, and of those whose turn it is. Rejects with the last failure. */
  async refreshXml(): Promise<'not due' | undefined> {
    const now = performance.now();
    const { domains: table } = this.#context;
    const domains = askable(this.#context, [...table.all(), ...table.unseen()]);
    forget(this.#xmlRead, table);
    forget(this.#xmlStale, table);
    const age = ({ uuid }: DomainSnapshot): number =>
      this.#xmlStale.has(uuid) ? Infinity : now - (this.#xmlRead.get(uuid)?.at ?? -Infinity);
    const { slowIntervalMs, intervalMs } = this.#context;
    const urgent = domains.filter((domain) => age(domain) === Infinity);
    // The rest takes turns, a share each poll, so that a host of a thousand domains has no burst every minute.
    const share = Math.ceil((domains.length * intervalMs) / slowIntervalMs);
    const due = domains
      .filter((domain) => age(domain) !== Infinity && age(domain) >= slowIntervalMs)
      .toSorted((a, b) => age(b) - age(a))
      .slice(0, share);
    return await askEach(
      this.#context,
      [...urgent, ...due],
      'DOMAIN_GET_XML_DESC',
      async (connection, domain, options) => {
        // An event that comes while the daemon writes the XML makes it stale again.
        const wasStale = this.#xmlStale.delete(domain.uuid);
        try {
          await this.#takeXml(domain.uuid, await connection.domains.xml(domain, {}, options));
        } catch (error) {
          if (wasStale) this.#xmlStale.add(domain.uuid);
          throw error;
        }
      },
    );
  }

  async #takeXml(uuid: string, xml: string): Promise<void> {
    const { domains } = this.#context;
    const hash = createHash('sha256').update(xml).digest('base64');
    // A domain that was undefined and defined anew is another record, without what was parsed before.
    const unchanged = this.#xmlRead.get(uuid)?.hash === hash && domains.get(uuid)?.xml !== undefined;
    // At first contact all XML is new: a hundred hosts would parse theirs in one turn.
    if (!unchanged && !turns.hasTime) await turns.next();
    if (!unchanged && domains.setXml(uuid, parseDomainXml(xml, this.#paths, domains.rulePaths))) this.#onShown();
    this.#xmlRead.set(uuid, { at: performance.now(), hash });
  }

  /**
   * Asks for the job of domains that run one, or may have begun one: libvirt announces each round of a migration, a save
   * or a dump to a file, and what pauses a domain. The beginning of a backup or of a dump by QEMU it does not announce, so
   * every domain is asked once in an interval as well. A job that could not be asked for is not shown: its old figures
   * would look like one that stands still.
   */
  async refreshJobs(): Promise<'not due' | undefined> {
    const { domains } = this.#context;
    const active = domains.active();
    const running = active.filter(({ job }) => job !== undefined);
    const asked = new Set<string>();
    try {
      return await askEach(
        this.#context,
        [...askable(this.#context, running), ...this.#jobRounds.due(active.filter(({ job }) => job === undefined))],
        'DOMAIN_GET_JOB_STATS',
        async (connection, domain, options) => {
          this.#jobRounds.asked(domain.uuid);
          const { type, params } = await connection.jobs.stats(domain, options);
          asked.add(domain.uuid);
          domains.setJob(domain, type === 'none' ? undefined : { type, fields: params });
        },
      );
    } finally {
      for (const domain of running) {
        if (asked.has(domain.uuid)) continue;
        domains.setJob(domain, undefined);
        // It may run on.
        this.#jobRounds.hurry(domain.uuid);
      }
    }
  }
}
