// SPDX-License-Identifier: Apache-2.0
// How a fake daemon misbehaves on cue. A rule hits the replies of one procedure, or of every one, a number of times.

import { MessageStatus, MessageType, encodePacket, encodeStreamPacket } from '../rpc/packet.ts';
import type { PacketHeader } from '../rpc/packet.ts';
import { REMOTE_PROGRAM } from '../protocol/procedure.ts';
import { DOMAIN_EVENT_CALLBACK_LIFECYCLE } from '../protocol/events.ts';

/** One kind of misbehaviour. */
export type Fault =
  /** The call is carried out and never answered; it keeps its slot. */
  | { readonly kind: 'mute' }
  /** The reply comes that much later. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** The connection closes instead of a reply. */
  | { readonly kind: 'close' }
  /** The same with a TCP RST; over a unix socket, which has none, like `close`. */
  | { readonly kind: 'reset' }
  /** Half of the reply, then the connection closes. */
  | { readonly kind: 'half' }
  /** The reply carries this serial. */
  | { readonly kind: 'serial'; readonly serial: number }
  /** The reply's length word says this; nothing else changes. */
  | { readonly kind: 'length'; readonly length: number }
  /** The reply's type word says this. */
  | { readonly kind: 'type'; readonly type: number }
  /** The reply's payload is only this. */
  | { readonly kind: 'payload'; readonly hex: string }
  /** Zeros after the result until the packet has this size; newer daemons append fields, so clients must skip them. */
  | { readonly kind: 'pad'; readonly packetBytes: number }
  /** The reply passes file descriptors: another type, a count, and one stray byte each after the packet. */
  | { readonly kind: 'fds'; readonly count: number }
  /** An event of a registration nobody made, with the serial of the call, just before its reply. */
  | { readonly kind: 'strayEvent' }
  /** A stream packet of a stream nobody opened, just before the reply. */
  | { readonly kind: 'strayStream' }
  /** Stream data of this call before its reply. */
  | { readonly kind: 'earlyStream'; readonly data: Uint8Array };

/** Which replies a fault hits. */
export interface FaultRule {
  readonly fault: Fault;
  /** Every procedure when absent. */
  readonly on?: { readonly number: number };
  /** How often; default 1. */
  readonly times?: number;
}

/** The rules of one daemon, first come first served. */
export class FaultPlan {
  readonly #rules: { readonly rule: FaultRule; left: number }[] = [];

  add(rule: FaultRule): void {
    this.#rules.push({ rule, left: rule.times ?? 1 });
  }

  /** The fault for a reply of this procedure, counted as used. */
  take(procedure: number): Fault | null {
    const hit = this.#rules.find(({ rule, left }) => left > 0 && (rule.on?.number ?? procedure) === procedure);
    if (hit === undefined) return null;
    hit.left -= 1;
    return hit.rule.fault;
  }
}

/** What happens to a connection around the bytes sent to it. */
export interface Delivery {
  readonly bytes: readonly Buffer[];
  readonly then: 'go on' | 'close' | 'reset';
}

/** Bends a reply the way a fault wants it. Mute and slow are the session's to do: here they change nothing. */
export function bend(reply: Buffer, header: PacketHeader, fault: Fault | null): Delivery {
  const goOn = (...bytes: Buffer[]): Delivery => ({ bytes, then: 'go on' });
  switch (fault?.kind) {
    case undefined:
    case 'mute':
    case 'slow':
      return goOn(reply);
    case 'close':
      return { bytes: [], then: 'close' };
    case 'reset':
      return { bytes: [], then: 'reset' };
    case 'half':
      return { bytes: [reply.subarray(0, reply.length >> 1)], then: 'close' };
    case 'serial':
      return goOn(withWord(reply, SERIAL, fault.serial));
    case 'length':
      return goOn(withWord(reply, LENGTH, fault.length));
    case 'type':
      return goOn(withWord(reply, TYPE, fault.type));
    case 'payload':
      return goOn(resized(reply.subarray(0, HEADER_BYTES), Buffer.from(fault.hex, 'hex')));
    case 'pad':
      return goOn(resized(reply, Buffer.alloc(Math.max(0, fault.packetBytes - reply.length))));
    case 'fds':
      return goOn(passingFds(reply, fault.count));
    case 'strayEvent':
      return goOn(strayEvent(header.serial), reply);
    case 'strayStream':
      return goOn(strayStream(header), reply);
    case 'earlyStream':
      return goOn(encodeStreamPacket(header, MessageStatus.CONTINUE, fault.data), reply);
  }
}

const LENGTH = 0;
const TYPE = 16;
const SERIAL = 20;
const HEADER_BYTES = 28;

function withWord(packet: Buffer, offset: number, value: number): Buffer {
  const bent = Buffer.from(packet);
  bent.writeUInt32BE(value, offset);
  return bent;
}

function resized(packet: Buffer, tail: Buffer): Buffer {
  const whole = Buffer.concat([packet, tail]);
  whole.writeUInt32BE(whole.length, LENGTH);
  return whole;
}

/** As captured in research from OPEN_GRAPHICS_FD over a unix socket: type 5, u32 count, result; then a byte for each. */
function passingFds(reply: Buffer, count: number): Buffer {
  const head = withWord(reply.subarray(0, HEADER_BYTES), TYPE, MessageType.REPLY_WITH_FDS);
  const counted = Buffer.alloc(4);
  counted.writeUInt32BE(count);
  const packet = resized(head, Buffer.concat([counted, reply.subarray(HEADER_BYTES)]));
  return Buffer.concat([packet, Buffer.alloc(count)]);
}

function strayEvent(serial: number): Buffer {
  const { number, payload } = DOMAIN_EVENT_CALLBACK_LIFECYCLE;
  const header = { program: REMOTE_PROGRAM, procedure: number, type: MessageType.MESSAGE, serial };
  return encodePacket({ ...header, status: MessageStatus.OK }, (writer) => {
    const dom = { name: 'stray', uuid: '57a757a7-57a7-47a7-97a7-57a757a757a7', id: 4711 };
    payload.write(writer, { callbackID: 9999, dom, event: 3, detail: 0 });
  });
}

function strayStream(header: PacketHeader): Buffer {
  const stream = { program: REMOTE_PROGRAM, procedure: 211, serial: (header.serial + 0x4000_0000) >>> 0 };
  return encodeStreamPacket(stream, MessageStatus.CONTINUE, Buffer.from('nobody waits for this'));
}
