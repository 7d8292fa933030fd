// SPDX-License-Identifier: Apache-2.0
// Who wants which event message. Routed by program and procedure number, never by serial: events carry serial 1.

import { ProtocolError } from '../errors.ts';
import type { EventMessage } from '../protocol/procedure.ts';
import { XdrReader } from '../xdr/reader.ts';
import { XdrError } from '../xdr/xdr-error.ts';
import type { Packet } from './packet.ts';

/** Called with the bytes of each matching message; throws {@link XdrError} when they do not decode. */
type Delivery = (reader: XdrReader) => void;

/** The event listeners of one connection. */
export class EventListeners {
  readonly #deliveries = new Map<string, { readonly name: string; readonly all: Set<Delivery> }>();

  /** Adds a listener and returns how to remove it. */
  add<P>(message: EventMessage<P>, listener: (payload: P) => void): () => void {
    const key = keyOf(message.program, message.number);
    const entry = this.#deliveries.get(key) ?? { name: message.name, all: new Set<Delivery>() };
    this.#deliveries.set(key, entry);
    const delivery: Delivery = (reader) => {
      const payload = message.payload.read(reader);
      try {
        listener(payload);
      } catch (error) {
        // The listener's bug, not the peer's: loud, as an uncaught exception, but the other messages still arrive.
        queueMicrotask(() => {
          throw error;
        });
      }
    };
    entry.all.add(delivery);
    return () => {
      entry.all.delete(delivery);
      if (entry.all.size === 0 && this.#deliveries.get(key) === entry) this.#deliveries.delete(key);
    };
  }

  /**
   * Hands a message to its listeners; one without any is ignored, undecoded.
   * @throws ProtocolError LV_PROTO_PAYLOAD when it does not decode. An event has no caller to fail, and dropping it
   * without a word would leave somebody's picture of the host wrong.
   */
  dispatch(packet: Packet): void {
    const entry = this.#deliveries.get(keyOf(packet.header.program, packet.header.procedure));
    if (entry === undefined) return;
    try {
      for (const deliver of [...entry.all]) deliver(new XdrReader(packet.payload));
    } catch (error) {
      if (!(error instanceof XdrError)) throw error;
      throw new ProtocolError('LV_PROTO_PAYLOAD', `event ${entry.name} does not decode: ${error.message}`, {
        cause: error,
      });
    }
  }
}

function keyOf(program: number, procedure: number): string {
  return `${String(program)}:${String(procedure)}`;
}
