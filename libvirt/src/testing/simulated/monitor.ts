// SPDX-License-Identifier: Apache-2.0
// The way to one QEMU, and the lock in front of it. A frozen QEMU answers nobody: who holds the lock waits without
// limit, who comes after waits for the lock or, with NOWAIT, does without (measured on libvirtd 9.0.0, see research 8.2).

/** Who waits on a QEMU, and since when; for GET_CONTROL_INFO. */
export interface MonitorHold {
  /** As in libvirt's error text: `remoteDispatchConnectGetAllDomainStats`. */
  readonly api: string;
  readonly since: number;
}

/** The monitor of one domain. */
export class Monitor {
  readonly #now: () => number;
  #frozen = false;
  #hold: MonitorHold | null = null;
  #wake: (() => void)[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Who is stuck in it; `null` while it answers, also of a frozen one nobody has asked yet. */
  get hold(): MonitorHold | null {
    return this.#hold;
  }

  get isFrozen(): boolean {
    return this.#frozen;
  }

  freeze(): void {
    this.#frozen = true;
  }

  /** Whoever waits gets its answer; so does everybody when the QEMU is killed. */
  thaw(): void {
    this.#frozen = false;
    this.#hold = null;
    const wake = this.#wake;
    this.#wake = [];
    for (const task of wake) task();
  }

  /**
   * Waits until the QEMU can be asked.
   * @param waitMs how long to wait for the lock; the wait of its holder for QEMU has no limit
   * @returns false when the lock could not be had
   */
  async enter(api: string, waitMs: number): Promise<boolean> {
    if (!this.#frozen) return true;
    if (this.#hold === null) {
      this.#hold = { api, since: this.#now() };
      await this.#thawed(null);
      return true;
    }
    return waitMs > 0 && (await this.#thawed(waitMs));
  }

  #thawed(waitMs: number | null): Promise<boolean> {
    return new Promise((resolve) => {
      const timer =
        waitMs === null
          ? undefined
          : setTimeout(() => {
              resolve(false);
            }, waitMs).unref();
      this.#wake.push(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }
}
