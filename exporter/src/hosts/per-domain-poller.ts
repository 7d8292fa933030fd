// SPDX-License-Identifier: Apache-2.0
// Tier B of a poll for a driver without bulk statistics: one domain after another, each by the calls the driver has.

import type { CallOptions, Connection } from '@vireo/libvirt';
import type { MetricGroup } from '../contract/groups.ts';
import { forEachBounded } from './bounded.ts';
import type { DriverSupport } from './driver-support.ts';
import { isGone } from './host-error.ts';
import { CallHangsError, isHung } from './hung-calls.ts';
import type { HungCalls } from './hung-calls.ts';
import { fetchDomainStatistics, needsDomainStatistics } from './per-domain-statistics.ts';
import type { DomainSnapshot, DomainTrouble } from './snapshot.ts';
import type { StatisticsResult } from './statistics.ts';

/** Domains asked at a time. */
const WIDTH = 2;

/** What this needs from its session. */
export interface PerDomainContext {
  readonly support: DriverSupport;
  /** Those that are on; of the others nothing is asked. */
  readonly groups: ReadonlySet<MetricGroup>;
  readonly hung: HungCalls;
  /** A connection for calls that may hang. */
  readonly acquire: () => Promise<Connection>;
  readonly options: () => CallOptions;
}

/** Asks domains one by one; one whose call hangs is in quarantine until that call returns. */
export class PerDomainPoller {
  readonly #context: PerDomainContext;
  #quarantine: ReadonlyMap<string, DomainTrouble> = new Map();

  constructor(context: PerDomainContext) {
    this.#context = context;
  }

  /** Domains in quarantine now. */
  get quarantine(): ReadonlyMap<string, DomainTrouble> {
    return this.#quarantine;
  }

  /** Runs once over the active domains. Never rejects. */
  async poll(domains: readonly DomainSnapshot[]): Promise<StatisticsResult> {
    const { support, groups, hung, acquire, options } = this.#context;
    const asked = needsDomainStatistics(groups) ? domains : [];
    const records: [string, Awaited<ReturnType<typeof fetchDomainStatistics>>][] = [];
    const quarantine = new Map<string, DomainTrouble>();
    let failure: Error | undefined;
    await forEachBounded(asked, WIDTH, async (domain) => {
      const { uuid, xml } = domain;
      try {
        const record = await hung.run(`statistics of ${uuid}`, acquire, (connection) =>
          fetchDomainStatistics(connection, { support, groups }, domain, xml, { ...options(), lane: 'bulk' }),
        );
        records.push([uuid, record]);
      } catch (error) {
        if (isGone(error)) return;
        if (isHung(error)) quarantine.set(uuid, this.#quarantine.get(uuid) ?? { since: Date.now() });
        // Said once, when it began to hang; the quarantine tells from then on.
        if (!(error instanceof CallHangsError)) failure ??= error instanceof Error ? error : new Error(String(error));
      }
    });
    this.#quarantine = quarantine;
    return { records: new Map(records), quarantine, partial: new Set(), ...(failure === undefined ? {} : { failure }) };
  }
}
