// SPDX-License-Identifier: Apache-2.0
// Subscriptions. One registration with the daemon for each kind of event, however many listen: the daemon refuses a
// second one.

import { CONNECT_REGISTER_CLOSE_CALLBACK, CONNECT_UNREGISTER_CLOSE_CALLBACK } from '../protocol/connect.ts';
import {
  CONNECT_DOMAIN_EVENT_CALLBACK_DEREGISTER_ANY,
  CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY,
  CONNECT_NETWORK_EVENT_DEREGISTER_ANY,
  CONNECT_NETWORK_EVENT_REGISTER_ANY,
  CONNECT_NODE_DEVICE_EVENT_DEREGISTER_ANY,
  CONNECT_NODE_DEVICE_EVENT_REGISTER_ANY,
  CONNECT_SECRET_EVENT_DEREGISTER_ANY,
  CONNECT_SECRET_EVENT_REGISTER_ANY,
  CONNECT_STORAGE_POOL_EVENT_DEREGISTER_ANY,
  CONNECT_STORAGE_POOL_EVENT_REGISTER_ANY,
} from '../protocol/events.ts';
import type { CallOptions, RpcClient } from '../rpc/rpc-client.ts';
import { CONNECTION_CALLBACK_ID, EVENT_SOURCES } from './event-kinds.ts';
import type { EventFamily, EventKind, EventSource, LibvirtEvent } from './event-kinds.ts';

/** Ends a subscription: no call of the listener after it returns. The daemon is told in the background. */
export type Unsubscribe = () => void;

/** What happens on the host, as it happens. Nothing is repeated after a reconnect: subscribe first, then list. */
export class EventsApi {
  readonly #rpc: RpcClient;
  readonly #registrations = new Map<EventKind, Registration<EventKind>>();
  /** Kinds whose old registration the daemon is still asked to drop. */
  readonly #ending = new Map<EventKind, Promise<void>>();

  constructor(rpc: RpcClient) {
    this.#rpc = rpc;
  }

  /**
   * Calls `listener` for each event of one kind, about all objects, from now until the returned function is called or
   * the connection ends. Works on read-only connections. Events may come before the promise resolves.
   *
   * Rejects with RemoteError when the daemon or its driver does not know the kind: VIR_ERR_INTERNAL_ERROR from a
   * libvirt that is older than the event, VIR_ERR_NO_SUPPORT from a driver without events of its family.
   */
  async subscribe<K extends EventKind>(
    kind: K,
    listener: (event: LibvirtEvent<K>) => void,
    options?: CallOptions,
  ): Promise<Unsubscribe> {
    // Again after each wait: another subscriber may have begun, and ended, meanwhile.
    for (let ending = this.#ending.get(kind); ending !== undefined; ending = this.#ending.get(kind)) await ending;
    const registration = this.#registrationFor(kind, options);
    // Its own function, so that one listener subscribed twice is called twice and removed once.
    const deliver = (event: LibvirtEvent<K>): void => {
      listener(event);
    };
    registration.listeners.add(deliver);
    const unsubscribe = (): void => {
      if (registration.listeners.delete(deliver) && registration.listeners.size === 0) this.#end(kind, registration);
    };
    try {
      await registration.ready;
    } catch (error) {
      unsubscribe();
      throw error;
    }
    return unsubscribe;
  }

  #registrationFor<K extends EventKind>(kind: K, options: CallOptions | undefined): Registration<K> {
    const existing = this.#registrations.get(kind) as Registration<K> | undefined;
    if (existing !== undefined) return existing;
    const registration = new Registration(this.#rpc, kind, options);
    this.#registrations.set(kind, registration as unknown as Registration<EventKind>);
    return registration;
  }

  #end<K extends EventKind>(kind: K, registration: Registration<K>): void {
    this.#registrations.delete(kind);
    const ended = registration.end().finally(() => {
      this.#ending.delete(kind);
    });
    this.#ending.set(kind, ended);
  }
}

/** Events before the daemon has told the id of their registration; more than these are covered by the first list. */
const EARLY_MAX = 1024;

/** One kind of event as the daemon knows it, and who listens. */
class Registration<K extends EventKind> {
  readonly listeners = new Set<(event: LibvirtEvent<K>) => void>();
  /** Resolves when the daemon sends events of this kind. */
  readonly ready: Promise<void>;
  readonly #rpc: RpcClient;
  readonly #family: EventFamily;
  readonly #stop: () => void;
  readonly #early: { readonly callbackId: number; readonly event: LibvirtEvent<K> }[] = [];
  #callbackId: number | null = null;

  constructor(rpc: RpcClient, kind: K, options: CallOptions | undefined) {
    const source = EVENT_SOURCES[kind] as EventSource<object>;
    this.#rpc = rpc;
    this.#family = source.family;
    this.#stop = source.listen(rpc, (callbackId, said) => {
      this.#receive(callbackId, { kind, ...said } as LibvirtEvent<K>);
    });
    this.ready = this.#register(source.eventId, options);
  }

  /** Tells the daemon to stop. Never rejects: an event that comes all the same reaches nobody. */
  async end(): Promise<void> {
    this.#stop();
    try {
      await this.ready;
      if (this.#callbackId !== null) await FAMILIES[this.#family].deregister(this.#rpc, this.#callbackId);
    } catch {
      // Never registered, or the connection is gone and its registrations with it.
    }
  }

  async #register(eventId: number, options: CallOptions | undefined): Promise<void> {
    this.#callbackId = await FAMILIES[this.#family].register(this.#rpc, eventId, options);
    for (const { callbackId, event } of this.#early.splice(0)) this.#receive(callbackId, event);
  }

  #receive(callbackId: number, event: LibvirtEvent<K>): void {
    if (this.#callbackId === null) {
      if (this.#early.length < EARLY_MAX) this.#early.push({ callbackId, event });
      return;
    }
    // An id that is not ours belongs to a registration that has ended.
    if (callbackId !== this.#callbackId) return;
    for (const listener of [...this.listeners]) {
      try {
        listener(event);
      } catch (error) {
        // The listener's bug: loud, as an uncaught exception, but the other listeners still hear of the event.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

interface Family {
  register(rpc: RpcClient, eventID: number, options: CallOptions | undefined): Promise<number>;
  deregister(rpc: RpcClient, callbackID: number): Promise<unknown>;
}

const FAMILIES: Readonly<Record<EventFamily, Family>> = {
  domain: {
    register: async (rpc, eventID, options) =>
      (await rpc.call(CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY, { eventID, dom: null }, options)).callbackID,
    deregister: (rpc, callbackID) => rpc.call(CONNECT_DOMAIN_EVENT_CALLBACK_DEREGISTER_ANY, { callbackID }),
  },
  network: {
    register: async (rpc, eventID, options) =>
      (await rpc.call(CONNECT_NETWORK_EVENT_REGISTER_ANY, { eventID, net: null }, options)).callbackID,
    deregister: (rpc, callbackID) => rpc.call(CONNECT_NETWORK_EVENT_DEREGISTER_ANY, { callbackID }),
  },
  pool: {
    register: async (rpc, eventID, options) =>
      (await rpc.call(CONNECT_STORAGE_POOL_EVENT_REGISTER_ANY, { eventID, pool: null }, options)).callbackID,
    deregister: (rpc, callbackID) => rpc.call(CONNECT_STORAGE_POOL_EVENT_DEREGISTER_ANY, { callbackID }),
  },
  'node-device': {
    register: async (rpc, eventID, options) =>
      (await rpc.call(CONNECT_NODE_DEVICE_EVENT_REGISTER_ANY, { eventID, dev: null }, options)).callbackID,
    deregister: (rpc, callbackID) => rpc.call(CONNECT_NODE_DEVICE_EVENT_DEREGISTER_ANY, { callbackID }),
  },
  secret: {
    register: async (rpc, eventID, options) =>
      (await rpc.call(CONNECT_SECRET_EVENT_REGISTER_ANY, { eventID, secret: null }, options)).callbackID,
    deregister: (rpc, callbackID) => rpc.call(CONNECT_SECRET_EVENT_DEREGISTER_ANY, { callbackID }),
  },
  connection: {
    register: async (rpc, _eventID, options) => {
      await rpc.call(CONNECT_REGISTER_CLOSE_CALLBACK, {}, options);
      return CONNECTION_CALLBACK_ID;
    },
    deregister: (rpc) => rpc.call(CONNECT_UNREGISTER_CLOSE_CALLBACK, {}),
  },
};
