// SPDX-License-Identifier: Apache-2.0
// What a SASL mechanism is to us, and the simplest one: PLAIN (RFC 4616).

import type { Credentials } from './auth-conf.ts';

/** The client's side of one SASL exchange. */
export interface SaslExchange {
  first(): Uint8Array;
  /**
   * Answers what the server sent.
   * @throws SaslError
   */
  respond(challenge: Uint8Array): Promise<Uint8Array>;
  /** Whether the client is content; only then does the server's "complete" count. */
  readonly finished: boolean;
}

/** The exchange cannot go on: the server broke the mechanism's rules, or is not who it should be. Holds no secret. */
export class SaslError extends Error {
  override readonly name = 'SaslError';
}

/** NUL user NUL password. Whoever is on the other end learns the password. */
export class PlainExchange implements SaslExchange {
  readonly #credentials: Credentials;
  readonly finished = true;

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  first(): Uint8Array {
    const { username, password } = this.#credentials;
    if (`${username}${password}`.includes('\0')) throw new SaslError('user name or password holds a NUL');
    return Buffer.from(`\0${username}\0${password}`, 'utf8');
  }

  respond(): Promise<Uint8Array> {
    return Promise.reject(new SaslError('the server goes on after PLAIN, which has one message only'));
  }
}
