// SPDX-License-Identifier: Apache-2.0
// What goes on record of actions: one event per step, each complete in itself, so that one line of the log says who did
// what to which domain and how it went.

import type { ActionId } from '../contract/actions.ts';
import type { Actor, Task, TaskState } from '../contract/tasks.ts';

/**
 * What can be on record. `requested` comes first, then `refused`, or `repeated` for what was accepted before with the
 * same Idempotency-Key, or `accepted` and all the rest.
 */
export const AUDIT_EVENTS = [
  'action.requested',
  'action.refused',
  'action.repeated',
  'action.accepted',
  'action.started',
  'action.step',
  'action.succeeded',
  'action.failed',
  'action.timed_out',
  'action.cancelled',
  'action.unknown',
  'action.observed',
] as const;
/** One of {@link AUDIT_EVENTS}. */
export type AuditEventName = (typeof AUDIT_EVENTS)[number];

/** One line of the record. */
export interface AuditEvent {
  readonly event: AuditEventName;
  /** Absent for what never became a task. */
  readonly task?: string;
  readonly bulk?: string;
  readonly tokenName: string;
  readonly user?: string;
  readonly address: string;
  readonly host: string;
  /** The name; absent when there is no such domain. */
  readonly domain?: string;
  readonly uuid: string;
  readonly action: ActionId;
  readonly reason?: string;
  /** Of a refusal or failure: the problem's code. */
  readonly code?: string;
  /** libvirt's name of the error, where one was the cause. */
  readonly libvirtError?: string;
  /** Of a step, a refusal, a failure. */
  readonly detail?: string;
  /** Of an end: false when the domain already was as asked. */
  readonly changed?: boolean;
  /** Of an end: since the acceptance. */
  readonly durationMs?: number;
}

/** Where the record goes. Must not throw. */
export type AuditLog = (event: AuditEvent) => void;

/** Who and what, before there is a task. */
export interface AuditSubject {
  readonly host: string;
  readonly uuid: string;
  readonly action: ActionId;
  readonly actor: Actor;
  readonly reason?: string;
  readonly bulkId?: string;
}

/** What an event says besides who and what. */
export type AuditDetails = Pick<AuditEvent, 'domain' | 'task' | 'code' | 'libvirtError' | 'detail'>;

/** An event about a request that is no task yet, or never becomes one. */
export function requestEvent(event: AuditEventName, subject: AuditSubject, details: AuditDetails = {}): AuditEvent {
  const { host, uuid, action, actor, reason, bulkId } = subject;
  return {
    event,
    ...(bulkId === undefined ? {} : { bulk: bulkId }),
    tokenName: actor.token,
    ...(actor.user === undefined ? {} : { user: actor.user }),
    address: actor.address,
    host,
    uuid,
    action,
    ...(reason === undefined ? {} : { reason }),
    ...details,
  };
}

const END_EVENTS: Readonly<Partial<Record<TaskState, AuditEventName>>> = {
  succeeded: 'action.succeeded',
  failed: 'action.failed',
  timed_out: 'action.timed_out',
  cancelled: 'action.cancelled',
  unknown: 'action.unknown',
};

/** An event about a task. */
export function taskEvent(event: AuditEventName, task: Task, details: AuditDetails = {}): AuditEvent {
  const { id, host, uuid, action, actor, reason, bulkId, domain } = task;
  return requestEvent(
    event,
    {
      host,
      uuid,
      action,
      actor,
      ...(reason === undefined ? {} : { reason }),
      ...(bulkId === undefined ? {} : { bulkId }),
    },
    { domain, task: id, ...details },
  );
}

/** The event of a task that is over. */
export function endEvent(task: Task, libvirtError: string | undefined): AuditEvent {
  const { state, error, changed, acceptedAt, endedAt } = task;
  return {
    ...taskEvent(END_EVENTS[state] ?? 'action.unknown', task, {
      ...(error === undefined ? {} : { code: error.code, detail: error.message }),
      ...(libvirtError === undefined ? {} : { libvirtError }),
    }),
    ...(changed === undefined ? {} : { changed }),
    ...(endedAt === undefined ? {} : { durationMs: Date.parse(endedAt) - Date.parse(acceptedAt) }),
  };
}
