// SPDX-License-Identifier: Apache-2.0
// Every task that lives, and the newest of those that are over.

import { isFinal } from '../contract/tasks.ts';
import type { Task } from '../contract/tasks.ts';
import type { TaskRecord } from './task-record.ts';

const FINISHED_MAX = 1000;

/** Tasks by id, in the order of their acceptance. */
export class TaskHistory {
  readonly #records = new Map<string, TaskRecord>();

  add(record: TaskRecord): void {
    this.#records.set(record.task.id, record);
    this.#forgetOld();
  }

  get(id: string): Task | undefined {
    return this.#records.get(id)?.task;
  }

  /** Newest first. */
  all(): readonly Task[] {
    return [...this.#records.values()].map(({ task }) => task).reverse();
  }

  #forgetOld(): void {
    const finished = [...this.#records.values()].filter(({ task }) => isFinal(task.state));
    for (const { task } of finished.slice(0, Math.max(0, finished.length - FINISHED_MAX)))
      this.#records.delete(task.id);
  }
}
