// SPDX-License-Identifier: Apache-2.0
// Serial to call: every call the daemon has and has not answered, abandoned ones included.

import { ProtocolError } from '../errors.ts';
import type { PacketHeader } from './packet.ts';
import type { PendingCall } from './pending-call.ts';

const SERIAL_MAX = 0xffff_ffff;

/** The calls in flight on one connection. */
export class CallTable {
  readonly #calls = new Map<number, PendingCall>();
  readonly #isReserved: (serial: number) => boolean;
  #nextSerial: number;

  /** @param isReserved serials in use by something else: streams keep their call's after its reply */
  constructor(isReserved: (serial: number) => boolean, firstSerial = 1) {
    this.#isReserved = isReserved;
    this.#nextSerial = firstSerial;
  }

  /** Gives a call a serial nobody uses, from 1 upwards and round again; the call counts as sent. */
  add(call: PendingCall): number {
    let serial = this.#nextSerial;
    while (this.#calls.has(serial) || this.#isReserved(serial)) serial = after(serial);
    this.#nextSerial = after(serial);
    this.#calls.set(serial, call);
    call.markSent(serial);
    return serial;
  }

  /**
   * The call a reply is for.
   * @throws ProtocolError LV_PROTO_SERIAL when there is none, or it was another procedure
   */
  find(header: PacketHeader): PendingCall {
    const call = this.#calls.get(header.serial);
    if (call === undefined) {
      throw new ProtocolError('LV_PROTO_SERIAL', `reply refused: no call has serial ${String(header.serial)}`);
    }
    if (call.procedure.program !== header.program || call.procedure.number !== header.procedure) {
      throw new ProtocolError(
        'LV_PROTO_SERIAL',
        `reply refused: serial ${String(header.serial)} is ${call.procedure.name}, the reply is for procedure ` +
          `${String(header.procedure)} of program ${String(header.program)}`,
      );
    }
    return call;
  }

  /** Forgets the call of this serial; it may be given to another. */
  delete(serial: number): void {
    this.#calls.delete(serial);
  }

  /** Whether the call of this serial was given up and has not been answered since. */
  isAbandoned(serial: number): boolean {
    return this.#calls.get(serial)?.state.kind === 'abandoned';
  }

  /** How many calls are in this state: at most as many as the window has slots. */
  count(kind: 'sent' | 'abandoned'): number {
    let count = 0;
    for (const call of this.#calls.values()) if (call.state.kind === kind) count++;
    return count;
  }

  /** Takes every call out. */
  drain(): PendingCall[] {
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    return calls;
  }
}

function after(serial: number): number {
  return serial === SERIAL_MAX ? 1 : serial + 1;
}
