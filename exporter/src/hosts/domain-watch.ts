// SPDX-License-Identifier: Apache-2.0
// Who wants to know what happens to one domain. An action's outcome is found so, without a poll of its own.

import type { HostChange } from './changes.ts';

/** Told of each change of the domain, and of the host's own comings and goings, in order. Must not throw. */
export type DomainListener = (change: HostChange) => void;

/** The listeners of one host, by domain. */
export class DomainWatches {
  readonly #listeners = new Map<string, Set<DomainListener>>();

  /** Tells `listener` from now on. Returns how to stop. */
  watch(uuid: string, listener: DomainListener): () => void {
    const listeners = this.#listeners.get(uuid) ?? new Set();
    // Its own function, so that one listener that watches twice is removed once.
    const deliver: DomainListener = (change) => {
      listener(change);
    };
    this.#listeners.set(uuid, listeners.add(deliver));
    return () => {
      listeners.delete(deliver);
      if (listeners.size === 0 && this.#listeners.get(uuid) === listeners) this.#listeners.delete(uuid);
    };
  }

  tell(change: HostChange): void {
    for (const listeners of this.#audience(change)) {
      for (const listener of [...listeners]) listener(change);
    }
  }

  #audience(change: HostChange): Iterable<ReadonlySet<DomainListener>> {
    if ('domain' in change) {
      const listeners = this.#listeners.get(change.domain.uuid);
      return listeners === undefined ? [] : [listeners];
    }
    return change.kind === 'host.up' || change.kind === 'host.lost' ? [...this.#listeners.values()] : [];
  }
}
