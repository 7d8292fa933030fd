// SPDX-License-Identifier: Apache-2.0
// Registrations for events, and who gets which. Ids count per family of objects from 0, so they collide between
// families; they go on counting over connections, as the drivers of libvirtd 9.0.0 do (captured 24 November 2026).

import type { EventMessage } from '../protocol/procedure.ts';
import type { XdrWriter } from '../xdr/writer.ts';
import { ERROR_FROM, daemonError } from './daemon-error.ts';

/** The families of objects that have events, under the names libvirt's messages call them. */
export const EVENT_FAMILIES = ['domain', 'network', 'storage pool', 'node device', 'secret'] as const;
/** One of {@link EVENT_FAMILIES}. */
export type EventFamily = (typeof EVENT_FAMILIES)[number];

/** How many events each family has in libvirt 9.0.0: ids 0 to one less. */
const EVENT_COUNT = { domain: 27, network: 1, 'storage pool': 2, 'node device': 2, secret: 2 } as const;

/** Something that happened, before it is known who asked for it. */
export interface HostEvent {
  readonly family: EventFamily;
  /** virDomainEventID and its cousins. */
  readonly eventId: number;
  /** What registrations filter by: a UUID, for node devices a name. */
  readonly object: string;
  /** The message's number. */
  readonly procedure: number;
  readonly write: (writer: XdrWriter, callbackId: number) => void;
}

/** Makes a {@link HostEvent} whose payload is built for each registration, as its callback id is part of it. */
export function hostEvent<P>(
  family: EventFamily,
  eventId: number,
  object: string,
  message: EventMessage<P>,
  payload: (callbackID: number) => P,
): HostEvent {
  return {
    family,
    eventId,
    object,
    procedure: message.number,
    write: (writer, callbackId) => {
      message.payload.write(writer, payload(callbackId));
    },
  };
}

/** Hands out callback ids; one for all connections of a daemon. */
export class CallbackIds {
  readonly #next = new Map<EventFamily, number>();

  take(family: EventFamily): number {
    const id = this.#next.get(family) ?? 0;
    this.#next.set(family, id + 1);
    return id;
  }
}

interface Registration {
  readonly family: EventFamily;
  readonly eventId: number;
  /** `null` is every object. */
  readonly object: string | null;
  readonly callbackId: number;
}

/** What one connection has asked to be told. */
export class Registrations {
  readonly #ids: CallbackIds;
  #registrations: readonly Registration[] = [];

  constructor(ids: CallbackIds) {
    this.#ids = ids;
  }

  /** @throws DaemonError for an event libvirt 9.0.0 lacks, or one asked for twice */
  register(family: EventFamily, eventId: number, object: string | null): number {
    if (eventId < 0 || eventId >= EVENT_COUNT[family]) {
      throw daemonError('INTERNAL_ERROR', ERROR_FROM.RPC, `unsupported event ID ${String(eventId)}`);
    }
    const twin = this.#registrations.some((r) => r.family === family && r.eventId === eventId && r.object === object);
    if (twin) throw daemonError('INVALID_ARG', ERROR_FROM.NONE, 'event callback already tracked');
    const callbackId = this.#ids.take(family);
    this.#registrations = [...this.#registrations, { family, eventId, object, callbackId }];
    return callbackId;
  }

  /** @throws DaemonError for an id this connection does not have */
  deregister(family: EventFamily, callbackId: number): void {
    const rest = this.#registrations.filter((r) => r.family !== family || r.callbackId !== callbackId);
    if (rest.length === this.#registrations.length) {
      const which = `${family} event callback ${String(callbackId)} not registered`;
      throw daemonError('INTERNAL_ERROR', ERROR_FROM.RPC, which);
    }
    this.#registrations = rest;
  }

  /** The callback ids an event goes to. */
  matching(event: HostEvent): readonly number[] {
    return this.#registrations
      .filter((r) => r.family === event.family && r.eventId === event.eventId)
      .filter((r) => r.object === null || r.object === event.object)
      .map((r) => r.callbackId);
  }
}
