// SPDX-License-Identifier: Apache-2.0
// One task while it lives. Every change makes a new immutable Task and is told, so nobody sees half of one.

import { randomUUID } from 'node:crypto';
import { isFinal } from '../contract/tasks.ts';
import type { Task } from '../contract/tasks.ts';
import { stepLine, wordsOfStep } from '../contract/task-steps.ts';
import type { TaskStepCode } from '../contract/task-steps.ts';
import type { ActionError } from './action-error.ts';
import { endEvent, taskEvent } from './audit.ts';
import type { AuditDetails, AuditEvent, AuditEventName } from './audit.ts';
import type { Reading } from './read-domain.ts';

/** What a task begins with. */
export type NewTask = Pick<Task, 'host' | 'uuid' | 'domain' | 'action' | 'options' | 'actor'> &
  Partial<Pick<Task, 'reason' | 'bulkId'>>;

/** What a record needs. */
export interface RecordContext {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly audit: (event: AuditEvent) => void;
  readonly onChange: (task: Task) => void;
}

/** How a task ended. */
export type TaskEnd =
  | { readonly state: 'succeeded'; readonly changed: boolean; readonly seen: Reading | null }
  | { readonly state: 'timed_out' | 'failed' | 'unknown'; readonly error: ActionError; readonly seen?: Reading | null }
  | { readonly state: 'cancelled'; readonly error: ActionError };

/** A task that changes. */
export class TaskRecord {
  readonly #context: RecordContext;
  #task: Task;
  #libvirtError: string | undefined;

  constructor(task: NewTask, deadlineMs: number, context: RecordContext) {
    this.#context = context;
    const acceptedAt = context.now();
    this.#task = {
      ...task,
      id: randomUUID(),
      state: 'accepted',
      acceptedAt: instant(acceptedAt),
      deadline: instant(acceptedAt + deadlineMs),
      steps: [],
    };
    this.#log('action.accepted');
    context.onChange(this.#task);
  }

  /** As it is now. */
  get task(): Task {
    return this.#task;
  }

  /** Its turn has come. */
  start(deadlineMs: number): void {
    const at = this.#context.now();
    this.#set({ state: 'running', startedAt: instant(at), deadline: instant(at + deadlineMs) });
    this.#log('action.started');
  }

  /** Something was done or seen on the way; `names`: names, ids or an error of this one. */
  step(code: TaskStepCode, names?: string): void {
    const words = wordsOfStep(code, names);
    const step = { at: instant(this.#context.now()), code, ...words };
    this.#set({ steps: [...this.#task.steps, step] });
    this.#log('action.step', { detail: stepLine(words) });
  }

  /** Ends it, once: a second end changes nothing. */
  end(end: TaskEnd): void {
    if (isFinal(this.#task.state)) return;
    const seen = 'seen' in end ? end.seen : undefined;
    this.#libvirtError = 'error' in end && end.error.cause instanceof Error ? end.error.cause.name : undefined;
    this.#set({
      state: end.state,
      endedAt: instant(this.#context.now()),
      ...('changed' in end ? { changed: end.changed } : {}),
      ...('error' in end ? { error: errorOf(end.error) } : {}),
      ...(seen === undefined ? {} : { result: seenState(seen) }),
    });
    this.#context.audit(endEvent(this.#task, this.#libvirtError));
  }

  /** What the domain was seen to be after the task had ended without an answer. */
  observe(seen: Reading | null, goalReached?: boolean): void {
    const { state, reason } = seenState(seen);
    const at = instant(this.#context.now());
    this.#set({ observed: { at, state, reason, ...(goalReached === undefined ? {} : { goalReached }) } });
    const detail = `${state} (${reason})${goalReached === true ? ': as the action asked' : ''}`;
    this.#log('action.observed', { detail });
  }

  #set(part: Partial<Task>): void {
    this.#task = { ...this.#task, ...part };
    this.#context.onChange(this.#task);
  }

  #log(event: AuditEventName, details?: AuditDetails): void {
    this.#context.audit(taskEvent(event, this.#task, details));
  }
}

function errorOf({ code, message, reasonCode }: ActionError): NonNullable<Task['error']> {
  return { code, message, ...(reasonCode === undefined ? {} : { reasonCode }) };
}

function seenState(seen: Reading | null): { state: string; reason: string } {
  return seen === null ? { state: 'gone', reason: 'stopped' } : { state: seen.state, reason: seen.reason };
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
