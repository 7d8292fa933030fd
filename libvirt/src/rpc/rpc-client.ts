// SPDX-License-Identifier: Apache-2.0
// One connection to a daemon as procedures, events and streams. This file only joins the parts: what a packet is,
// which call goes next and how a stream ends is theirs.

import type { Duplex } from 'node:stream';

import { LibvirtError, ProtocolError, TransportError, UsageError } from '../errors.ts';
import type { AbandonedCall } from '../errors.ts';
import { KEEPALIVE_PROGRAM } from '../protocol/procedure.ts';
import type { EventMessage, Procedure } from '../protocol/procedure.ts';
import { XdrReader } from '../xdr/reader.ts';
import { XdrError } from '../xdr/xdr-error.ts';
import { CallTable } from './call-table.ts';
import { decodeErrorReply } from './error-reply.ts';
import { EventListeners } from './event-listeners.ts';
import { FirstCalls } from './first-calls.ts';
import { FrameSplitter } from './frame-splitter.ts';
import { Keepalive } from './keepalive.ts';
import type { KeepaliveOptions } from './keepalive.ts';
import { decodePacket, encodePacket, FDS_MAX, MessageStatus, MessageType, setSerial } from './packet.ts';
import type { Packet } from './packet.ts';
import { PendingCall } from './pending-call.ts';
import type { CallOptions, CallOutcome } from './pending-call.ts';
import { StreamSession } from './stream-session.ts';
import type { StreamLimits, StreamPort } from './stream-session.ts';
import type { LibvirtStream } from './stream.ts';
import { CallWindow } from './window.ts';

export type { CallOptions, CallOutcome, LibvirtStream };

/** libvirtd.conf's default max_client_requests: with so many calls in progress a daemon stops reading a connection. */
const DAEMON_WINDOW = 5;

/** How a connection behaves. */
export interface RpcClientOptions {
  /** Calls the daemon works on at once, default 4. libvirtd stops reading at 5, so more stalls even keepalive. */
  readonly maxInFlight?: number | undefined;
  /** Calls that may wait for a slot, default 10 000; more are refused with a `BusyError`. */
  readonly maxQueued?: number | undefined;
  /** Deadline of a call that names none, default 10 000 ms. */
  readonly deadlineMs?: number | undefined;
  /** Default every 5 s, dead after 6: the numbers of virsh. */
  readonly keepalive?: KeepaliveOptions | undefined;
  /** Bytes of a stream received and not read before the connection stops being read, default 1 MiB. */
  readonly streamBufferBytes?: number | undefined;
  /** Bytes of a stream that may come before the reply of its call, default 8 MiB. */
  readonly earlyStreamBytes?: number | undefined;
  /** Told of every call that was taken, once, after its caller. For metrics; it must not throw. */
  readonly onCallEnd?: ((call: CallEnd) => void) | undefined;
  /**
   * Told of each event message that does not decode, which is then left out: an event libvirt has extended should not
   * cost every call its answer. Without it such a message ends the connection, as nobody else would notice. It must not
   * throw.
   */
  readonly onEventError?: ((error: ProtocolError) => void) | undefined;
}

/** How one call went. */
export interface CallEnd {
  /** `DOMAIN_GET_STATE` */
  readonly procedure: string;
  readonly outcome: CallOutcome;
  /** Waiting for a slot included. */
  readonly durationMs: number;
}

/** How busy a connection is. */
export interface RpcLoad {
  /** Calls sent whose caller waits. */
  readonly inFlight: number;
  /** Calls sent whose caller gave up: the daemon still works on them, so they occupy slots. */
  readonly abandoned: number;
  /** Calls waiting for a slot. */
  readonly queued: number;
}

type ClientState = { readonly kind: 'open' } | { readonly kind: 'closed'; readonly reason: LibvirtError | null };

/** The client side of libvirt's RPC over one byte pipe, which it owns from here on. */
export class RpcClient {
  /** Resolves when the connection is over: with its reason, or `null` when {@link close} was called without one. */
  readonly closed: Promise<LibvirtError | null>;
  readonly #pipe: Duplex;
  readonly #deadlineMs: number;
  readonly #onCallEnd: ((call: CallEnd) => void) | undefined;
  readonly #onEventError: ((error: ProtocolError) => void) | undefined;
  readonly #streamLimits: StreamLimits;
  readonly #splitter = new FrameSplitter();
  readonly #window: CallWindow<PendingCall>;
  readonly #sessions = new Map<number, StreamSession>();
  readonly #calls = new CallTable((serial) => this.#sessions.has(serial));
  readonly #firstCalls = new FirstCalls();
  readonly #events = new EventListeners();
  readonly #keepalive: Keepalive;
  readonly #holders = new Set<StreamSession>();
  readonly #resolveClosed: (reason: LibvirtError | null) => void;
  #state: ClientState = { kind: 'open' };

  constructor(pipe: Duplex, options: RpcClientOptions = {}) {
    this.#pipe = pipe;
    this.#deadlineMs = options.deadlineMs ?? 10_000;
    this.#onCallEnd = options.onCallEnd;
    this.#onEventError = options.onEventError;
    this.#streamLimits = {
      readBufferBytes: options.streamBufferBytes ?? 0x10_0000,
      earlyBytes: options.earlyStreamBytes ?? 0x80_0000,
    };
    this.#window = new CallWindow(options.maxInFlight ?? 4, options.maxQueued ?? 10_000);
    this.#keepalive = new Keepalive(options.keepalive ?? { intervalMs: 5000, count: 6 }, {
      send: (packet) => {
        this.#pipe.write(packet);
      },
      isCongested: () => this.#pipe.writableNeedDrain,
      isSilenceExpected: () => this.#holders.size > 0 || this.#window.occupied >= DAEMON_WINDOW,
      isHeard: () => this.#window.occupied < DAEMON_WINDOW,
      onDead: (reason) => {
        this.close(reason);
      },
    });
    let resolveClosed: (reason: LibvirtError | null) => void = () => undefined;
    this.closed = new Promise((resolve) => (resolveClosed = resolve));
    this.#resolveClosed = resolveClosed;
    this.#listen();
  }

  /** Calls taken and not over. */
  get load(): RpcLoad {
    return {
      inFlight: this.#calls.count('sent'),
      abandoned: this.#calls.count('abandoned'),
      queued: this.#window.queued,
    };
  }

  /** Whether the daemon still works on a call that was given up, and so it occupies a slot. */
  isWorkingOn({ serial }: AbandonedCall): boolean {
    return serial !== null && this.#calls.isAbandoned(serial);
  }

  /**
   * Calls a procedure and resolves with its result.
   *
   * Rejects with a `RemoteError` (the daemon said no), `TimeoutError` or `AbortError` (given up; the daemon may still
   * carry it out), `BusyError` (not queued), `UsageError` (arguments do not fit, or closed by us before), the reason the
   * connection ended for, or a `ProtocolError` LV_PROTO_PAYLOAD when the result does not decode. That last one leaves
   * the connection as it is: packets say their own length, so we are still in step, and one value of a new kind in one
   * reply should not cost every other call its answer.
   */
  call<A, R>(procedure: Procedure<A, R>, args: A, options: CallOptions = {}): Promise<R> {
    return this.#request(procedure, args, options, null);
  }

  /** Calls a procedure that opens a stream. Deadline and signal are those of the call; destroy the stream to end it. */
  async openStream<A, R>(
    procedure: Procedure<A, R>,
    args: A,
    options: CallOptions = {},
  ): Promise<{ readonly ret: R; readonly stream: LibvirtStream }> {
    const session = new StreamSession(procedure, this.#streamPort, this.#streamLimits);
    const ret = await this.#request(procedure, args, options, session);
    return { ret, stream: session.stream };
  }

  /** Listens to an event message; the daemon sends it only after it was registered for. Returns how to stop. */
  onEvent<P>(message: EventMessage<P>, listener: (payload: P) => void): () => void {
    return this.#events.add(message, listener);
  }

  /** Begins to ping the daemon when it is silent. Its own pings are answered with or without. */
  startKeepalive(): void {
    if (this.#state.kind === 'open') this.#keepalive.start();
  }

  /** Ends the connection at once; every call and stream fails. A second call changes nothing. */
  close(reason?: LibvirtError): void {
    if (this.#state.kind === 'closed') return;
    this.#state = { kind: 'closed', reason: reason ?? null };
    this.#keepalive.stop();
    this.#pipe.off('data', this.#receive);
    this.#pipe.destroy();
    const error = reason ?? closedByUser();
    for (const call of [...this.#calls.drain(), ...this.#window.drain()]) call.fail(error, 'closed');
    for (const session of [...this.#sessions.values()]) session.close(error);
    this.#resolveClosed(reason ?? null);
  }

  #listen(): void {
    const onLost = (cause: Error | null): void => {
      if (this.#state.kind === 'open') this.close(toReason(cause, this.#splitter.pendingBytes));
    };
    const onEnded = (): void => {
      onLost(this.#pipe.errored);
    };
    // 'error' stays listened to after close: a pipe may fail once more while it is torn down.
    this.#pipe.on('error', onLost);
    this.#pipe.on('end', onEnded);
    this.#pipe.on('close', onEnded);
    this.#pipe.on('drain', () => {
      this.#keepalive.flush();
      this.#sendWaiting();
    });
    if (this.#pipe.destroyed || this.#pipe.readableEnded) onEnded();
    else this.#pipe.on('data', this.#receive);
  }

  readonly #receive = (chunk: Buffer): void => {
    this.#keepalive.noteReceived();
    try {
      this.#splitter.push(chunk);
      while (this.#state.kind === 'open') {
        const bytes = this.#splitter.next();
        if (bytes === null) return;
        this.#route(decodePacket(bytes));
      }
    } catch (error) {
      if (!(error instanceof LibvirtError)) throw error;
      this.close(error);
    }
  };

  /** By type first, never by serial alone: events carry a serial that may be a call's. */
  #route(packet: Packet): void {
    const { header } = packet;
    if (header.program === KEEPALIVE_PROGRAM) {
      this.#keepalive.receive(header);
      return;
    }
    switch (header.type) {
      case MessageType.MESSAGE:
        if (header.status !== MessageStatus.OK) throw unexpected(packet);
        this.#receiveEvent(packet);
        return;
      case MessageType.STREAM:
      case MessageType.STREAM_HOLE:
        // Packets of a stream that is gone may still be on their way: libvirt ignores them on its side too.
        this.#sessions.get(header.serial)?.receive(packet);
        return;
      case MessageType.REPLY:
      case MessageType.REPLY_WITH_FDS:
        this.#receiveReply(packet);
        return;
      case MessageType.CALL:
      case MessageType.CALL_WITH_FDS:
        throw unexpected(packet);
    }
  }

  #receiveEvent(packet: Packet): void {
    try {
      this.#events.dispatch(packet);
    } catch (error) {
      if (!(error instanceof ProtocolError) || this.#onEventError === undefined) throw error;
      this.#onEventError(error);
    }
  }

  #receiveReply(packet: Packet): void {
    const { header, payload } = packet;
    const reader = new XdrReader(payload);
    if (header.type === MessageType.REPLY_WITH_FDS) this.#skipFds(reader);
    if (header.status === MessageStatus.CONTINUE) throw unexpected(packet);
    const call = this.#calls.find(header);
    const error = header.status === MessageStatus.ERROR ? decodeErrorReply(call.procedure.name, reader) : null;
    this.#calls.delete(header.serial);
    this.#window.release(call.lane);
    this.#firstCalls.answered(call.procedure.name, error === null);
    if (error !== null) {
      call.session?.refuse();
      call.fail(error, 'error');
    } else if (call.state.kind === 'abandoned') {
      call.session?.discard();
    } else {
      call.answer(reader);
    }
    this.#sendWaiting();
  }

  /**
   * A daemon that passes file descriptors writes one byte for each after the packet, and Node drops the descriptors.
   * No procedure of this package asks for any.
   */
  #skipFds(reader: XdrReader): void {
    const count = reader.remaining < 4 ? Infinity : reader.readUint();
    if (count > FDS_MAX) {
      throw new ProtocolError(
        'LV_PROTO_PAYLOAD',
        `reply refused: no count of file descriptors up to ${String(FDS_MAX)}`,
      );
    }
    this.#splitter.skip(count);
  }

  #request<A, R>(procedure: Procedure<A, R>, args: A, options: CallOptions, session: StreamSession | null): Promise<R> {
    return new Promise((resolve, reject) => {
      if (this.#state.kind === 'closed') throw this.#state.reason ?? closedByUser();
      const deadlineMs = options.deadlineMs ?? this.#deadlineMs;
      if (Number.isNaN(deadlineMs)) {
        throw new UsageError('LV_ARG_VALUE', `${procedure.name} not sent: its deadline is not a number`);
      }
      const call = new PendingCall({
        procedure,
        lane: options.lane ?? 'normal',
        packet: encodeCall(procedure, args),
        deadlineMs,
        signal: options.signal,
        session,
        onReply: (reader) => {
          const error = deliver(procedure, reader, session, resolve);
          if (error !== null) reject(error);
          return error === null ? 'ok' : 'error';
        },
        onFail: reject,
        onGivenUp: (wasSent) => {
          if (wasSent) {
            session?.markUnwanted();
            this.#firstCalls.givenUp(procedure.name);
            // Not at once: the same signal may be about to give up those that wait.
            queueMicrotask(() => {
              this.#sendWaiting();
            });
          } else this.#window.remove(call);
        },
        onEnd: (outcome, durationMs) => {
          this.#onCallEnd?.({ procedure: procedure.name, outcome, durationMs });
        },
      });
      this.#window.enqueue(call);
      call.watch();
      this.#sendWaiting();
    });
  }

  #sendWaiting(): void {
    while (!this.#pipe.writableNeedDrain) {
      const call = this.#window.take(({ procedure }) => this.#firstCalls.mayGo(procedure.name));
      if (call === undefined) return;
      this.#firstCalls.sent(call.procedure.name);
      const serial = this.#calls.add(call);
      setSerial(call.packet, serial);
      if (call.session !== null) {
        // Before the call goes out: data of its stream may come before its reply.
        call.session.bind(serial);
        this.#sessions.set(serial, call.session);
      }
      this.#pipe.write(call.packet);
    }
  }

  readonly #streamPort: StreamPort = {
    send: (packet, flushed) => {
      this.#pipe.write(packet, (error) => {
        // When writing failed the pipe says so itself, and closing fails the stream with the reason.
        if (error === null || error === undefined) flushed?.();
      });
    },
    setHeld: (session, held) => {
      const wasHeld = this.#holders.size > 0;
      if (held) this.#holders.add(session);
      else this.#holders.delete(session);
      const isHeld = this.#holders.size > 0;
      if (isHeld === wasHeld || this.#state.kind === 'closed') return;
      if (isHeld) this.#pipe.pause();
      else this.#pipe.resume();
    },
    forget: (serial) => {
      this.#sessions.delete(serial);
    },
  };
}

/** Makes a call's message, its serial still open. */
function encodeCall<A, R>(procedure: Procedure<A, R>, args: A): Buffer {
  const { program, number, name } = procedure;
  try {
    return encodePacket(
      { program, procedure: number, type: MessageType.CALL, serial: 0, status: MessageStatus.OK },
      (writer) => {
        procedure.args.write(writer, args);
      },
    );
  } catch (error) {
    if (!(error instanceof XdrError)) throw error;
    throw new UsageError('LV_ARG_VALUE', `${name} not sent: an argument does not fit: ${error.message}`, {
      cause: error,
    });
  }
}

/** Hands a result to the caller, or says why there is none. Bytes after it are fine: newer daemons append fields. */
function deliver<A, R>(
  procedure: Procedure<A, R>,
  reader: XdrReader,
  session: StreamSession | null,
  resolve: (ret: R) => void,
): LibvirtError | null {
  try {
    const ret = procedure.ret.read(reader);
    const error = session?.open() ?? null;
    if (error === null) resolve(ret);
    return error;
  } catch (error) {
    if (!(error instanceof XdrError)) throw error;
    session?.discard();
    return new ProtocolError(
      'LV_PROTO_PAYLOAD',
      `${procedure.name} failed: its result does not decode: ${error.message}`,
      {
        cause: error,
      },
    );
  }
}

function unexpected({ header }: Packet): ProtocolError {
  return new ProtocolError(
    'LV_PROTO_TYPE',
    `message refused: a daemon sends no type ${String(header.type)} with status ${String(header.status)}`,
  );
}

function closedByUser(): UsageError {
  return new UsageError('LV_ARG_CLOSED', 'the connection was closed by its user; open another one');
}

function toReason(cause: Error | null, pendingBytes: number): LibvirtError {
  if (cause instanceof LibvirtError) return cause;
  const middle = pendingBytes === 0 ? '' : ' in the middle of a message';
  return cause === null
    ? new TransportError('LV_CONN_CLOSED', `connection ended by the daemon${middle}: it stopped or restarts`)
    : new TransportError('LV_CONN_CLOSED', `connection lost${middle}: ${cause.message}`, { cause });
}
