// SPDX-License-Identifier: Apache-2.0
// What of the browser's messages reaches the VNC server. View-only is decided here, not in the browser: no key, pointer,
// clipboard or size gets through. Power buttons (XVP) never do: those are actions, with privileges and an audit of their
// own. A message that is not known ends the session, for nobody knows where the next one begins.
// @see RFC 6143, 7.5; rfbproto: Fence, EnableContinuousUpdates, xvp, SetDesktopSize, QEMU messages

import type { ConsoleMode } from '../../contract/console.ts';
import { ConsoleEnd } from '../console-end.ts';

/** Longest clipboard passed on; QEMU takes no more. */
const CLIPBOARD_BYTES_MAX = 1024 * 1024;
const ENCODINGS_MAX = 256;
const FENCE_BYTES_MAX = 64;

/** Client messages. */
const SET_ENCODINGS = 2;

/**
 * Pseudo-encodings never announced to the server: pointer events would get another length (-316), or the messages they
 * stand for are dropped anyway (XVP, QEMU audio).
 */
const NOT_ANNOUNCED: ReadonlySet<number> = new Set([-316, -309, -259]);
/** The extended clipboard; a viewer answers it with messages that are dropped. */
const EXTENDED_CLIPBOARD = 0xc0a1e5ce | 0;

interface MessageKind {
  /** Bytes needed to know the length. */
  readonly head: number;
  /** Of the whole message; the head is there. -1 for one that is not allowed. */
  readonly length: (message: Buffer) => number;
  /** Who may send it. */
  readonly passes: 'always' | 'control' | 'never';
}

function fixed(length: number, passes: MessageKind['passes']): MessageKind {
  return { head: 1, length: () => length, passes };
}

const KINDS: ReadonlyMap<number, MessageKind> = new Map([
  [0, fixed(20, 'always')], // SetPixelFormat
  [SET_ENCODINGS, { head: 4, length: (m) => bounded(m.readUInt16BE(2), ENCODINGS_MAX, 4, 4), passes: 'always' }],
  [3, fixed(10, 'always')], // FramebufferUpdateRequest
  [4, fixed(8, 'control')], // KeyEvent
  [5, fixed(6, 'control')], // PointerEvent
  // ClientCutText; a negative length marks the extended form.
  [6, { head: 8, length: (m) => bounded(Math.abs(m.readInt32BE(4)), CLIPBOARD_BYTES_MAX, 1, 8), passes: 'control' }],
  [150, fixed(10, 'always')], // EnableContinuousUpdates
  [248, { head: 9, length: (m) => bounded(m.readUInt8(8), FENCE_BYTES_MAX, 1, 9), passes: 'always' }], // ClientFence
  [250, fixed(4, 'never')], // xvp
  [251, { head: 7, length: (m) => 8 + 16 * m.readUInt8(6), passes: 'control' }], // SetDesktopSize
  [255, { head: 2, length: qemuLength, passes: 'control' }],
]);

function bounded(count: number, most: number, size: number, head: number): number {
  return count > most ? -1 : head + count * size;
}

/** Extended key events only: audio is never announced. */
function qemuLength(message: Buffer): number {
  return message.readUInt8(1) === 0 ? 12 : -1;
}

/** The browser's bytes after the handshake, in any pieces. Holds at most a message that is no clipboard. */
export class ClientFilter {
  readonly #mode: ConsoleMode;
  #pending = Buffer.alloc(0);
  /** What is left of a clipboard under way. */
  #clipboard = 0;

  constructor(mode: ConsoleMode) {
    this.#mode = mode;
  }

  /**
   * What to pass on of a chunk.
   *
   * @throws ConsoleEnd client-protocol
   */
  push(chunk: Buffer): Buffer[] {
    const passed: Buffer[] = [];
    let rest = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    while (rest.length > 0) {
      if (this.#clipboard > 0) {
        const part = rest.subarray(0, this.#clipboard);
        this.#clipboard -= part.length;
        rest = rest.subarray(part.length);
        if (this.#mode === 'control') passed.push(part);
        continue;
      }
      const [type = 0] = rest;
      const kind = KINDS.get(type);
      if (kind === undefined) throw new ConsoleEnd('client-protocol', `message type ${String(type)}`);
      if (rest.length < kind.head) break;
      const length = kind.length(rest);
      if (length === -1) throw new ConsoleEnd('client-protocol', `message type ${String(type)} of a form not taken`);
      if (type === 6) {
        this.#clipboard = length;
        continue;
      }
      if (rest.length < length) break;
      const message = rest.subarray(0, length);
      rest = rest.subarray(length);
      if (kind.passes === 'always' || (kind.passes === 'control' && this.#mode === 'control')) {
        passed.push(type === SET_ENCODINGS ? this.#announced(message) : message);
      }
    }
    // A copy: a view would keep the whole chunk alive for a few bytes.
    this.#pending = Buffer.from(rest);
    return passed;
  }

  #announced(message: Buffer): Buffer {
    const kept = Array.from({ length: message.readUInt16BE(2) }, (_, index) =>
      message.readInt32BE(4 + 4 * index),
    ).filter(
      (encoding) => !NOT_ANNOUNCED.has(encoding) && (this.#mode === 'control' || encoding !== EXTENDED_CLIPBOARD),
    );
    const announced = Buffer.alloc(4 + 4 * kept.length);
    announced.writeUInt8(SET_ENCODINGS, 0);
    announced.writeUInt16BE(kept.length, 2);
    kept.forEach((encoding, index) => announced.writeInt32BE(encoding, 4 + 4 * index));
    return announced;
  }
}
