// SPDX-License-Identifier: Apache-2.0
// Which function answers which procedure. A handler sees decoded arguments and gives the result; the layouts declared
// in protocol/ stand between it and the wire.

import * as protocol from '../protocol/index.ts';
import type { Procedure } from '../protocol/procedure.ts';
import type { RemoteErrorFields } from '../protocol/types.ts';
import { XdrReader } from '../xdr/reader.ts';
import type { XdrWriter } from '../xdr/writer.ts';
import { XdrError } from '../xdr/xdr-error.ts';
import { DaemonError, ERROR_FROM, daemonError } from './daemon-error.ts';
import type { EventFamily, HostEvent } from './events.ts';
import type { FakeStream } from './fake-stream.ts';

/** What a handler gives when its call is never to be answered: the slot stays taken. */
export const NEVER: unique symbol = Symbol('never');

/** What a handler knows besides the arguments. */
export interface CallContext {
  readonly serial: number;
  /** Whether the connection was opened read-only. */
  readonly readOnly: boolean;
  /** This call's stream, made when first asked for. What is sent before the handler ends precedes the reply. */
  readonly stream: FakeStream;
  /** Runs `task` right after the reply went out. */
  readonly afterReply: (task: () => void) => void;
  /** Registers this connection for events. */
  register(family: EventFamily, eventId: number, object: string | null): number;
  deregister(family: EventFamily, callbackId: number): void;
  /** Sends an event to this connection alone, if it registered for it. */
  emit(event: HostEvent): void;
  /** What CONNECT_OPEN and CONNECT_CLOSE do to the connection. */
  open(name: string, readOnly: boolean): void;
  closeAfterReply(): void;
  startKeepalive(): void;
  readonly openedName: string | null;
}

/** Answers calls of one procedure: with a result, an error given or thrown, or never. */
export type Handler<A, R> = (
  args: A,
  context: CallContext,
) => R | DaemonError | typeof NEVER | Promise<R | DaemonError | typeof NEVER>;

/** Somewhere to put handlers. */
export interface HandlerTable {
  /** A second handler for a procedure replaces the first. */
  on<A, R>(procedure: Procedure<A, R>, handler: Handler<A, R>): unknown;
}

/** What to send for a call. */
export type Answer =
  | { readonly kind: 'result'; readonly write: (writer: XdrWriter) => void }
  | { readonly kind: 'error'; readonly fields: RemoteErrorFields }
  | { readonly kind: 'never' };

type Serve = (payload: Buffer, context: CallContext) => Promise<Answer>;

/** Names of the procedures this package declares, for the error a driver without them gives. */
const DECLARED: ReadonlyMap<number, string> = new Map(
  Object.values(protocol).flatMap((value) => (isProcedure(value) ? [[value.number, value.name] as const] : [])),
);

function isProcedure(value: unknown): value is Procedure<unknown, unknown> {
  return typeof value === 'object' && value !== null && 'args' in value && 'ret' in value && 'number' in value;
}

/** A table of handlers for the REMOTE program. */
export class Handlers implements HandlerTable {
  readonly #serve = new Map<number, Serve>();

  on<A, R>(procedure: Procedure<A, R>, handler: Handler<A, R>): this {
    this.#serve.set(procedure.number, async (payload, context) => {
      const args = decodeArgs(procedure, payload);
      const ret = await handler(args, context);
      if (ret === NEVER) return { kind: 'never' };
      if (ret instanceof DaemonError) return { kind: 'error', fields: ret.fields };
      return {
        kind: 'result',
        write: (writer) => {
          procedure.ret.write(writer, ret);
        },
      };
    });
    return this;
  }

  /** Never throws for what a client did; only for a mistake in a handler. */
  async serve(procedure: number, payload: Buffer, context: CallContext): Promise<Answer> {
    try {
      const serve = this.#serve.get(procedure);
      if (serve === undefined) throw missing(procedure);
      return await serve(payload, context);
    } catch (error) {
      if (error instanceof DaemonError) return { kind: 'error', fields: error.fields };
      throw error;
    }
  }
}

function decodeArgs<A>(procedure: Procedure<A, unknown>, payload: Buffer): A {
  try {
    return procedure.args.read(new XdrReader(payload));
  } catch (error) {
    if (error instanceof XdrError) throw daemonError('RPC', ERROR_FROM.RPC, 'Unable to decode message payload');
    throw error;
  }
}

function missing(procedure: number): DaemonError {
  const name = DECLARED.get(procedure);
  return name === undefined
    ? daemonError('RPC', ERROR_FROM.RPC, `unknown procedure: ${String(procedure)}`)
    : daemonError('NO_SUPPORT', ERROR_FROM.NONE, `virFake${name}`);
}
