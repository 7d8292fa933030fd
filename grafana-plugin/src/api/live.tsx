// SPDX-License-Identifier: Apache-2.0
// Keeps what is shown fresh: events of the API mark what they are about as stale, at once and then at most twice a
// second however many come. Where no stream comes about, the queries ask again by themselves; useLive says which it is.

import { type QueryClient, QueryClientProvider, useQueryClient } from '@tanstack/react-query';
import type { Task } from '@vireo/exporter/contract';
import React, { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { changesOf, concerns } from './domain-changes';
import type { LiveEvent } from './event-source';
import { KEYS, listPaceMs } from './queries';
import { shareEvents } from './shared-events';

/** `live`: events arrive. `polling`: everything shown is asked for again every few seconds. */
export interface Live {
  readonly mode: 'connecting' | 'live' | 'polling';
}

const LiveContext = createContext<Live>({ mode: 'polling' });
/** Time between two renewals of the same thing. */
const RENEW_MIN_MS = 500;

/** How what is shown is kept fresh now. */
export function useLive(): Live {
  return useContext(LiveContext);
}

/** What {@link ApiProvider} takes. */
export interface ApiProviderProps {
  readonly client: QueryClient;
  /** Another way to open a stream, or none; for tests. */
  readonly openEvents?: ((address: string) => EventSource) | 'none';
  readonly children: ReactNode;
}

/** The store and the stream, around everything that uses the hooks of queries.ts. */
export function ApiProvider({ client, openEvents, children }: ApiProviderProps) {
  return (
    <QueryClientProvider client={client}>
      {openEvents === 'none' ? children : <LiveProvider openEvents={openEvents}>{children}</LiveProvider>}
    </QueryClientProvider>
  );
}

function LiveProvider({
  openEvents,
  children,
}: {
  openEvents?: (address: string) => EventSource;
  children: ReactNode;
}) {
  const client = useQueryClient();
  const [mode, setMode] = useState<Live['mode']>('connecting');

  useEffect(() => {
    const stale = new Renewals((key) => void client.invalidateQueries({ queryKey: key }));
    const leave = shareEvents(
      {
        onOpen: (open) => setMode(open ? 'live' : 'polling'),
        onEvent: (event) => apply(event, client, stale),
      },
      openEvents,
    );
    return () => {
      leave();
      stale.clear();
    };
  }, [client, openEvents]);

  const live = useMemo(() => ({ mode }), [mode]);
  return <LiveContext.Provider value={live}>{children}</LiveContext.Provider>;
}

/** What one event makes stale. */
function apply(event: LiveEvent, client: QueryClient, stale: Renewals): void {
  if (event.type === 'reset') {
    stale.mark([]);
    return;
  }
  if (event.type === 'task') {
    client.setQueryData<Task>(KEYS.task(event.task.id), (known) => newer(known, event.task));
    stale.mark(KEYS.taskLists);
  }
  if (event.type === 'poll.failed' || event.type === 'poll.recovered') {
    stale.mark(KEYS.host(event.host));
    return;
  }
  if (event.type !== 'domain.event') {
    stale.mark(KEYS.hosts);
    stale.mark(KEYS.host(event.host));
    if (event.type === 'domain.state') {
      changesOf(client).stateSeen(event);
    }
    for (const list of client.getQueryCache().findAll({ queryKey: KEYS.domainLists })) {
      if (concerns(event, list)) {
        stale.mark(list.queryKey, listPaceMs(changesOf(client).longestList()));
      }
    }
    if (event.type === 'host.up') {
      // What runs there may be another libvirt.
      stale.mark(KEYS.hostXml(event.host));
    }
  }
  if (event.type === 'host.up' || event.type === 'host.lost') {
    // What may be done about its domains changes with it.
    stale.mark(KEYS.domainsOf(event.host));
  }
  if ('domain' in event) {
    const domain = { host: event.host, uuid: event.domain.uuid };
    stale.mark(KEYS.domain(domain));
    stale.mark(KEYS.domainXml(domain));
  }
}

/** An answer may overtake an event: a task that is over stays over. */
function newer(known: Task | undefined, task: Task): Task {
  return known !== undefined && known.steps.length > task.steps.length ? known : task;
}

/** Marks keys as stale: the first time at once, then not sooner than a pace after the time before. */
export class Renewals {
  readonly #renew: (key: readonly unknown[]) => void;
  /** By key; `again` when it was marked since. */
  readonly #waiting = new Map<string, { timer: ReturnType<typeof setTimeout>; again: boolean }>();

  constructor(renew: (key: readonly unknown[]) => void) {
    this.#renew = renew;
  }

  /** This key, and all that begin with it; not sooner than `paceMs` after the time before. */
  mark(key: readonly unknown[], paceMs = RENEW_MIN_MS): void {
    const id = JSON.stringify(key);
    const waiting = this.#waiting.get(id);
    if (waiting !== undefined) {
      waiting.again = true;
      return;
    }
    this.#renew(key);
    const timer = setTimeout(
      () => {
        const { again } = this.#waiting.get(id) ?? { again: false };
        this.#waiting.delete(id);
        if (again) {
          this.mark(key, paceMs);
        }
      },
      Math.max(paceMs, RENEW_MIN_MS),
    );
    this.#waiting.set(id, { timer, again: false });
  }

  clear(): void {
    this.#waiting.forEach(({ timer }) => clearTimeout(timer));
    this.#waiting.clear();
  }
}
