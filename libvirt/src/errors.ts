// SPDX-License-Identifier: Apache-2.0
// Every error this package throws: four families by whose fault it is, the two ways a call is given up, and the call
// that was never queued because too many wait.
// Match `error.code` (or `error.name` for what the daemon said), never the text. A published code is never reused.

import type { ErrorClass, ErrorNumber } from './protocol/error-numbers.ts';
import type { RemoteErrorFields } from './protocol/types.ts';

/** What every error of this package has. */
export abstract class LibvirtError extends Error {
  /** Stable: match on it. */
  readonly code: ErrorCode;
  /** Whether the same request may succeed later without anybody changing anything. */
  readonly retriable: boolean;

  protected constructor(code: ErrorCode, retriable: boolean, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.retriable = retriable;
  }
}

/** The caller's mistake. The connection is untouched. */
export class UsageError extends LibvirtError {
  override readonly name = 'UsageError';

  constructor(code: UsageCode, message: string, options?: ErrorOptions) {
    super(code, false, message, options);
  }
}

/** The way to the daemon failed or ended. The connection is gone. */
export class TransportError extends LibvirtError {
  override readonly name = 'TransportError';

  constructor(code: TransportCode, message: string, options?: ErrorOptions) {
    super(code, TRANSPORT_CODES[code].retriable, message, options);
  }
}

/**
 * The peer broke the protocol. The connection was closed at once: there is no way back into step. The one exception is
 * a reply whose payload does not decode (LV_PROTO_PAYLOAD): it fails its own call and the connection goes on.
 */
export class ProtocolError extends LibvirtError {
  override readonly name = 'ProtocolError';

  constructor(code: ProtocolCode, message: string, options?: ErrorOptions) {
    super(code, false, message, options);
  }
}

/** libvirtd answered a call, or ended a stream, with an error. The connection is fine. */
export class RemoteError extends LibvirtError {
  /** libvirt's name of `number`: `VIR_ERR_NO_DOMAIN`; match on it. `VIR_ERR_<number>` when this package knows none. */
  override readonly name: string;
  /** The call that failed, or that opened the stream: `DOMAIN_GET_STATE`. */
  readonly procedure: string;
  /** What the error means for the same call made again. */
  readonly class: ErrorClass;
  /** virErrorNumber. */
  readonly number: number;
  /** virErrorDomain: the part of libvirt the error comes from, 10 for QEMU. Has nothing to do with a domain. */
  readonly domain: number;
  /** What the daemon said, as it said it, in the daemon's language. `null` when it said nothing. */
  readonly remoteMessage: string | null;
  /** virErrorLevel: 1 warning, 2 error. */
  readonly level: number;
  /** Mostly the format the message was made from. */
  readonly str1: string | null;
  /** Mostly what was filled into the format. */
  readonly str2: string | null;
  readonly str3: string | null;
  readonly int1: number;
  readonly int2: number;
  /** The domain it is about; the daemons of today leave it out. */
  readonly dom: RemoteErrorFields['dom'];
  /** The network it is about; the daemons of today leave it out. */
  readonly net: RemoteErrorFields['net'];

  constructor(procedure: string, meaning: ErrorNumber, fields: RemoteErrorFields, options?: ErrorOptions) {
    super(
      'LV_REMOTE',
      meaning.class === 'retry',
      `${procedure} failed: ${fields.message ?? `${meaning.name}, and the daemon gave no text`}`,
      options,
    );
    this.name = meaning.name;
    this.procedure = procedure;
    this.class = meaning.class;
    this.number = fields.code;
    this.domain = fields.domain;
    this.remoteMessage = fields.message;
    this.level = fields.level;
    this.str1 = fields.str1;
    this.str2 = fields.str2;
    this.str3 = fields.str3;
    this.int1 = fields.int1;
    this.int2 = fields.int2;
    this.dom = fields.dom;
    this.net = fields.net;
  }
}

/** Too many calls wait for a free slot of this connection, so this one was not taken. Nothing was sent. */
export class BusyError extends LibvirtError {
  override readonly name = 'BusyError';

  constructor(message: string, options?: ErrorOptions) {
    super('LV_BUSY', true, message, options);
  }
}

/** A call was given up before its answer came. The daemon may still carry it out: it has no way to cancel. */
export class TimeoutError extends LibvirtError {
  override readonly name = 'TimeoutError';
  readonly call: AbandonedCall;

  constructor(call: AbandonedCall, options?: ErrorOptions) {
    const sent = call.sentAt === null ? 'still queued' : 'sent, no answer';
    super(
      'LV_TIMEOUT',
      true,
      `${call.procedure} failed: ${sent} after ${String(Math.round(call.waitedMs))} ms`,
      options,
    );
    this.call = call;
  }
}

/** The caller's AbortSignal ended a call before its answer came. */
export class AbortError extends LibvirtError {
  override readonly name = 'AbortError';
  readonly call: AbandonedCall;

  constructor(call: AbandonedCall, options?: ErrorOptions) {
    super('LV_ABORTED', false, `${call.procedure} aborted by its caller`, options);
    this.call = call;
  }
}

/** Where a given-up call stood. */
export interface AbandonedCall {
  /** `DOMAIN_GET_STATE` */
  readonly procedure: string;
  /** `null` while it waited for a free slot. */
  readonly serial: number | null;
  /** Milliseconds since the epoch; `null` while it waited for a free slot, so it never reached the daemon. */
  readonly sentAt: number | null;
  readonly waitedMs: number;
}

/** Usage codes: what the caller got wrong. */
export const USAGE_CODES = {
  LV_ARG_URI: { meaning: 'The connection URI cannot be parsed, or asks for what this client does not do.' },
  LV_ARG_VALUE: { meaning: 'An argument does not fit the procedure: out of range, too long, not a UUID.' },
  LV_ARG_CLOSED: { meaning: 'The connection was closed by its user before this call, or before its answer came.' },
  LV_ARG_CREDENTIALS: { meaning: 'The daemon asks for credentials and none were given.' },
} as const;
/** One of {@link USAGE_CODES}. */
export type UsageCode = keyof typeof USAGE_CODES;

/** Transport codes: how the way to the daemon failed. */
export const TRANSPORT_CODES = {
  LV_CONN_REFUSED: { retriable: true, meaning: 'Nothing listens there, or the socket file is missing.' },
  LV_CONN_DENIED: {
    retriable: false,
    meaning: 'The operating system forbids it: permissions of a socket or a key file.',
  },
  LV_CONN_UNREACHABLE: { retriable: true, meaning: 'The host name does not resolve, or no route leads there.' },
  LV_CONN_TIMEOUT: { retriable: true, meaning: 'Connecting took longer than its deadline.' },
  LV_CONN_CLOSED: { retriable: true, meaning: 'The peer closed the connection, or it broke.' },
  LV_CONN_KEEPALIVE: { retriable: true, meaning: 'The daemon answered no keepalive ping: host or link is dead.' },
  LV_CONN_TLS: { retriable: false, meaning: 'TLS failed: a certificate was refused, expired, or cannot be read.' },
  LV_CONN_SSH: { retriable: false, meaning: 'ssh failed: host key, authentication, or no helper on the other side.' },
  LV_CONN_AUTH: {
    retriable: false,
    meaning: 'The daemon refused the credentials, or offers no method this client has.',
  },
} as const satisfies Record<string, { retriable: boolean; meaning: string }>;
/** One of {@link TRANSPORT_CODES}. */
export type TransportCode = keyof typeof TRANSPORT_CODES;

/** Protocol codes: which rule of the wire the peer broke. */
export const PROTOCOL_CODES = {
  LV_PROTO_LENGTH: { meaning: 'A message length below 28 or above the limit.' },
  LV_PROTO_SERIAL: { meaning: 'A reply to a call nobody made.' },
  LV_PROTO_TYPE: { meaning: 'A message version, type or status the peer may not send.' },
  LV_PROTO_PAYLOAD: {
    meaning:
      'A payload that does not hold what its procedure promises. In a reply it fails that call only; Vireo leaves such an event out and counts it.',
  },
  LV_PROTO_QUEUE: { meaning: 'The peer sends faster than the bound of a queue allows.' },
  LV_PROTO_TLS_BYTE: { meaning: 'Something else than the confirmation byte after the TLS handshake.' },
} as const;
/** One of {@link PROTOCOL_CODES}. */
export type ProtocolCode = keyof typeof PROTOCOL_CODES;

/** Every code an error of this package can have. */
export type ErrorCode =
  UsageCode | TransportCode | ProtocolCode | 'LV_REMOTE' | 'LV_BUSY' | 'LV_TIMEOUT' | 'LV_ABORTED';
