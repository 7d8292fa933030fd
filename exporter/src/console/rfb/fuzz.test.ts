// SPDX-License-Identifier: Apache-2.0
// Both sides of RFB fed what no honest peer sends: noise, good messages with bytes changed, cut short, in odd pieces. They
// may end the session, with a reason, and nothing else; and for a viewer nothing that acts may get through.
// VIREO_FUZZ_CASES says how many cases; `npm run test:long` runs a million.

import { ConsoleEnd } from '../console-end.ts';
import { ClientFilter } from './client-filter.ts';
import { clientHandshake } from './client-handshake.ts';
import { Exchange } from './exchange.ts';
import type { Handshake } from './exchange.ts';
import { serverHandshake } from './server-handshake.ts';

const CASES = Number(process.env['VIREO_FUZZ_CASES'] ?? 20_000);

/** Mulberry32: the same cases every time. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}

const V38 = '524642203030332e3030380a';
const INIT = '02d00190 20180001 00ff00ff00ff 100800 000000 00000004 74657374';
const SERVERS = [
  `${V38} 0101 00000000 ${INIT}`,
  `${V38} 0102 000102030405060708090a0b0c0d0e0f 00000000 ${INIT}`,
  `${V38} 0102 000102030405060708090a0b0c0d0e0f 00000001 00000003 626164`,
  `${V38} 0113 0002 00 02 00000104 00000105 01 000102030405060708090a0b0c0d0e0f 00000000 ${INIT}`,
  `524642203030332e3030330a 00000002 000102030405060708090a0b0c0d0e0f 00000000 ${INIT}`,
].map(hex);
const BROWSERS = [hex(`${V38} 01 00`)];
const MESSAGES = [
  '00000000 20180001 00ff00ff00ff 100800 000000',
  '02000002 00000007 ffffff21',
  '0301 0000 0000 0280 0190',
  '0401 0000 00000061',
  '0501 0010 0020',
  '06000000 00000003 616263',
  '9601 0000 0000 0280 0190',
  'f8000000 00000001 02 abcd',
  'fa000102',
  'fb00 0280 0190 01 00 00000001 0000 0000 0280 0190 00000000',
  'ff000001 00000061 0000001e',
].map(hex);
/** First bytes of messages a viewer may send. */
const LOOKS = new Set([0, 2, 3, 150, 248]);

function spoil(good: Buffer, below: (n: number) => number): Buffer {
  const bytes = Buffer.from(good);
  for (let changes = below(4); changes > 0 && bytes.length > 0; changes--) {
    const at = below(bytes.length);
    bytes[at] = below(3) === 0 ? 0xff : below(256);
  }
  return below(4) === 0 ? bytes.subarray(0, below(bytes.length + 1)) : bytes;
}

/** True when it ended as it may. */
function pieces(input: Buffer, below: (n: number) => number, push: (piece: Buffer) => void): boolean {
  try {
    for (let at = 0; at < input.length;) {
      const size = 1 + below(input.length);
      push(input.subarray(at, at + size));
      at += size;
    }
    return false;
  } catch (error) {
    if (error instanceof ConsoleEnd) return true;
    throw new Error(`${input.toString('hex')}: ${String(error)}`, { cause: error });
  }
}

function fuzzHandshake(
  make: () => Handshake<unknown>,
  good: readonly Buffer[],
  seed: number,
): { ended: number; done: number } {
  const below = random(seed);
  const counts = { ended: 0, done: 0 };
  for (let n = 0; n < CASES; n++) {
    const one = good[below(good.length)] ?? Buffer.alloc(0);
    const input =
      below(10) === 0 ? Buffer.from(Array.from({ length: below(64) }, () => below(256))) : spoil(one, below);
    const exchange = new Exchange(make(), () => undefined);
    const state = { kind: exchange.start().kind };
    const ended = pieces(input, below, (piece) => {
      if (state.kind === 'done') return;
      state.kind = exchange.push(piece).kind;
      while (state.kind === 'tls') state.kind = exchange.push(Buffer.alloc(0)).kind;
    });
    if (ended) counts.ended++;
    if (state.kind === 'done') counts.done++;
  }
  return counts;
}

describe(`${String(CASES)} cases each`, () => {
  it('the handshake with a server ends well, or with a reason', () => {
    const { ended, done } = fuzzHandshake(() => serverHandshake({ password: () => 'x' }), SERVERS, 1);
    expect(ended).toBeGreaterThan(CASES / 20);
    expect(done).toBeGreaterThan(CASES / 20);
  });

  it('the handshake with a browser ends well, or with a reason', () => {
    const { ended, done } = fuzzHandshake(() => clientHandshake(Buffer.from('init')), BROWSERS, 2);
    expect(ended).toBeGreaterThan(CASES / 20);
    expect(done).toBeGreaterThan(CASES / 20);
  });

  it('the filter passes whole messages of those a viewer may send and nothing else, or ends with a reason', () => {
    const below = random(3);
    let passedMessages = 0;
    let ended = 0;
    for (let n = 0; n < CASES; n++) {
      const messages = Array.from({ length: 1 + below(5) }, () => MESSAGES[below(MESSAGES.length)] ?? Buffer.alloc(0));
      const input =
        below(10) === 0
          ? Buffer.from(Array.from({ length: below(64) }, () => below(256)))
          : spoil(Buffer.concat(messages), below);
      const filter = new ClientFilter('view');
      const stopped = pieces(input, below, (piece) => {
        for (const passed of filter.push(piece)) {
          passedMessages++;
          if (!LOOKS.has(passed[0] ?? -1)) throw new Error(`passed ${passed.toString('hex')}`);
        }
      });
      if (stopped) ended++;
    }
    expect(passedMessages).toBeGreaterThan(CASES / 4);
    expect(ended).toBeGreaterThan(CASES / 50);
  });
});
