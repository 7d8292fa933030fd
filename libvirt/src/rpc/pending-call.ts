// SPDX-License-Identifier: Apache-2.0
// One call on its way: where it stands, its deadline, its caller's signal. It settles once.

import { AbortError, TimeoutError } from '../errors.ts';
import type { AbandonedCall, LibvirtError } from '../errors.ts';
import type { XdrReader } from '../xdr/reader.ts';
import type { StreamSession } from './stream-session.ts';
import type { Lane } from './window.ts';

/** How one call is made. */
export interface CallOptions {
  /** Milliseconds from the call to its answer, waiting for a slot included; `Infinity` for none. Default 10 000. */
  readonly deadlineMs?: number | undefined;
  /** Gives the call up. The daemon has no way to cancel, so it may still carry it out. */
  readonly signal?: AbortSignal | undefined;
  /** Default `normal`. */
  readonly lane?: Lane | undefined;
}

/** How a call ended for its caller. */
export type CallOutcome = 'ok' | 'error' | 'timeout' | 'aborted' | 'closed';

/** Where a call stands. */
export type CallState =
  | { readonly kind: 'queued' }
  | { readonly kind: 'sent'; readonly serial: number; readonly sentAt: number }
  /** Its caller has given up. The daemon works on, so it keeps its slot and its serial until the late reply. */
  | { readonly kind: 'abandoned'; readonly serial: number }
  | { readonly kind: 'ended' };

/** What one call is made of. */
export interface CallParts {
  readonly procedure: { readonly program: number; readonly number: number; readonly name: string };
  readonly lane: Lane;
  /** The whole message; its serial is filled in when it is sent. */
  readonly packet: Buffer;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
  /** The stream this call opens. */
  readonly session: StreamSession | null;
  /** Takes the answer, tells the caller, and says how that went. */
  readonly onReply: (result: XdrReader) => CallOutcome;
  /** Tells the caller. */
  readonly onFail: (error: LibvirtError) => void;
  /** The caller gave up; `wasSent` says whether an answer may still come. */
  readonly onGivenUp: (wasSent: boolean) => void;
  /** After the caller was told. */
  readonly onEnd: (outcome: CallOutcome, durationMs: number) => void;
}

// The most setTimeout can do; above it fires at once.
const TIMER_MAX_MS = 0x7fff_ffff;

/** A call from the moment it is asked for until its reply came, be it after its caller gave up. */
export class PendingCall {
  readonly #parts: CallParts;
  readonly #startedAt = performance.now();
  #state: CallState = { kind: 'queued' };
  #timer: NodeJS.Timeout | null = null;

  constructor(parts: CallParts) {
    this.#parts = parts;
  }

  get state(): CallState {
    return this.#state;
  }

  get procedure(): CallParts['procedure'] {
    return this.#parts.procedure;
  }

  get lane(): Lane {
    return this.#parts.lane;
  }

  get session(): StreamSession | null {
    return this.#parts.session;
  }

  get packet(): Buffer {
    return this.#parts.packet;
  }

  /** Starts the deadline and listens to the signal; either may end the call at once. */
  watch(): void {
    const { deadlineMs, signal } = this.#parts;
    if (signal?.aborted === true) {
      this.#abort();
    } else if (deadlineMs <= 0) {
      this.#expire();
    } else {
      signal?.addEventListener('abort', this.#abort, { once: true });
      if (deadlineMs <= TIMER_MAX_MS) this.#timer = setTimeout(this.#expire, deadlineMs);
    }
  }

  /** The call goes out under `serial`. */
  markSent(serial: number): void {
    this.#state = { kind: 'sent', serial, sentAt: Date.now() };
  }

  /** Its answer is here. Nothing happens when the caller has given up. */
  answer(result: XdrReader): void {
    if (this.#state.kind !== 'sent') return;
    this.#end();
    this.#finish(this.#parts.onReply(result));
  }

  /** It failed. Nothing happens when the caller has given up. */
  fail(error: LibvirtError, outcome: CallOutcome): void {
    if (this.#state.kind === 'ended' || this.#state.kind === 'abandoned') return;
    this.#end();
    this.#parts.onFail(error);
    this.#finish(outcome);
  }

  readonly #expire = (): void => {
    this.#giveUp('timeout', (call) => new TimeoutError(call));
  };

  readonly #abort = (): void => {
    const cause: unknown = this.#parts.signal?.reason;
    this.#giveUp('aborted', (call) => new AbortError(call, { cause }));
  };

  #giveUp(outcome: CallOutcome, toError: (call: AbandonedCall) => LibvirtError): void {
    const before = this.#state;
    if (before.kind === 'ended' || before.kind === 'abandoned') return;
    const sent = before.kind === 'sent' ? before : null;
    const error = toError({
      procedure: this.procedure.name,
      serial: sent?.serial ?? null,
      sentAt: sent?.sentAt ?? null,
      waitedMs: performance.now() - this.#startedAt,
    });
    this.#end();
    if (sent !== null) this.#state = { kind: 'abandoned', serial: sent.serial };
    this.#parts.onGivenUp(sent !== null);
    this.#parts.onFail(error);
    this.#finish(outcome);
  }

  #end(): void {
    this.#state = { kind: 'ended' };
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#parts.signal?.removeEventListener('abort', this.#abort);
  }

  #finish(outcome: CallOutcome): void {
    this.#parts.onEnd(outcome, performance.now() - this.#startedAt);
  }
}
