// SPDX-License-Identifier: Apache-2.0
// Events of one host. An event says that something happened; what a domain's state is now is asked of libvirt at once
// (GET_STATE costs a millisecond and waits for no job), so nothing here guesses, and a missed or reordered event does no
// harm: the next poll corrects.

import { DOMAIN_LIFECYCLE_EVENTS } from '@vireo/libvirt';
import type { CallOptions, Connection, DomainRef, EventKind, LibvirtEvent } from '@vireo/libvirt';
import type { HostChange } from './changes.ts';
import type { DomainFlags, DomainTable } from './domain-table.ts';
import { isUnsupported } from './driver-support.ts';
import type { DriverSupport } from './driver-support.ts';
import { fetchFlags, fetchState } from './inventory.ts';

/** The events that change what Vireo shows. */
const DOMAIN_EVENTS = [
  'lifecycle',
  'reboot',
  'watchdog',
  'io-error-reason',
  'control-error',
  'block-job-2',
  'disk-change',
  'pm-wakeup',
  'pm-suspend',
  'pm-suspend-disk',
  'balloon-change',
  'device-added',
  'device-removed',
  'tunable',
  'agent-lifecycle',
  'migration-iteration',
  'job-completed',
  'metadata-change',
  'memory-failure',
] as const satisfies readonly EventKind[];
const SUBSCRIBING = 'CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY';
/** One of them. */
export type DomainEvent = LibvirtEvent<(typeof DOMAIN_EVENTS)[number]>;

/** Lifecycle events after which persistence, autostart or the saved image may differ; stopping with a save is one too. */
const CHANGES_FLAGS: ReadonlySet<string> = new Set(['defined', 'undefined', 'started']);

/** libvirt tells that a domain was restored before it has thrown the image away, and then nothing more. */
const FLAGS_SETTLE_MS = 500;

/** What the events need from their session. */
export interface DomainEventsContext {
  readonly domains: DomainTable;
  readonly deadlineMs: number;
  readonly onChange: (change: HostChange) => void;
  /** Events that will be told from now on, as {@link HostChange} calls them. */
  readonly onListening: (event: string, detail: string) => void;
  /** A domain's record changed. */
  readonly onTableChange: () => void;
  /** A domain's XML changed. */
  readonly onXmlStale: (uuid: string) => void;
  /** Every event, before anything else is made of it. */
  readonly onDomainEvent: (event: DomainEvent) => void;
  /** A domain may run a job, or have ended one. */
  readonly onJob: (uuid: string) => void;
  /** Domains were defined, undefined, started or saved: persistence, autostart and saved images may differ. */
  readonly onDefined: () => void;
  /** Storage pools changed. */
  readonly onPools: () => void;
  /** A proxying daemon (virtproxyd) lost the one that does the work: nothing will succeed on this connection any more. */
  readonly onBackendLost: () => void;
}

/** Subscribes to one connection's events and keeps the domain table up to them. */
export class DomainEvents {
  readonly #context: DomainEventsContext;
  /** Domains whose flags are to be asked with their state. */
  readonly #flagsStale = new Set<string>();
  /** Domains whose flags will be asked once more. */
  readonly #settling = new Map<string, NodeJS.Timeout>();
  /** Domains whose state is being asked; `next` is what the newest event that came meanwhile called the domain. */
  readonly #checking = new Map<string, { next: DomainRef | undefined }>();

  constructor(context: DomainEventsContext) {
    this.#context = context;
  }

  /**
   * Subscribes to everything the driver knows; one that it does not know is left out, and a driver without events is not
   * asked for the others. Rejects when the link breaks or the daemon does not answer: without its events a host is not
   * watched.
   */
  async subscribe(connection: Connection, support: DriverSupport, options: CallOptions): Promise<void> {
    const { events } = connection;
    const subscribe = async (kind: (typeof DOMAIN_EVENTS)[number]): Promise<void> => {
      await events.subscribe(
        kind,
        (event) => {
          this.#take(connection, event);
        },
        options,
      );
      for (const { event, detail } of toldOf(kind)) this.#context.onListening(event, detail);
    };
    const [first, ...others] = DOMAIN_EVENTS;
    await support.try(SUBSCRIBING, () => subscribe(first));
    const subscriptions = support.lacks(SUBSCRIBING) ? [] : others.map(subscribe);
    const pools = (['pool-lifecycle', 'pool-refresh'] as const).map((kind) =>
      events.subscribe(
        kind,
        () => {
          this.#context.onPools();
        },
        options,
      ),
    );
    const backend = events.subscribe(
      'connection-closed',
      () => {
        this.#context.onBackendLost();
      },
      options,
    );
    for (const result of await Promise.allSettled([...subscriptions, ...pools, backend])) {
      if (result.status === 'rejected' && !isRefusal(result.reason)) throw result.reason;
    }
  }

  #take(connection: Connection, event: DomainEvent): void {
    const { onDomainEvent, onXmlStale, onJob, onDefined, onChange } = this.#context;
    const { domain } = event;
    const isWatched = this.#context.domains.isWatched(domain);
    if (isWatched !== true) {
      // Of one whose XML may come to say that it is watched, state and XML are kept up with.
      const mayBe = isWatched === undefined || this.#context.domains.has(domain.uuid);
      if (mayBe && (event.kind === 'lifecycle' || event.kind === 'metadata-change')) {
        onXmlStale(domain.uuid);
        this.#check(connection, domain);
      }
      return;
    }
    onDomainEvent(event);
    const identity = { uuid: domain.uuid, name: domain.name };
    switch (event.kind) {
      case 'lifecycle':
        onXmlStale(domain.uuid);
        onJob(domain.uuid);
        if (event.event === 'stopped') this.#context.domains.toldStopped(domain.uuid);
        if (CHANGES_FLAGS.has(event.event) || event.detail === 'saved') {
          this.#flagsStale.add(domain.uuid);
          this.#askFlagsLater(connection, domain);
          // A list that is under way may be older than what is asked now.
          onDefined();
        }
        onChange({ kind: 'domain.event', domain: identity, event: event.event, detail: event.detail });
        this.#check(connection, domain);
        return;
      case 'migration-iteration':
      case 'job-completed':
        onJob(domain.uuid);
        return;
      case 'balloon-change':
        return;
      case 'io-error-reason':
        onChange({ kind: 'domain.event', domain: identity, event: 'io-error', detail: event.reason });
        this.#check(connection, domain);
        return;
      default:
        onXmlStale(domain.uuid);
        onChange({ kind: 'domain.event', domain: identity, event: event.kind, detail: '' });
        this.#check(connection, domain);
    }
  }

  /** Asks for the domain's state; events that come meanwhile make it ask once more, not once each. */
  #check(connection: Connection, domain: DomainRef): void {
    const checking = this.#checking.get(domain.uuid);
    if (checking !== undefined) {
      // The id in it is the one the domain has now: -1 once it has stopped, a new one when it starts anew.
      checking.next = domain;
      return;
    }
    const run: { next: DomainRef | undefined } = { next: undefined };
    this.#checking.set(domain.uuid, run);
    void this.#askState(connection, domain).finally(() => {
      this.#checking.delete(domain.uuid);
      if (run.next !== undefined) this.#check(connection, run.next);
    });
  }

  #askFlagsLater(connection: Connection, domain: DomainRef): void {
    clearTimeout(this.#settling.get(domain.uuid));
    const timer = setTimeout(() => {
      this.#settling.delete(domain.uuid);
      void this.#askFlags(connection, domain);
    }, FLAGS_SETTLE_MS);
    this.#settling.set(domain.uuid, timer.unref());
  }

  async #askFlags(connection: Connection, domain: DomainRef): Promise<void> {
    const { domains, deadlineMs, onDefined, onTableChange } = this.#context;
    onDefined();
    try {
      domains.learn(domain.uuid, await fetchFlags(connection, domain, { deadlineMs, lane: 'urgent' }));
      onTableChange();
    } catch (error) {
      // The next poll tells; the connection may be gone by now.
      if (!(error instanceof Error)) throw error;
    }
  }

  async #askState(connection: Connection, domain: DomainRef): Promise<void> {
    const { domains, deadlineMs, onTableChange } = this.#context;
    const options: CallOptions = { deadlineMs, lane: 'urgent' };
    // Beside the state, and shown with it: nobody is to see a domain that was saved and has nothing to restore.
    const asksFlags = this.#flagsStale.delete(domain.uuid);
    const flags: Promise<DomainFlags> = asksFlags ? fetchFlags(connection, domain, options) : Promise.resolve({});
    try {
      const [record, known] = await Promise.all([fetchState(connection, domain, options), flags]);
      if (record === null) domains.removeByEvent(domain.uuid);
      else {
        domains.applyEvent(record);
        domains.learn(domain.uuid, known);
      }
      onTableChange();
    } catch (error) {
      // The next poll tells; a domain that answers no GET_STATE is found stuck there.
      if (!(error instanceof Error)) throw error;
    }
  }
}

/** What {@link DomainEvents} tells of events of one kind. */
function toldOf(kind: DomainEvent['kind']): readonly { readonly event: string; readonly detail: string }[] {
  switch (kind) {
    case 'lifecycle':
      return DOMAIN_LIFECYCLE_EVENTS;
    case 'migration-iteration':
    case 'job-completed':
    case 'balloon-change':
      return [];
    case 'io-error-reason':
      return [{ event: 'io-error', detail: '' }];
    default:
      return [{ event: kind, detail: '' }];
  }
}

/** The driver has no such event, or no events at all: the polls alone tell. */
function isRefusal(error: unknown): boolean {
  return isUnsupported(error) || (error instanceof Error && error.name.startsWith('VIR_ERR_'));
}
