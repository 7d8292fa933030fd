// SPDX-License-Identifier: Apache-2.0
// What is not to be asked again for now. libvirt cannot cancel a call: one that was given up keeps its slot until it
// returns, and the same question would only hang beside it and take the next slot.

import { TimeoutError } from '@vireo/libvirt';
import type { Connection } from '@vireo/libvirt';

/** The same question hangs in the daemon already, so it was not asked. */
export class CallHangsError extends Error {
  override readonly name = 'CallHangsError';
  readonly code = 'VIREO_CALL_HANGS';

  constructor(what: string) {
    super(`${what}: not asked, the last time has not returned`);
  }
}

/** Whether a call was given up while the daemon had it; one that never left the queue proves nothing. */
export function isHung(error: unknown): boolean {
  return error instanceof CallHangsError || (error instanceof TimeoutError && error.call.sentAt !== null);
}

/** Remembers the questions of one session that hang. */
export class HungCalls {
  readonly #connections = new Map<string, Connection>();
  /** Questions that are out; each promise resolves when its question is over, however it went. */
  readonly #underWay = new Map<string, Promise<unknown>>();

  /** True while any call given up on that question's connection is out: which one it is, the client does not tell. */
  has(what: string): boolean {
    const connection = this.#connections.get(what);
    if (connection === undefined) return false;
    if (connection.load.abandoned > 0) return true;
    this.#connections.delete(what);
    return false;
  }

  /**
   * Asks, unless the question hangs. Who asks what somebody else is asking waits to see whether that hangs: two who find
   * the same domain silent at a time would lose two slots.
   * Rejects with {@link CallHangsError}, or as `acquire` and `ask` do.
   * @param what names the question; the same text is the same question
   */
  async run<T>(
    what: string,
    acquire: () => Connection | Promise<Connection>,
    ask: (connection: Connection) => Promise<T>,
  ): Promise<T> {
    for (let other = this.#underWay.get(what); other !== undefined; other = this.#underWay.get(what)) await other;
    if (this.has(what)) throw new CallHangsError(what);
    const run = this.#ask(what, acquire, ask);
    const over = run.then(
      () => this.#underWay.delete(what),
      () => this.#underWay.delete(what),
    );
    this.#underWay.set(what, over);
    return await run;
  }

  async #ask<T>(
    what: string,
    acquire: () => Connection | Promise<Connection>,
    ask: (connection: Connection) => Promise<T>,
  ): Promise<T> {
    const connection = await acquire();
    try {
      return await ask(connection);
    } catch (error) {
      if (isHung(error)) this.#remember(what, connection);
      throw error;
    }
  }

  /** Those that returned are dropped, so there are never more than slots to hang in. */
  #remember(what: string, connection: Connection): void {
    for (const known of [...this.#connections.keys()]) this.has(known);
    this.#connections.set(what, connection);
  }
}
