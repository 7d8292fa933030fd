// SPDX-License-Identifier: Apache-2.0
// Runs a handshake written as a generator over bytes that come in any pieces. No socket here, so a test can feed it
// anything.

/** What a handshake may do next: wait for so many bytes, say something, or go on inside TLS. */
export type Step = { readonly read: number } | { readonly write: Buffer } | { readonly startTls: true };

/** A handshake; what it is sent in answer to `read` are those bytes, else nothing. */
export type Handshake<T> = Generator<Step, T, Buffer>;

/** Where an exchange stands after some bytes. */
export type Progress<T> =
  | { readonly kind: 'reading' }
  | { readonly kind: 'tls' }
  /** `rest` came after the last byte of the handshake. */
  | { readonly kind: 'done'; readonly value: T; readonly rest: Buffer };

const NOTHING = Buffer.alloc(0);

/** One handshake under way. Holds no more than the bytes of one read and one chunk. */
export class Exchange<T> {
  readonly #handshake: Handshake<T>;
  readonly #write: (bytes: Buffer) => void;
  #pending: Buffer = NOTHING;
  #wanted = 0;

  constructor(handshake: Handshake<T>, write: (bytes: Buffer) => void) {
    this.#handshake = handshake;
    this.#write = write;
  }

  /** Runs until something is wanted that has not come yet. Throws what the handshake throws. */
  start(): Progress<T> {
    return this.#run(NOTHING);
  }

  /** More bytes. */
  push(chunk: Buffer): Progress<T> {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    if (this.#pending.length < this.#wanted) return { kind: 'reading' };
    return this.#run(this.#take(this.#wanted));
  }

  #run(answer: Buffer): Progress<T> {
    let next = this.#handshake.next(answer);
    while (next.done !== true) {
      const step = next.value;
      if ('startTls' in step) {
        this.#wanted = 0;
        return { kind: 'tls' };
      }
      if ('write' in step) {
        this.#write(step.write);
        next = this.#handshake.next(NOTHING);
      } else {
        this.#wanted = step.read;
        if (this.#pending.length < step.read) return { kind: 'reading' };
        next = this.#handshake.next(this.#take(step.read));
      }
    }
    return { kind: 'done', value: next.value, rest: this.#pending };
  }

  #take(length: number): Buffer {
    const taken = this.#pending.subarray(0, length);
    this.#pending = this.#pending.subarray(length);
    return taken;
  }
}

/** Waits for so many bytes. */
export function* read(length: number): Generator<Step, Buffer, Buffer> {
  return yield { read: length };
}

/** Says something. */
export function* write(bytes: Buffer): Generator<Step, void, Buffer> {
  yield { write: bytes };
}
