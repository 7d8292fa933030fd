// SPDX-License-Identifier: Apache-2.0
// Hooks that read the API. Each result is kept by one key of KEYS, shared by all that show it, renewed by events
// (live.tsx) or, without them, by asking again.

import {
  keepPreviousData,
  QueryClient,
  useInfiniteQuery,
  type UseInfiniteQueryResult,
  useQuery,
  useQueryClient,
  type UseQueryResult,
} from '@tanstack/react-query';
import {
  type DomainBrief,
  type DomainFull,
  type HostBrief,
  type HostFull,
  isFinal,
  type SnapshotList,
  type Task,
  type XmlDiff,
} from '@vireo/exporter/contract';
import { useEffect, useMemo } from 'react';
import type { DomainFilter } from '../urls';
import * as api from './api';
import type { DomainRef, TaskFilter } from './api';
import { changesOf } from './domain-changes';
import { useLive } from './live';
import { ApiError } from './problem';

/** How often everything shown is asked for anew while events come, and while they don't. */
export const RENEW_MS = { live: 30_000, polling: 5_000 };
/** How often a task under way is asked for, events or not. */
const TASK_MS = 1000;
/** Domains or tasks of one page. */
const PAGE_SIZE = 500;
/** Domains of one request where all are wanted: the most that the API gives. */
const WHOLE_PAGE_SIZE = 10_000;
/** Most pages kept of one list; the API has no more than that for one page of its own. */
const PAGES_MAX = 20;

/** Keys of what is kept, from general to special: one that is shorter stands for all that begin with it. */
export const KEYS = {
  hosts: ['hosts'],
  host: (host: string) => ['host', host],
  hostXml: (host: string) => ['host-xml', host],
  domainLists: ['domains'],
  domains: (filter: DomainFilter) => ['domains', filter],
  domainsOf: (host: string) => ['domain', host],
  domain: ({ host, uuid }: DomainRef) => ['domain', host, uuid],
  domainXml: ({ host, uuid }: DomainRef, view?: string) => ['domain-xml', host, uuid, ...(view ? [view] : [])],
  snapshots: ({ host, uuid }: DomainRef) => ['snapshots', host, uuid],
  screenshot: ({ host, uuid }: DomainRef) => ['screenshot', host, uuid],
  taskLists: ['tasks'],
  tasks: (filter: TaskFilter) => ['tasks', filter],
  task: (id: string) => ['task', id],
} as const;

/** The store of what was read; one for each tree of pages, or panel. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 1000,
        gcTime: 60_000,
        // Only what may go away by itself.
        retry: (failures, error) =>
          failures < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 502),
        retryDelay: 1000,
        refetchOnWindowFocus: true,
      },
      // An action is never repeated by itself.
      mutations: { retry: false },
    },
  });
}

/** What a hook gives: `data` may be there beside an `error` of a later try. */
export type Result<T> = UseQueryResult<T, Error>;

/** A list in pages. */
export interface ListResult<T> {
  readonly items: readonly T[];
  /** How many there are on all pages; undefined until the first came. */
  readonly total: number | undefined;
  readonly isPending: boolean;
  readonly isFetching: boolean;
  /** What is there is that of the filter before, while the new one loads. */
  readonly isPrevious: boolean;
  /** More can be loaded. */
  readonly hasMore: boolean;
  readonly loadMore: () => void;
  readonly error: Error | null;
  readonly retry: () => void;
}

/** All hosts. */
export function useHosts(enabled = true): Result<readonly HostBrief[]> {
  return useQuery({
    queryKey: KEYS.hosts,
    queryFn: async ({ signal }) => (await api.listHosts(signal)).items,
    enabled,
    refetchInterval: useRenewMs(),
  });
}

/** One host in full. */
export function useHost(host: string): Result<HostFull> {
  return useQuery({
    queryKey: KEYS.host(host),
    queryFn: ({ signal }) => api.getHost(host, signal),
    refetchInterval: useRenewMs(),
  });
}

/** The capabilities XML of a host; it changes with the host's libvirt only. */
export function useHostXml(host: string): Result<string> {
  return useQuery({
    queryKey: KEYS.hostXml(host),
    queryFn: ({ signal }) => api.getHostXml(host, signal),
    staleTime: 60_000,
  });
}

/** Domains of all hosts, page after page. While a new filter loads, what was shown stays. */
export function useDomains(
  filter: DomainFilter,
  pageSize: number = PAGE_SIZE,
  enabled = true,
): ListResult<DomainBrief> {
  const changes = changesOf(useQueryClient());
  const renewMs = useRenewMs();
  const result = useInfiniteQuery({
    queryKey: [...KEYS.domains(filter), pageSize],
    queryFn: async ({ signal, pageParam }) => {
      const askedAtMs = Date.now();
      const page = await api.listDomains(filter, { limit: pageSize, cursor: pageParam }, signal);
      return { ...page, items: changes.applyTo(page.items, askedAtMs) };
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last, pages) => (pages.length < PAGES_MAX ? last.nextCursor : undefined),
    refetchInterval: ({ state: { data } }) => Math.max(renewMs, listPaceMs(data?.pages.at(-1)?.total ?? 0)),
    enabled,
    placeholderData: keepPreviousData,
  });
  return useList(result);
}

/** How long a list with that many domains is left alone at least before it is read anew: ten thousand are megabytes. */
export function listPaceMs(total: number): number {
  return total;
}

/** All domains of these hosts, or of every host: page after page by itself. */
export function useAllDomains(filter: Pick<DomainFilter, 'host' | 'q'>, enabled = true): ListResult<DomainBrief> {
  const list = useDomains(filter, WHOLE_PAGE_SIZE, enabled);
  const { hasMore, isFetching, error, loadMore } = list;
  useEffect(() => {
    if (hasMore && !isFetching && error === null) {
      loadMore();
    }
  });
  return list;
}

/** One domain in full. */
export function useDomain(domain: DomainRef): Result<DomainFull> {
  return useQuery({
    queryKey: KEYS.domain(domain),
    queryFn: ({ signal }) => api.getDomain(domain, signal),
    refetchInterval: useRenewMs(),
  });
}

/** A domain's XML; without a view, live if it runs, else config. */
export function useDomainXml(domain: DomainRef, view?: 'live' | 'config'): Result<string> {
  return useQuery({
    queryKey: KEYS.domainXml(domain, view ?? 'either'),
    queryFn: ({ signal }) => api.getDomainXml(domain, view, signal),
  });
}

/** What the next start of a domain will change. */
export function useXmlDiff(domain: DomainRef): Result<XmlDiff> {
  return useQuery({
    queryKey: KEYS.domainXml(domain, 'diff'),
    queryFn: ({ signal }) => api.getXmlDiff(domain, signal),
  });
}

/** The snapshots of a domain. libvirt tells nobody when one is made, so they are asked for again. */
export function useSnapshots(domain: DomainRef): Result<SnapshotList> {
  return useQuery({
    queryKey: KEYS.snapshots(domain),
    queryFn: ({ signal }) => api.listSnapshots(domain, signal),
    refetchInterval: RENEW_MS.live,
  });
}

/** A picture of a domain's screen, taken once, or again and again while somebody looks at the page. */
export function useScreenshot(domain: DomainRef, enabled: boolean, renewMs?: number): Result<Blob> {
  return useQuery({
    queryKey: KEYS.screenshot(domain),
    queryFn: ({ signal }) => api.getScreenshot(domain, signal),
    enabled,
    refetchInterval: renewMs ?? false,
    // Nobody but a person or the clock takes another one.
    staleTime: renewMs ?? Infinity,
    retry: false,
  });
}

/** Tasks, newest first. */
export function useTasks(filter: TaskFilter, pageSize = 100, enabled = true): ListResult<Task> {
  const result = useInfiniteQuery({
    queryKey: [...KEYS.tasks(filter), pageSize],
    queryFn: ({ signal, pageParam }) => api.listTasks(filter, { limit: pageSize, cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last, pages) => (pages.length < PAGES_MAX ? last.nextCursor : undefined),
    enabled,
    refetchInterval: useRenewMs(),
    placeholderData: keepPreviousData,
  });
  return useList(result);
}

/** One task, followed until it is over. */
export function useTask(id: string | undefined): Result<Task> {
  return useQuery({
    queryKey: KEYS.task(id ?? ''),
    queryFn: ({ signal }) => api.getTask(id ?? '', signal),
    enabled: id !== undefined,
    refetchInterval: ({ state: { data } }) => (data !== undefined && isFinal(data.state) ? false : TASK_MS),
  });
}

function useRenewMs(): number {
  return useLive().mode === 'live' ? RENEW_MS.live : RENEW_MS.polling;
}

function useList<T>(result: UseInfiniteQueryResult<{ pages: Array<ListPage<T>> }, Error>): ListResult<T> {
  const { data } = result;
  const items = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data]);
  return {
    items,
    // The newest page counts: the others may be older.
    total: data?.pages.at(-1)?.total,
    isPending: result.isPending,
    isFetching: result.isFetching,
    isPrevious: result.isPlaceholderData,
    hasMore: result.hasNextPage,
    loadMore: () => {
      if (!result.isFetching) {
        void result.fetchNextPage();
      }
    },
    error: result.error,
    retry: () => void result.refetch(),
  };
}
interface ListPage<T> {
  readonly items: readonly T[];
  readonly total: number;
}
