// SPDX-License-Identifier: Apache-2.0
// Registering for events: the same for every family, so all five are answered here.

import * as events from '../protocol/events.ts';
import type { HandlerTable } from './handlers.ts';

/** Answers the (de)registration procedures of all families. */
export function serveEvents(table: HandlerTable): void {
  table.on(events.CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY, ({ eventID, dom }, context) => ({
    callbackID: context.register('domain', eventID, dom?.uuid ?? null),
  }));
  table.on(events.CONNECT_NETWORK_EVENT_REGISTER_ANY, ({ eventID, net }, context) => ({
    callbackID: context.register('network', eventID, net?.uuid ?? null),
  }));
  table.on(events.CONNECT_STORAGE_POOL_EVENT_REGISTER_ANY, ({ eventID, pool }, context) => ({
    callbackID: context.register('storage pool', eventID, pool?.uuid ?? null),
  }));
  table.on(events.CONNECT_NODE_DEVICE_EVENT_REGISTER_ANY, ({ eventID, dev }, context) => ({
    callbackID: context.register('node device', eventID, dev?.name ?? null),
  }));
  table.on(events.CONNECT_SECRET_EVENT_REGISTER_ANY, ({ eventID, secret }, context) => ({
    callbackID: context.register('secret', eventID, secret?.uuid ?? null),
  }));
  const deregistrations = [
    [events.CONNECT_DOMAIN_EVENT_CALLBACK_DEREGISTER_ANY, 'domain'],
    [events.CONNECT_NETWORK_EVENT_DEREGISTER_ANY, 'network'],
    [events.CONNECT_STORAGE_POOL_EVENT_DEREGISTER_ANY, 'storage pool'],
    [events.CONNECT_NODE_DEVICE_EVENT_DEREGISTER_ANY, 'node device'],
    [events.CONNECT_SECRET_EVENT_DEREGISTER_ANY, 'secret'],
  ] as const;
  for (const [procedure, family] of deregistrations) {
    table.on(procedure, ({ callbackID }, context) => {
      context.deregister(family, callbackID);
      return {};
    });
  }
}
