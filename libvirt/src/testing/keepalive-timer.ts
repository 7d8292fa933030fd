// SPDX-License-Identifier: Apache-2.0
// libvirtd's side of keepalive: it pings a silent client, and closes without a word when nothing comes back.

/** libvirtd.conf's keepalive_interval and keepalive_count. */
export interface DaemonKeepalive {
  /** Default 5000. */
  readonly intervalMs: number;
  /** Pings without an answer before the connection is dropped one interval later; default 5. */
  readonly count: number;
}

/** Counts the silence of one client. */
export class KeepaliveTimer {
  readonly #settings: DaemonKeepalive;
  readonly #ping: () => void;
  readonly #drop: () => void;
  #timer: NodeJS.Timeout | null = null;
  #unanswered = 0;

  constructor(settings: DaemonKeepalive, ping: () => void, drop: () => void) {
    this.#settings = settings;
    this.#ping = ping;
    this.#drop = drop;
  }

  /** As CONNECT_SUPPORTS_FEATURE(10) does; a second start changes nothing. */
  start(): void {
    if (this.#timer === null) this.#arm();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Any packet of the client begins the silence anew. */
  noteReceived(): void {
    this.#unanswered = 0;
    if (this.#timer !== null) this.#arm();
  }

  #arm(): void {
    this.stop();
    this.#timer = setTimeout(() => {
      if (this.#unanswered >= this.#settings.count) {
        this.#drop();
        return;
      }
      this.#unanswered += 1;
      this.#ping();
      this.#arm();
    }, this.#settings.intervalMs).unref();
  }
}
