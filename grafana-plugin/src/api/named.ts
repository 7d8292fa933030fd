// SPDX-License-Identifier: Apache-2.0
// From names to domains: metrics, alerts and dashboards know a domain by name (or uuid) and mostly its host; the API wants
// host and uuid.

import type { DomainBrief } from '@vireo/exporter/contract';
import { useMemo } from 'react';
import { useAllDomains, useHosts } from './queries';

/** Whom somebody means. */
export interface NamedDomain {
  /** It is on one of these; on any when there is none. */
  readonly hosts: readonly string[];
  /** Its name or uuid. */
  readonly domain: string;
}

/** What became of names. */
export interface NamedDomains {
  /** Nobody can tell yet which domains there are. */
  readonly isPending: boolean;
  readonly error: Error | null;
  readonly retry: () => void;
  /** For each name, in order: the domains that fit, mostly one; several where it leaves the host open. */
  readonly found: ReadonlyArray<{ readonly named: NamedDomain; readonly domains: readonly DomainBrief[] }>;
}

/** Looks for domains by name: one of them by a search, several in the lists of their hosts. */
export function useNamedDomains(named: readonly NamedDomain[]): NamedDomains {
  const [first] = named;
  const only = named.length === 1 ? first : undefined;
  // One unknown host would refuse the whole list. For a single domain that is what should be said.
  const known = useHosts(only === undefined && first !== undefined);
  const wanted = [...new Set(named.flatMap(({ hosts }) => hosts))];
  const names = known.data?.map(({ host }) => host) ?? [];
  const hosts = only === undefined ? wanted.filter((host) => names.includes(host)) : wanted;
  const isAnyHost = named.some((one) => one.hosts.length === 0);
  const isNowhere = only === undefined && !isAnyHost && hosts.length === 0;
  const isReady = only !== undefined || (known.data !== undefined && !isNowhere);
  const list = useAllDomains(
    { ...(!isAnyHost && { host: hosts }), ...(only !== undefined && { q: only.domain }) },
    isReady && first !== undefined,
  );

  const isListPending = list.isPending || list.isPrevious || list.hasMore;
  const { items } = list;
  const found = useMemo(() => {
    const byName = new Map<string, DomainBrief[]>();
    for (const domain of items) {
      for (const key of [domain.name, domain.uuid]) {
        byName.set(key, [...(byName.get(key) ?? []), domain]);
      }
    }
    return named.map((one) => {
      const domains = byName.get(one.domain) ?? byName.get(one.domain.toLowerCase()) ?? [];
      return { named: one, domains: domains.filter(({ host }) => one.hosts.length === 0 || one.hosts.includes(host)) };
    });
  }, [items, named]);
  return {
    isPending: isReady ? isListPending : !isNowhere,
    error: list.error ?? (known.data === undefined ? known.error : null),
    retry: () => {
      void known.refetch();
      list.retry();
    },
    found,
  };
}
