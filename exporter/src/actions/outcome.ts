// SPDX-License-Identifier: Apache-2.0
// Waits for what happens to a domain while an action is under way. It only says "look again", and which reboots there
// were: what the domain is now is read from libvirt.

import type { HostChange } from '../hosts/changes.ts';
import type { ActionHost } from './action-host.ts';

/** Watches one domain until {@link end}. */
export class OutcomeWatch {
  readonly #stop: () => void;
  #news = false;
  #wake: (() => void) | undefined;
  #lastRebootAt: number | undefined;
  #hostLost: string | undefined;

  constructor(host: ActionHost, uuid: string) {
    this.#stop = host.watch(uuid, (change) => {
      this.#take(change);
    });
  }

  /** Why the host was lost meanwhile; undefined if it was not. */
  get hostLost(): string | undefined {
    return this.#hostLost;
  }

  /** When the guest last rebooted, on the clock of `performance.now`; undefined if it did not. */
  get lastRebootAt(): number | undefined {
    return this.#lastRebootAt;
  }

  /** What happened so far belongs to something else. */
  forget(): void {
    this.#news = false;
    this.#lastRebootAt = undefined;
  }

  /** Resolves when something has happened since the last time, after `ms`, or when `poke` is called. */
  async next(ms: number): Promise<void> {
    if (!this.#news) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.max(0, ms));
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = undefined;
    }
    this.#news = false;
  }

  /** Makes {@link next} resolve. */
  poke(): void {
    this.#news = true;
    this.#wake?.();
  }

  end(): void {
    this.#stop();
    this.poke();
  }

  #take(change: HostChange): void {
    switch (change.kind) {
      case 'host.lost':
        this.#hostLost ??= change.error.message;
        break;
      case 'domain.event':
        if (change.event === 'reboot') this.#lastRebootAt = performance.now();
        break;
      default:
        break;
    }
    this.poke();
  }
}
