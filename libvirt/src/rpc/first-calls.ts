// SPDX-License-Identifier: Apache-2.0
// Which calls go alone. A modular daemon such as virtqemud knows domains only; for networks, storage and the rest it
// connects to the daemon that keeps them, at the first call of a client. It does so without a lock (remoteOpenConn of
// libvirt 11.3): of two first calls at once both connect, events are then registered with one connection and taken back
// from the other, and when the client is gone virtqemud crashes. So until such a call has succeeded they go one by one.

/** Objects that have a daemon of their own, in the names of their procedures. Each name is one connection of virtqemud. */
const KEPT_ELSEWHERE = /^(?!DOMAIN_).*(NWFILTER|NETWORK|STORAGE|INTERFACE|NODE_DEVICE|SECRET)/u;

type State = 'asking' | 'connected';

/** What one connection has asked of other daemons than its own. */
export class FirstCalls {
  readonly #states = new Map<string, State>();

  /** Whether this call may go out now. */
  mayGo(procedure: string): boolean {
    const daemon = daemonOf(procedure);
    return daemon === undefined || this.#states.get(daemon) !== 'asking';
  }

  /** It went out. */
  sent(procedure: string): void {
    const daemon = daemonOf(procedure);
    if (daemon !== undefined && !this.#states.has(daemon)) this.#states.set(daemon, 'asking');
  }

  /** Its caller does not wait any longer. By now the daemon has connected, or never will: the next may try, alone again. */
  givenUp(procedure: string): void {
    this.answered(procedure, false);
  }

  /** Its reply is here. After a refusal nobody knows whether the daemon connected. */
  answered(procedure: string, succeeded: boolean): void {
    const daemon = daemonOf(procedure);
    if (daemon === undefined || this.#states.get(daemon) !== 'asking') return;
    if (succeeded) this.#states.set(daemon, 'connected');
    else this.#states.delete(daemon);
  }
}

function daemonOf(procedure: string): string | undefined {
  return KEPT_ELSEWHERE.exec(procedure)?.[1];
}
