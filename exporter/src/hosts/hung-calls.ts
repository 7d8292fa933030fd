// SPDX-License-Identifier: Apache-2.0
// What is not to be asked again for now. libvirt cannot cancel a call: one that was given up keeps its slot until it
// returns, and the same question would only hang beside it and take the next slot.

import { TimeoutError } from '@vireo/libvirt';
import type { AbandonedCall, Connection } from '@vireo/libvirt';

/** A call that was given up while the daemon had it, and where it was made. */
interface HungCall {
  readonly connection: Connection;
  readonly call: AbandonedCall;
}

/** The same question hangs in the daemon already, so it was not asked. */
export class CallHangsError extends Error {
  override readonly name = 'CallHangsError';
  readonly code = 'VIREO_CALL_HANGS';

  readonly hung: HungCall;

  constructor(what: string, hung: HungCall) {
    super(`${what}: not asked, the last time has not returned`);
    this.hung = hung;
  }
}

/** Whether a call was given up while the daemon had it; one that never left the queue proves nothing. */
export function isHung(error: unknown): boolean {
  return error instanceof CallHangsError || (error instanceof TimeoutError && error.call.sentAt !== null);
}

/** Remembers the questions of one session that hang. */
export class HungCalls {
  readonly #calls = new Map<string, HungCall>();
  /** Questions that are out; each promise resolves when its question is over, however it went. */
  readonly #underWay = new Map<string, Promise<unknown>>();

  /** True while the call that hung when this was asked has not returned. */
  has(what: string): boolean {
    return this.#find(what) !== undefined;
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
    const hung = this.#find(what);
    if (hung !== undefined) throw new CallHangsError(what, hung);
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
      // What it was made of hung before.
      if (error instanceof CallHangsError) this.#remember(what, error.hung);
      else if (error instanceof TimeoutError && isHung(error)) this.#remember(what, { connection, call: error.call });
      throw error;
    }
  }

  #find(what: string): HungCall | undefined {
    const hung = this.#calls.get(what);
    if (hung?.connection.isWorkingOn(hung.call) === true) return hung;
    this.#calls.delete(what);
    return undefined;
  }

  /** Those that returned are dropped, so there are never more than slots to hang in. */
  #remember(what: string, hung: HungCall): void {
    for (const known of [...this.#calls.keys()]) this.#find(known);
    this.#calls.set(what, hung);
  }
}
