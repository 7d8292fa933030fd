// SPDX-License-Identifier: Apache-2.0
// Which call may be sent next. libvirtd stops reading a connection at five calls in progress (max_client_requests), so
// we send fewer and queue the rest here, in three lanes.

import { BusyError, UsageError } from '../errors.ts';

/**
 * How urgent a call is. `urgent` goes before `normal`, `normal` before `bulk`. Calls that may hang belong into `bulk`:
 * it leaves one slot to the other lanes whatever happens.
 */
export type Lane = 'urgent' | 'normal' | 'bulk';

const LANES: readonly Lane[] = ['urgent', 'normal', 'bulk'];

/** Slots, and the calls that wait for one. */
export class CallWindow<C extends { readonly lane: Lane; readonly procedure: { readonly name: string } }> {
  readonly #maxInFlight: number;
  readonly #maxBulk: number;
  readonly #maxQueued: number;
  readonly #queues: Readonly<Record<Lane, Set<C>>> = { urgent: new Set(), normal: new Set(), bulk: new Set() };
  #occupied = 0;
  #occupiedByBulk = 0;

  /** @throws UsageError LV_ARG_VALUE for a bound no call could ever pass */
  constructor(maxInFlight: number, maxQueued: number) {
    if (!Number.isInteger(maxInFlight) || maxInFlight < 1 || !(maxQueued >= 1)) {
      throw new UsageError(
        'LV_ARG_VALUE',
        `maxInFlight ${String(maxInFlight)}, maxQueued ${String(maxQueued)}: whole numbers from 1 are needed`,
      );
    }
    this.#maxInFlight = maxInFlight;
    this.#maxBulk = Math.max(1, maxInFlight - 1);
    this.#maxQueued = maxQueued;
  }

  /** Slots taken, be it by calls somebody waits for or by abandoned ones the daemon still works on. */
  get occupied(): number {
    return this.#occupied;
  }

  /** Calls waiting for a slot. */
  get queued(): number {
    return LANES.reduce((sum, lane) => sum + this.#queues[lane].size, 0);
  }

  /** @throws BusyError when too many wait already */
  enqueue(call: C): void {
    if (this.queued >= this.#maxQueued) {
      throw new BusyError(
        `${call.procedure.name} not sent: ${String(this.queued)} calls wait already for one of ` +
          `${String(this.#maxInFlight)} slots of this connection; ask less often or on a second connection`,
      );
    }
    this.#queues[call.lane].add(call);
  }

  /** Forgets a call that still waits. */
  remove(call: C): void {
    this.#queues[call.lane].delete(call);
  }

  /**
   * The call to send now, which takes a slot; `undefined` when none waits that may go, or no slot is free.
   * @param mayGo whether this one may go now; the others are not held up by it
   */
  take(mayGo: (call: C) => boolean = () => true): C | undefined {
    if (this.#occupied >= this.#maxInFlight) return undefined;
    for (const lane of LANES) {
      if (lane === 'bulk' && this.#occupiedByBulk >= this.#maxBulk) continue;
      for (const call of this.#queues[lane]) {
        if (!mayGo(call)) continue;
        this.#queues[lane].delete(call);
        this.#occupied++;
        if (lane === 'bulk') this.#occupiedByBulk++;
        return call;
      }
    }
    return undefined;
  }

  /** Gives the slot of a call that was sent back: its reply is here. */
  release(lane: Lane): void {
    this.#occupied--;
    if (lane === 'bulk') this.#occupiedByBulk--;
  }

  /** Takes every waiting call out, most urgent first. */
  drain(): C[] {
    const calls = LANES.flatMap((lane) => [...this.#queues[lane]]);
    for (const lane of LANES) this.#queues[lane].clear();
    return calls;
  }
}
