// SPDX-License-Identifier: Apache-2.0
// The 28-byte header in front of every message, and the numbers in it. No socket here.
// @see libvirt src/rpc/virnetprotocol.x: virNetMessageHeader

import { ProtocolError, UsageError } from '../errors.ts';
import { XdrReader } from '../xdr/reader.ts';
import { XdrWriter } from '../xdr/writer.ts';

/** Length word and header: the shortest packet there is. */
export const HEADER_BYTES = 28;

/** VIR_NET_MESSAGE_MAX (32 MiB, libvirt 9.0.0 to 12.3) does not count the length word; this does. */
export const PACKET_MAX_BYTES = 33_554_436;

/** VIR_NET_MESSAGE_LEGACY_PAYLOAD_MAX: the most stream data libvirt puts into one packet. */
export const STREAM_CHUNK_MAX_BYTES = 262_120;

/** VIR_NET_MESSAGE_NUM_FDS_MAX. */
export const FDS_MAX = 32;

/** Every libvirt program has version 1. */
export const PROGRAM_VERSION = 1;

/** virNetMessageType. */
export const MessageType = {
  CALL: 0,
  REPLY: 1,
  /** Events and keepalive. Its serial means nothing: events come with 1. */
  MESSAGE: 2,
  STREAM: 3,
  CALL_WITH_FDS: 4,
  REPLY_WITH_FDS: 5,
  STREAM_HOLE: 6,
} as const;
/** One of {@link MessageType}. */
export type MessageType = (typeof MessageType)[keyof typeof MessageType];

/** virNetMessageStatus. */
export const MessageStatus = {
  OK: 0,
  ERROR: 1,
  /** In streams only: more data; empty, the end of the data. */
  CONTINUE: 2,
} as const;
/** One of {@link MessageStatus}. */
export type MessageStatus = (typeof MessageStatus)[keyof typeof MessageStatus];

/** What the header says about a message, besides its length. */
export interface PacketHeader {
  readonly program: number;
  readonly procedure: number;
  readonly type: MessageType;
  readonly serial: number;
  readonly status: MessageStatus;
}

/** One whole message. */
export interface Packet {
  readonly header: PacketHeader;
  /** Shares the memory it was received in. */
  readonly payload: Buffer;
}

const TYPES: ReadonlyMap<number, MessageType> = new Map(Object.values(MessageType).map((type) => [type, type]));
const STATUSES: ReadonlyMap<number, MessageStatus> = new Map(
  Object.values(MessageStatus).map((status) => [status, status]),
);

/**
 * Takes a whole packet, length word first, apart.
 * @throws ProtocolError LV_PROTO_TYPE for a version, type or status libvirt does not have
 */
export function decodePacket(bytes: Buffer): Packet {
  const reader = new XdrReader(bytes, 4, HEADER_BYTES);
  const program = reader.readUint();
  const version = reader.readUint();
  const procedure = reader.readInt();
  const type = TYPES.get(reader.readUint());
  const serial = reader.readUint();
  const status = STATUSES.get(reader.readUint());
  if (version !== PROGRAM_VERSION || type === undefined || status === undefined) {
    throw new ProtocolError(
      'LV_PROTO_TYPE',
      `message refused: header ${bytes.toString('hex', 0, HEADER_BYTES)}: unknown version, type or status`,
    );
  }
  return { header: { program, procedure, type, serial, status }, payload: bytes.subarray(HEADER_BYTES) };
}

/**
 * Makes a packet.
 * @param writePayload writes what follows the header
 * @throws UsageError LV_ARG_VALUE when it grows past what a daemon accepts
 * @throws XdrError from `writePayload`
 */
export function encodePacket(header: PacketHeader, writePayload?: (writer: XdrWriter) => void): Buffer {
  const writer = new XdrWriter();
  writer.writeUint(0);
  writer.writeUint(header.program);
  writer.writeUint(PROGRAM_VERSION);
  writer.writeInt(header.procedure);
  writer.writeUint(header.type);
  writer.writeUint(header.serial);
  writer.writeUint(header.status);
  writePayload?.(writer);
  if (writer.length > PACKET_MAX_BYTES) {
    throw new UsageError(
      'LV_ARG_VALUE',
      `message of ${String(writer.length)} bytes refused: libvirt takes ${String(PACKET_MAX_BYTES)} at most`,
    );
  }
  const bytes = writer.bytes();
  bytes.writeUInt32BE(bytes.length, LENGTH_OFFSET);
  return bytes;
}

const LENGTH_OFFSET = 0;
const SERIAL_OFFSET = 20;

/** Puts a serial into a packet made before its serial was known. */
export function setSerial(packet: Buffer, serial: number): void {
  packet.writeUInt32BE(serial, SERIAL_OFFSET);
}

/** Makes a stream packet: its payload is raw bytes, without count or padding. */
export function encodeStreamPacket(
  stream: { readonly program: number; readonly procedure: number; readonly serial: number },
  status: MessageStatus,
  data?: Uint8Array,
): Buffer {
  const { program, procedure, serial } = stream;
  const head = encodePacket({ program, procedure, type: MessageType.STREAM, serial, status });
  if (data === undefined) return head;
  head.writeUInt32BE(HEADER_BYTES + data.length, LENGTH_OFFSET);
  return Buffer.concat([head, data]);
}
