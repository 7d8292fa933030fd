// SPDX-License-Identifier: Apache-2.0
// What can happen: one entry an event, with the family and number it is registered under, the message it comes in, and
// what becomes of the message. The types of the events follow from the entries.

import * as labels from '../protocol/event-enums.ts';
import * as wire from '../protocol/events.ts';
import type { EventMessage } from '../protocol/procedure.ts';
import { typedParamMap } from '../protocol/typed-params.ts';
import type { DomainRef } from '../protocol/types.ts';
import type { RpcClient } from '../rpc/rpc-client.ts';
import { jobResult } from './jobs.ts';
import { kibToBytes, toNumber } from './units.ts';

/** Whose ids a registration's id belongs to: each family counts from 0. */
export type EventFamily = 'domain' | 'network' | 'pool' | 'node-device' | 'secret' | 'connection';

/** How one kind of event is registered for and read. */
export interface EventSource<E> {
  readonly family: EventFamily;
  readonly eventId: number;
  /** Calls back with the id of the registration a message belongs to, and what it says. Returns how to stop. */
  readonly listen: (rpc: RpcClient, onEvent: (callbackId: number, event: E) => void) => () => void;
}

function source<P extends { readonly callbackID: number }, E>(
  family: EventFamily,
  eventId: number,
  message: EventMessage<P>,
  read: (payload: P) => E,
): EventSource<E> {
  return {
    family,
    eventId,
    listen: (rpc, onEvent) =>
      rpc.onEvent(message, (payload) => {
        onEvent(payload.callbackID, read(payload));
      }),
  };
}

/** An event about a domain: what it says beside which domain. */
function ofDomain<P extends { readonly callbackID: number; readonly dom: DomainRef }, E extends object>(
  eventId: number,
  message: EventMessage<P>,
  read: (payload: P) => E,
): EventSource<{ readonly domain: DomainRef } & Readonly<E>> {
  return source('domain', eventId, message, (payload) => ({ domain: payload.dom, ...read(payload) }));
}

/** The id of the one registration that has none on the wire. */
export const CONNECTION_CALLBACK_ID = 0;

const nothing = () => ({});

/** Every event, by the name {@link import('./events.ts').EventsApi.subscribe} takes. */
export const EVENT_SOURCES = {
  lifecycle: ofDomain(0, wire.DOMAIN_EVENT_CALLBACK_LIFECYCLE, (m) => {
    const event = labels.domainEvent(m.event);
    return { event, detail: labels.domainEventDetail(event, m.detail) };
  }),
  reboot: ofDomain(1, wire.DOMAIN_EVENT_CALLBACK_REBOOT, nothing),
  'rtc-change': ofDomain(2, wire.DOMAIN_EVENT_CALLBACK_RTC_CHANGE, (m) => ({ offsetSeconds: toNumber(m.offset) })),
  watchdog: ofDomain(3, wire.DOMAIN_EVENT_CALLBACK_WATCHDOG, (m) => ({ action: labels.watchdogAction(m.action) })),
  'io-error': ofDomain(4, wire.DOMAIN_EVENT_CALLBACK_IO_ERROR, (m) => ({
    path: m.srcPath,
    device: m.devAlias,
    action: labels.ioErrorAction(m.action),
  })),
  graphics: ofDomain(5, wire.DOMAIN_EVENT_CALLBACK_GRAPHICS, (m) => ({
    phase: labels.graphicsPhase(m.phase),
    local: { ...m.local, family: labels.graphicsAddressFamily(m.local.family) },
    remote: { ...m.remote, family: labels.graphicsAddressFamily(m.remote.family) },
    authScheme: m.authScheme,
    subject: m.subject,
  })),
  /** `reason` is '' when the hypervisor gives none, or 'enospc', 'eio', ... */
  'io-error-reason': ofDomain(6, wire.DOMAIN_EVENT_CALLBACK_IO_ERROR_REASON, (m) => ({
    path: m.srcPath,
    device: m.devAlias,
    action: labels.ioErrorAction(m.action),
    reason: m.reason,
  })),
  /** The daemon has lost its line to the emulator; also on some ordinary stops. */
  'control-error': ofDomain(7, wire.DOMAIN_EVENT_CALLBACK_CONTROL_ERROR, nothing),
  'block-job': ofDomain(8, wire.DOMAIN_EVENT_CALLBACK_BLOCK_JOB, (m) => ({
    path: m.path,
    type: labels.blockJobType(m.type),
    status: labels.blockJobStatus(m.status),
  })),
  'disk-change': ofDomain(9, wire.DOMAIN_EVENT_CALLBACK_DISK_CHANGE, (m) => ({
    oldPath: m.oldSrcPath,
    newPath: m.newSrcPath,
    device: m.devAlias,
    reason: labels.diskChangeReason(m.reason),
  })),
  'tray-change': ofDomain(10, wire.DOMAIN_EVENT_CALLBACK_TRAY_CHANGE, (m) => ({
    device: m.devAlias,
    reason: labels.trayChangeReason(m.reason),
  })),
  'pm-wakeup': ofDomain(11, wire.DOMAIN_EVENT_CALLBACK_PMWAKEUP, nothing),
  'pm-suspend': ofDomain(12, wire.DOMAIN_EVENT_CALLBACK_PMSUSPEND, nothing),
  'balloon-change': ofDomain(13, wire.DOMAIN_EVENT_CALLBACK_BALLOON_CHANGE, (m) => ({
    actualBytes: kibToBytes(m.actual),
  })),
  'pm-suspend-disk': ofDomain(14, wire.DOMAIN_EVENT_CALLBACK_PMSUSPEND_DISK, nothing),
  'device-removed': ofDomain(15, wire.DOMAIN_EVENT_CALLBACK_DEVICE_REMOVED, (m) => ({ device: m.devAlias })),
  /** 'block-job' under the disk's target ('vda') in place of a path. */
  'block-job-2': ofDomain(16, wire.DOMAIN_EVENT_BLOCK_JOB_2, (m) => ({
    target: m.dst,
    type: labels.blockJobType(m.type),
    status: labels.blockJobStatus(m.status),
  })),
  tunable: ofDomain(17, wire.DOMAIN_EVENT_CALLBACK_TUNABLE, (m) => ({ params: typedParamMap(m.params) })),
  'agent-lifecycle': ofDomain(18, wire.DOMAIN_EVENT_CALLBACK_AGENT_LIFECYCLE, (m) => ({
    state: labels.agentState(m.state),
    reason: labels.agentReason(m.reason),
  })),
  'device-added': ofDomain(19, wire.DOMAIN_EVENT_CALLBACK_DEVICE_ADDED, (m) => ({ device: m.devAlias })),
  'migration-iteration': ofDomain(20, wire.DOMAIN_EVENT_CALLBACK_MIGRATION_ITERATION, (m) => ({
    iteration: m.iteration,
  })),
  'job-completed': ofDomain(21, wire.DOMAIN_EVENT_CALLBACK_JOB_COMPLETED, (m) => jobResult(typedParamMap(m.params))),
  'device-removal-failed': ofDomain(22, wire.DOMAIN_EVENT_CALLBACK_DEVICE_REMOVAL_FAILED, (m) => ({
    device: m.devAlias,
  })),
  'metadata-change': ofDomain(23, wire.DOMAIN_EVENT_CALLBACK_METADATA_CHANGE, (m) => ({
    type: labels.metadataType(m.type),
    namespace: m.nsuri,
  })),
  'block-threshold': ofDomain(24, wire.DOMAIN_EVENT_BLOCK_THRESHOLD, (m) => ({
    device: m.dev,
    path: m.path,
    thresholdBytes: toNumber(m.threshold),
    excessBytes: toNumber(m.excess),
  })),
  'memory-failure': ofDomain(25, wire.DOMAIN_EVENT_MEMORY_FAILURE, (m) => ({
    recipient: labels.memoryFailureRecipient(m.recipient),
    action: labels.memoryFailureAction(m.action),
    actionRequired: (m.flags & 1) !== 0,
    recursive: (m.flags & 2) !== 0,
  })),
  'memory-device-size-change': ofDomain(26, wire.DOMAIN_EVENT_MEMORY_DEVICE_SIZE_CHANGE, (m) => ({
    device: m.alias,
    sizeBytes: toNumber(m.size),
  })),
  /** libvirt 11.2.0 */
  'nic-mac-change': ofDomain(27, wire.DOMAIN_EVENT_NIC_MAC_CHANGE, (m) => ({
    device: m.alias,
    oldMac: m.oldMAC,
    newMac: m.newMAC,
  })),

  'network-lifecycle': source('network', 0, wire.NETWORK_EVENT_LIFECYCLE, (m) => ({
    network: m.net,
    event: labels.networkEvent(m.event),
  })),
  /** libvirt 9.8.0 */
  'network-metadata-change': source('network', 1, wire.NETWORK_EVENT_CALLBACK_METADATA_CHANGE, (m) => ({
    network: m.net,
    type: labels.metadataType(m.type),
    namespace: m.nsuri,
  })),
  'pool-lifecycle': source('pool', 0, wire.STORAGE_POOL_EVENT_LIFECYCLE, (m) => ({
    pool: m.pool,
    event: labels.storagePoolEvent(m.event),
  })),
  'pool-refresh': source('pool', 1, wire.STORAGE_POOL_EVENT_REFRESH, (m) => ({ pool: m.pool })),
  'node-device-lifecycle': source('node-device', 0, wire.NODE_DEVICE_EVENT_LIFECYCLE, (m) => ({
    device: m.dev,
    event: labels.nodeDeviceEvent(m.event),
  })),
  'node-device-update': source('node-device', 1, wire.NODE_DEVICE_EVENT_UPDATE, (m) => ({
    device: m.dev,
  })),
  'secret-lifecycle': source('secret', 0, wire.SECRET_EVENT_LIFECYCLE, (m) => ({
    secret: m.secret,
    event: labels.secretEvent(m.event),
  })),
  'secret-value-changed': source('secret', 1, wire.SECRET_EVENT_VALUE_CHANGED, (m) => ({
    secret: m.secret,
  })),
  /** The daemon that forwarded our calls has lost the one that did the work: nothing will succeed any more. */
  'connection-closed': {
    family: 'connection',
    eventId: 0,
    listen: (rpc, onEvent) =>
      rpc.onEvent(wire.CONNECT_EVENT_CONNECTION_CLOSED, (payload) => {
        onEvent(CONNECTION_CALLBACK_ID, { reason: labels.closeReason(payload.reason) });
      }),
  } satisfies EventSource<{ reason: ReturnType<typeof labels.closeReason> }>,
} as const;

/** The name of an event. */
export type EventKind = keyof typeof EVENT_SOURCES;

type Said<S> = S extends EventSource<infer E> ? E : never;

/** An event of the kind `K`; of any kind when left out, to be told apart by `kind`. */
export type LibvirtEvent<K extends EventKind = EventKind> = {
  [E in K]: { readonly kind: E } & Readonly<Said<(typeof EVENT_SOURCES)[E]>>;
}[K];

/** Every kind of event. */
export const EVENT_KINDS = Object.keys(EVENT_SOURCES) as readonly EventKind[];
