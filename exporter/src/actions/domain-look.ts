// SPDX-License-Identifier: Apache-2.0
// Looks at the domain of one action: before, while and after it is carried out.

import { AbortError, RemoteError, TimeoutError } from '@vireo/libvirt';
import type { ControlLane } from '../hosts/action-connection.ts';
import type { Task } from '../contract/tasks.ts';
import type { ActionHost } from './action-host.ts';
import { readDomain } from './read-domain.ts';
import type { Reading } from './read-domain.ts';

/** Reading a domain takes no lock; a daemon that needs longer is in trouble. */
const READ_MS = 5000;

/** Asks libvirt about one domain, as far as one action is concerned. */
export class DomainLook {
  readonly #host: ActionHost;
  readonly #task: Pick<Task, 'uuid' | 'action'>;
  readonly #lane: ControlLane;

  constructor(host: ActionHost, task: Pick<Task, 'uuid' | 'action'>, lane: ControlLane) {
    this.#host = host;
    this.#task = task;
    this.#lane = lane;
  }

  /** The domain as it is; null when it is gone. Rejects when the daemon does not say. */
  async read(deadlineMs = READ_MS): Promise<Reading | null> {
    const { uuid, action } = this.#task;
    return await this.#host.withControl(
      (connection) => readDomain(connection, uuid, action, { deadlineMs }),
      this.#lane,
    );
  }

  /** Like {@link read}; undefined when the daemon does not say. */
  async look(deadlineMs = READ_MS): Promise<Reading | null | undefined> {
    try {
      return await this.read(deadlineMs);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return undefined;
    }
  }

  /** How much memory it may have; undefined where libvirt does not say. */
  async memoryBytes({ ref }: Reading): Promise<number | undefined> {
    try {
      const info = await this.#host.withControl((connection) => connection.domains.info(ref, { deadlineMs: READ_MS }));
      return info.maxMemoryBytes;
    } catch (error) {
      if (error instanceof AbortError || error instanceof RemoteError || error instanceof TimeoutError)
        return undefined;
      throw error;
    }
  }

  /** What libvirt says of the hypervisor process; '' where it says nothing, or nothing is wrong. */
  async monitorText({ ref }: Reading): Promise<string> {
    try {
      const { state, stateTimeMs } = await this.#host.withControl(
        (connection) => connection.domains.controlInfo(ref, { deadlineMs: READ_MS, lane: 'urgent' }),
        'urgent',
      );
      return state === 'ok' ? '' : `its monitor is ${state} for ${String(Math.round(stateTimeMs / 1000))} s`;
    } catch {
      return '';
    }
  }
}
