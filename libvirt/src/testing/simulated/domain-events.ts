// SPDX-License-Identifier: Apache-2.0
// Events of simulated hosts: libvirt's numbers for what happened, and the message that says it. The domain's id in a
// message is already the new one.

import * as events from '../../protocol/events.ts';
import type { TypedParam } from '../../protocol/typed-params.ts';
import { hostEvent } from '../events.ts';
import type { HostEvent } from '../events.ts';
import type { SimulatedDomain } from './domain.ts';
import type { PoolSpec } from './spec.ts';

/** virDomainEventID */
const EVENT_ID = {
  LIFECYCLE: 0,
  REBOOT: 1,
  IO_ERROR: 4,
  IO_ERROR_REASON: 6,
  PMWAKEUP: 11,
  MIGRATION_ITERATION: 20,
  JOB_COMPLETED: 21,
} as const;

/** virDomainEventType */
const LIFECYCLE = {
  DEFINED: 0,
  UNDEFINED: 1,
  STARTED: 2,
  SUSPENDED: 3,
  RESUMED: 4,
  STOPPED: 5,
  SHUTDOWN: 6,
  CRASHED: 8,
} as const;

/** virDomainEvent*DetailType, those that happen here. */
export const STARTED = { BOOTED: 0, RESTORED: 2, WAKEUP: 4 } as const;
export const SUSPENDED = { PAUSED: 0, IOERROR: 2 } as const;
export const RESUMED = { UNPAUSED: 0, FROM_SNAPSHOT: 2 } as const;
export const STOPPED = { SHUTDOWN: 0, DESTROYED: 1, SAVED: 4, FAILED: 5 } as const;
export const SHUTDOWN = { GUEST: 1, HOST: 2 } as const;
/** virStoragePoolEventLifecycleType */
export const POOL = { STARTED: 2, STOPPED: 3 } as const;

function lifecycle(domain: SimulatedDomain, event: number, detail: number): HostEvent {
  const dom = domain.ref;
  return hostEvent('domain', EVENT_ID.LIFECYCLE, dom.uuid, events.DOMAIN_EVENT_CALLBACK_LIFECYCLE, (callbackID) => ({
    callbackID,
    dom,
    event,
    detail,
  }));
}

export function defined(domain: SimulatedDomain): HostEvent {
  return lifecycle(domain, LIFECYCLE.DEFINED, 0);
}
export function removed(domain: SimulatedDomain): HostEvent {
  return lifecycle(domain, LIFECYCLE.UNDEFINED, 0);
}
export function started(domain: SimulatedDomain, detail: number): HostEvent {
  return lifecycle(domain, LIFECYCLE.STARTED, detail);
}
export function suspended(domain: SimulatedDomain, detail: number): HostEvent {
  return lifecycle(domain, LIFECYCLE.SUSPENDED, detail);
}
export function resumed(domain: SimulatedDomain, detail: number): HostEvent {
  return lifecycle(domain, LIFECYCLE.RESUMED, detail);
}
export function stopped(domain: SimulatedDomain, detail: number): HostEvent {
  return lifecycle(domain, LIFECYCLE.STOPPED, detail);
}
export function shutdown(domain: SimulatedDomain, detail: number): HostEvent {
  return lifecycle(domain, LIFECYCLE.SHUTDOWN, detail);
}
export function panicked(domain: SimulatedDomain): HostEvent {
  return lifecycle(domain, LIFECYCLE.CRASHED, 0);
}

export function rebooted(domain: SimulatedDomain): HostEvent {
  const dom = domain.ref;
  return hostEvent('domain', EVENT_ID.REBOOT, dom.uuid, events.DOMAIN_EVENT_CALLBACK_REBOOT, (callbackID) => ({
    callbackID,
    dom,
  }));
}

/** libvirt wakes a domain with an event of its own, and then says that it started. */
export function wokeUp(domain: SimulatedDomain): readonly HostEvent[] {
  const dom = domain.ref;
  const woke = hostEvent(
    'domain',
    EVENT_ID.PMWAKEUP,
    dom.uuid,
    events.DOMAIN_EVENT_CALLBACK_PMWAKEUP,
    (callbackID) => ({ callbackID, reason: 0, dom }),
  );
  return [woke, started(domain, STARTED.WAKEUP)];
}

/** The same error twice, without and with its reason: libvirt sends both. */
export function ioError(domain: SimulatedDomain): readonly HostEvent[] {
  const dom = domain.ref;
  const error = { dom, srcPath: domain.spec.disks[0]?.path ?? '', devAlias: 'virtio-disk0', action: 1 };
  return [
    hostEvent('domain', EVENT_ID.IO_ERROR, dom.uuid, events.DOMAIN_EVENT_CALLBACK_IO_ERROR, (callbackID) => ({
      callbackID,
      ...error,
    })),
    hostEvent(
      'domain',
      EVENT_ID.IO_ERROR_REASON,
      dom.uuid,
      events.DOMAIN_EVENT_CALLBACK_IO_ERROR_REASON,
      (callbackID) => ({ callbackID, ...error, reason: 'enospc' }),
    ),
  ];
}

export function migrationIteration(domain: SimulatedDomain, iteration: number): HostEvent {
  const dom = domain.ref;
  return hostEvent(
    'domain',
    EVENT_ID.MIGRATION_ITERATION,
    dom.uuid,
    events.DOMAIN_EVENT_CALLBACK_MIGRATION_ITERATION,
    (callbackID) => ({ callbackID, dom, iteration }),
  );
}

export function jobCompleted(domain: SimulatedDomain, params: readonly TypedParam[]): HostEvent {
  const dom = domain.ref;
  return hostEvent(
    'domain',
    EVENT_ID.JOB_COMPLETED,
    dom.uuid,
    events.DOMAIN_EVENT_CALLBACK_JOB_COMPLETED,
    (callbackID) => ({ callbackID, dom, params }),
  );
}

export function poolChanged({ name, uuid }: PoolSpec, event: number): HostEvent {
  return hostEvent('storage pool', 0, uuid, events.STORAGE_POOL_EVENT_LIFECYCLE, (callbackID) => ({
    callbackID,
    pool: { name, uuid },
    event,
    detail: 0,
  }));
}
