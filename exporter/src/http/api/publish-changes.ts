// SPDX-License-Identifier: Apache-2.0
// Changes of hosts and tasks as events of the feed. What a snapshot shows as well is told once the snapshot shows it:
// whoever reads a domain because of an event must find there what the event said.

import type { ChangeEvent, Task, TaskEvent } from '../../contract/api.ts';
import type { HostChange } from '../../hosts/changes.ts';
import { adviceFor } from '../advice.ts';
import type { EventFeed } from './event-feed.ts';
import { given, instantOf } from './host-views.ts';

/** Publishes what happens at one host. */
export class HostChangePublisher {
  readonly #feed: EventFeed;
  readonly #host: string;
  #waiting: ChangeEvent[] = [];

  constructor(feed: EventFeed, host: string) {
    this.#feed = feed;
    this.#host = host;
  }

  /** Something happened; told now, or when the next snapshot is there. */
  change(change: HostChange): void {
    const event = viewChange(this.#host, change);
    switch (change.kind) {
      case 'domain.event':
      case 'poll.failed':
      case 'poll.recovered':
        publishChange(this.#feed, event);
        return;
      default:
        this.#waiting.push(event);
    }
  }

  /** A new snapshot is there. */
  snapshot(): void {
    const events = this.#waiting;
    this.#waiting = [];
    for (const event of events) publishChange(this.#feed, event);
  }
}

/** Publishes a task that is new or moved on. */
export function publishTask(feed: EventFeed, task: Task): void {
  const { host, uuid, domain: name } = task;
  const event: TaskEvent = { type: 'task', at: instantOf(Date.now()), host, domain: { uuid, name }, task };
  feed.publish({ type: event.type, host, domainName: name, data: JSON.stringify(event) });
}

function publishChange(feed: EventFeed, event: ChangeEvent): void {
  feed.publish({
    type: event.type,
    host: event.host,
    ...('domain' in event ? { domainName: event.domain.name } : {}),
    data: JSON.stringify(event),
  });
}

function viewChange(host: string, change: HostChange): ChangeEvent {
  const fields = { at: instantOf(Date.now()), host };
  switch (change.kind) {
    case 'host.up':
      return { type: change.kind, ...fields, driver: change.driver, libvirtVersion: change.libvirtVersion };
    case 'host.lost':
      return { type: change.kind, ...fields, error: errorOf(change), retryInMs: change.retryInMs };
    case 'domain.added':
      return { type: change.kind, ...fields, domain: domainOf(change), state: change.state };
    case 'domain.removed':
      return { type: change.kind, ...fields, domain: domainOf(change) };
    case 'domain.state': {
      const { kind: type, from, to, reason } = change;
      return { type, ...fields, domain: domainOf(change), from, to, reason };
    }
    case 'domain.stuck': {
      const { controlState } = change.trouble;
      return { type: change.kind, ...fields, domain: domainOf(change), ...given('controlState', controlState) };
    }
    case 'domain.recovered':
      return { type: change.kind, ...fields, domain: domainOf(change), stuckMs: change.stuckMs };
    case 'domain.event':
      return { type: change.kind, ...fields, domain: domainOf(change), event: change.event, detail: change.detail };
    case 'poll.failed':
      // libvirt's own words may name a domain that not every reader may know of; the log has them.
      return { type: change.kind, ...fields, group: change.group, error: adviceOn(change.error.code) };
    case 'poll.recovered':
      return { type: change.kind, ...fields, group: change.group };
  }
}

function domainOf({ domain: { uuid, name } }: Extract<HostChange, { readonly domain: unknown }>): {
  uuid: string;
  name: string;
} {
  return { uuid, name };
}

function adviceOn(code: string): { code: string; message: string } {
  return { code, message: adviceFor(code) };
}

function errorOf({ error: { code, message } }: Extract<HostChange, { readonly error: unknown }>): {
  code: string;
  message: string;
} {
  return { code, message };
}
