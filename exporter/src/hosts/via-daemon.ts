// SPDX-License-Identifier: Apache-2.0
// Connections to a hypervisor that a daemon opens for us, for its driver lives in libvirt's C library (ESX, Hyper-V...).
// The daemon waits for the hypervisor as long as it takes, with one of its few workers, and libvirt has no cancel: closing
// the connection frees nothing. So an attempt that was given up is the next one's, and no other is made beside it.

import { RemoteError } from '@vireo/libvirt';
import type { Connection } from '@vireo/libvirt';
import { withDeadline } from './until.ts';

/** How long somebody waits for an attempt. */
const OPEN_MS = 30_000;
/** ESXi locks a user for 15 minutes after five wrong passwords, also who comes with the right one. */
const LOGIN_REFUSED_MS = 300_000;

/** Why a daemon does not open a hypervisor, as far as somebody can do something about it. */
export class ViaDaemonError extends Error {
  override readonly name = 'ViaDaemonError';
  readonly code: 'VIREO_DRIVER_MISSING' | 'VIREO_VIA_CREDENTIALS' | 'VIREO_VIA_LOGIN' | 'VIREO_VIA_SILENT';

  constructor(code: ViaDaemonError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What makes a {@link ViaDaemon}. */
export interface ViaDaemonOptions {
  /** The URI that is opened, and that of the daemon; as pages may show them. */
  readonly uri: string;
  readonly via: string;
  /** Opens a connection, however long that takes; gives up when the signal says so. */
  readonly open: (kind: ConnectionKind, signal: AbortSignal) => Promise<Connection>;
  /** 30 s when left out. */
  readonly openMs?: number;
  /** How long nothing is tried after the hypervisor refused the user. 5 min when left out. */
  readonly loginRefusedMs?: number;
}

/** Connections of one kind do for one another. */
export interface ConnectionKind {
  readonly readOnly: boolean;
  readonly keepalive: boolean;
}

interface Attempt {
  readonly connection: Promise<Connection>;
  over: boolean;
}

/** One hypervisor behind one daemon. */
export class ViaDaemon {
  readonly #options: ViaDaemonOptions;
  readonly #stop = new AbortController();
  /** Attempts that nobody waits for any more, by kind. */
  readonly #left = new Map<string, Attempt[]>();
  /** The last attempt, if the hypervisor refused the user; when it was, as performance.now() says. */
  #refused: { readonly error: ViaDaemonError; readonly at: number } | undefined;

  constructor(options: ViaDaemonOptions) {
    this.#options = options;
  }

  /** Rejects with {@link ViaDaemonError}, the client's errors, or the reason of the signal. */
  async open(kind: ConnectionKind, signal: AbortSignal): Promise<Connection> {
    const { openMs: ms = OPEN_MS } = this.#options;
    signal.throwIfAborted();
    const { loginRefusedMs = LOGIN_REFUSED_MS } = this.#options;
    if (this.#refused !== undefined && performance.now() - this.#refused.at < loginRefusedMs) throw this.#refused.error;
    const key = JSON.stringify(kind);
    const left = (this.#left.get(key) ?? []).filter(({ over }) => !over);
    this.#left.set(key, left);
    const attempt = left.shift() ?? this.#begin(kind);
    const late = (): Error => this.#silent(ms);
    try {
      return await withDeadline({ ms, late, signals: [signal] }, () => attempt.connection);
    } catch (error) {
      if (!attempt.over) this.#left.get(key)?.push(attempt);
      throw this.#explained(error);
    }
  }

  /** Ends the attempts under way, and closes what they have opened. */
  async close(): Promise<void> {
    this.#stop.abort();
    const left = [...this.#left.values()].flatMap((attempts) => attempts.splice(0));
    const close = async ({ connection }: Attempt): Promise<void> => {
      await connection.then(
        (opened) => opened.close(),
        () => undefined,
      );
    };
    await Promise.all(left.map(close));
  }

  #begin(kind: ConnectionKind): Attempt {
    const attempt: Attempt = { connection: this.#options.open(kind, this.#stop.signal), over: false };
    const end = (): void => {
      attempt.over = true;
    };
    void attempt.connection.then(({ closed }) => closed.then(end), end);
    return attempt;
  }

  #silent(ms: number): ViaDaemonError {
    const { uri, via } = this.#options;
    const waited = `${String(Math.round(ms / 1000))} s`;
    return new ViaDaemonError(
      'VIREO_VIA_SILENT',
      `${uri} does not answer the daemon ${via} within ${waited}; it is waited for, no second attempt is made meanwhile`,
    );
  }

  #explained(error: unknown): unknown {
    if (!(error instanceof RemoteError) || error.procedure !== 'CONNECT_OPEN') return error;
    const { uri, via } = this.#options;
    const driver = /^[^:+]*/u.exec(uri)?.[0] ?? '';
    const said = error.remoteMessage ?? error.name;
    const options = { cause: error };
    if (error.name === 'VIR_ERR_NO_CONNECT' || /was built without the '[^']*' driver/u.test(said)) {
      const message = `the daemon ${via} has no ${driver} driver (${said}); name one in via that has it`;
      return new ViaDaemonError('VIREO_DRIVER_MISSING', message, options);
    }
    if (error.name === 'VIR_ERR_AUTH_FAILED' || said.includes('authentication credentials')) {
      const message = `the daemon ${via} has no credentials for ${uri} (${said}); write them into auth.conf on its machine`;
      return new ViaDaemonError('VIREO_VIA_CREDENTIALS', message, options);
    }
    if (said.includes("call to 'Login'")) {
      const minutes = String(Math.round((this.#options.loginRefusedMs ?? LOGIN_REFUSED_MS) / 60_000));
      const message = `${uri} refused the user and password in auth.conf of the daemon ${via} (${said}); after a look at both, restart Vireo or wait ${minutes} min`;
      const refused = new ViaDaemonError('VIREO_VIA_LOGIN', message, options);
      this.#refused = { error: refused, at: performance.now() };
      return refused;
    }
    return error;
  }
}
