// SPDX-License-Identifier: Apache-2.0
// Keepalive both ways: answers the daemon's pings always, and sends our own when started.
// @see libvirt src/rpc/virkeepaliveprotocol.x

import { TransportError } from '../errors.ts';
import { KEEPALIVE_PROGRAM } from '../protocol/procedure.ts';
import { encodePacket, MessageStatus, MessageType } from './packet.ts';
import type { PacketHeader } from './packet.ts';

const KEEPALIVE_PROC_PING = 1;
const KEEPALIVE_PROC_PONG = 2;

/** When to ping, and when to give the daemon up. */
export interface KeepaliveOptions {
  /** Ping after so long without a byte from the daemon. */
  readonly intervalMs: number;
  /** Dead after so many pings without an answer, one interval after the last: (count + 1) × intervalMs in all. */
  readonly count: number;
}

/** What {@link Keepalive} needs from its connection. */
export interface KeepaliveLink {
  /** Sends a packet; only called while {@link isCongested} says no. */
  send(packet: Buffer): void;
  /** The socket takes nothing now. */
  isCongested(): boolean;
  /** Silence proves nothing now: the daemon has stopped reading us, or we have stopped reading it. */
  isSilenceExpected(): boolean;
  /** Whether a ping would reach the daemon: not while it has stopped reading. */
  isHeard(): boolean;
  /** The daemon is dead. */
  onDead(reason: TransportError): void;
}

/** The keepalive of one connection. */
export class Keepalive {
  readonly #options: KeepaliveOptions;
  readonly #link: KeepaliveLink;
  #timer: NodeJS.Timeout | null = null;
  #lastReceivedAt = performance.now();
  #unanswered = 0;
  #pongOwed = false;

  constructor(options: KeepaliveOptions, link: KeepaliveLink) {
    this.#options = options;
    this.#link = link;
  }

  /** Begins to ping; a second call changes nothing. */
  start(): void {
    if (this.#timer === null) this.#schedule(this.#options.intervalMs);
  }

  /** Pings no more. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Bytes came, whichever: the daemon lives. */
  noteReceived(): void {
    this.#lastReceivedAt = performance.now();
    this.#unanswered = 0;
  }

  /** Handles a message of the keepalive program. */
  receive(header: PacketHeader): void {
    if (header.type !== MessageType.MESSAGE || header.procedure !== KEEPALIVE_PROC_PING) return;
    this.#pongOwed = true;
    this.flush();
  }

  /**
   * Answers what could not be answered while the socket was full. One answer for any number of pings, so a peer that
   * pings and never reads cannot make us queue without bound; the daemon counts silence, not answers.
   */
  flush(): void {
    if (!this.#pongOwed || this.#link.isCongested()) return;
    this.#pongOwed = false;
    this.#link.send(encodeKeepalive(KEEPALIVE_PROC_PONG));
  }

  #schedule(delayMs: number): void {
    this.#timer = setTimeout(() => {
      this.#tick();
    }, delayMs);
  }

  #tick(): void {
    const { intervalMs, count } = this.#options;
    // A slow event loop may run this timer before it reads what has long arrived; each tick counts once at most.
    const silentMs = performance.now() - this.#lastReceivedAt;
    if (silentMs < intervalMs) {
      this.#schedule(intervalMs - silentMs);
      return;
    }
    if (!this.#link.isSilenceExpected()) {
      if (this.#unanswered >= count) {
        this.#timer = null;
        this.#link.onDead(
          new TransportError(
            'LV_CONN_KEEPALIVE',
            `connection given up: the daemon answered none of ${String(count)} pings, ` +
              `nothing came for ${String(Math.round(silentMs))} ms; its host or the way there is dead`,
          ),
        );
        return;
      }
      this.#unanswered++;
    }
    if (this.#link.isHeard() && !this.#link.isCongested()) this.#link.send(encodeKeepalive(KEEPALIVE_PROC_PING));
    this.#schedule(intervalMs);
  }
}

function encodeKeepalive(procedure: number): Buffer {
  return encodePacket({
    program: KEEPALIVE_PROGRAM,
    procedure,
    type: MessageType.MESSAGE,
    serial: 0,
    status: MessageStatus.OK,
  });
}
