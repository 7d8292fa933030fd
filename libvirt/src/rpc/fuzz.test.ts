// SPDX-License-Identifier: Apache-2.0
// What a broken or hostile daemon may send: captured packets with bits flipped, cut, grown and joined. Nothing may come
// of it but a ProtocolError or XdrError, soon, and without memory beyond a packet's limit.
// VIREO_FUZZ_CASES says how many (1,000,000 in the long run), VIREO_FUZZ_SEED which.

import { LibvirtError, ProtocolError } from '../errors.ts';
import { domainStatsRecord } from '../protocol/domain-stats.ts';
import { array } from '../protocol/layout.ts';
import { DOMAIN_SCREENSHOT } from '../protocol/domain-details.ts';
import { DOMAIN_EVENT_CALLBACK_LIFECYCLE } from '../protocol/events.ts';
import * as protocol from '../protocol/index.ts';
import type { Layout } from '../protocol/layout.ts';
import { remoteError } from '../protocol/types.ts';
import { XdrReader } from '../xdr/reader.ts';
import { XdrError } from '../xdr/xdr-error.ts';
import { FrameSplitter } from './frame-splitter.ts';
import { GOLDEN_CALLS, GOLDEN_EVENT, GOLDEN_PING } from './golden.test-support.ts';
import { decodePacket, PACKET_MAX_BYTES } from './packet.ts';
import { hex, packet, Peer, settle } from './peer.test-support.ts';
import { RpcClient } from './rpc-client.ts';

const CASES = Number(process.env['VIREO_FUZZ_CASES'] ?? 20_000);
const SEED = Number(process.env['VIREO_FUZZ_SEED'] ?? 20_261_124);

// A whole client costs far more than a decoder, so it gets one case of so many.
const CASES_PER_CLIENT = 10;
const BATCH = 250;

const STREAM_SERIAL = GOLDEN_CALLS.length + 1;
const SEEDS: readonly Buffer[] = [
  ...GOLDEN_CALLS.map((golden) => hex(golden.reply)),
  hex(GOLDEN_EVENT),
  hex(GOLDEN_PING),
  packet({ type: 5, serial: 3 }, hex('00000001 0000000000895440')),
  packet({ type: 1, serial: STREAM_SERIAL, procedure: 211 }, hex('00000001 00000009 696d6167652f706e67 000000')),
  packet({ type: 3, serial: STREAM_SERIAL, procedure: 211, status: 2 }, Buffer.from('some bytes')),
  packet({ type: 3, serial: STREAM_SERIAL, procedure: 211, status: 2 }),
  packet({ type: 3, serial: STREAM_SERIAL, procedure: 211, status: 0 }),
  packet({ type: 3, serial: STREAM_SERIAL, procedure: 211, status: 1 }, Buffer.alloc(44, '\0\0\0\x01')),
];

/** Every layout a daemon's payload may have. */
const LAYOUTS: readonly Layout<unknown>[] = [
  remoteError,
  array(domainStatsRecord(), 16_384),
  ...Object.values(protocol as Readonly<Record<string, unknown>>).flatMap((declared) => {
    if (typeof declared !== 'object' || declared === null) return [];
    if ('ret' in declared) return [declared.ret as Layout<unknown>];
    return 'payload' in declared ? [declared.payload as Layout<unknown>] : [];
  }),
];

/** mulberry32: the same numbers on every machine. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

type Random = ReturnType<typeof random>;

function pick<T>(below: Random, list: readonly T[], fallback: T): T {
  return list[below(list.length)] ?? fallback;
}

const WORDS = [0, 1, 2, 8, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x0040_0000, 0x0040_0001, 0x4000, 0x0200_0004];

/** One captured packet or several, spoilt. */
function spoil(below: Random): Buffer {
  let bytes: Buffer = Buffer.concat(Array.from({ length: 1 + below(3) }, () => pick(below, SEEDS, Buffer.alloc(0))));
  for (let i = below(4); i > 0; i--) {
    const at = below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
  }
  if (below(3) === 0) bytes.writeUInt32BE(pick(below, WORDS, 0), below(Math.floor(bytes.length / 4)) * 4);
  if (below(4) === 0) bytes = bytes.subarray(0, 1 + below(bytes.length));
  if (below(8) === 0) bytes = Buffer.concat([bytes, Buffer.alloc(below(40), below(256))]);
  // Half of the time the length word is right again, so that the payload is reached.
  if (below(2) === 0 && bytes.length >= 4) bytes.writeUInt32BE(bytes.length);
  return bytes;
}

/** Cuts at random places. */
function tear(below: Random, bytes: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = below(3) === 0 ? 1 + below(8) : bytes.length;
    chunks.push(bytes.subarray(at, at + length));
    at += length;
  }
  return chunks;
}

/** Runs `work` and returns the most any one Buffer took. */
async function largestBuffer(work: () => Promise<void> | void): Promise<number> {
  let largest = 0;
  const methods = ['alloc', 'allocUnsafe', 'concat'] as const;
  const originals = methods.map((name) => [name, Reflect.get(Buffer, name) as (...args: unknown[]) => Buffer] as const);
  for (const [name, original] of originals) {
    Object.assign(Buffer, {
      [name]: (...args: readonly unknown[]): Buffer => {
        const made = original.apply(Buffer, [...args]);
        largest = Math.max(largest, made.length);
        return made;
      },
    });
  }
  try {
    await work();
  } finally {
    Object.assign(Buffer, Object.fromEntries(originals));
  }
  return largest;
}

/** Fails naming the case, so that it can become a test of its own. */
function expectOnlyProtocolErrors(bytes: Buffer, work: () => void): void {
  const startedAt = performance.now();
  try {
    work();
  } catch (error) {
    if (!(error instanceof ProtocolError) && !(error instanceof XdrError)) {
      throw new Error(`seed ${String(SEED)}: ${bytes.toString('hex')} threw something else`, { cause: error });
    }
  }
  const tookMs = performance.now() - startedAt;
  if (tookMs > 2000) throw new Error(`seed ${String(SEED)}: ${bytes.toString('hex')} took ${String(tookMs)} ms`);
}

describe('spoilt packets', () => {
  test(`through splitter, header and every layout: ${String(CASES)} cases`, async () => {
    const below = random(SEED);
    expect(LAYOUTS.length).toBeGreaterThan(100);
    let decoded = 0;
    let refused = 0;
    const largest = await largestBuffer(() => {
      for (let i = 0; i < CASES; i++) {
        const bytes = spoil(below);
        const chunks = tear(below, bytes);
        const layouts = [pick(below, LAYOUTS, remoteError), i % 2 === 0 ? remoteError : (LAYOUTS[1] ?? remoteError)];
        for (const layout of layouts) {
          refused++;
          expectOnlyProtocolErrors(bytes, () => {
            const splitter = new FrameSplitter();
            for (const chunk of chunks) {
              splitter.push(chunk);
              for (let next = splitter.next(); next !== null; next = splitter.next()) {
                layout.read(new XdrReader(decodePacket(next).payload));
                decoded++;
              }
            }
            refused--;
          });
        }
      }
    });
    expect(largest).toBeLessThanOrEqual(PACKET_MAX_BYTES);
    // Neither nothing but noise, nor nothing but clean packets.
    expect(decoded).toBeGreaterThan(CASES / 20);
    expect(refused).toBeGreaterThan(CASES / 20);
  }, 3_600_000);

  test(`to a client with calls and a stream open: ${String(Math.ceil(CASES / CASES_PER_CLIENT))} cases`, async () => {
    const below = random(SEED + 1);
    const dom = { name: 'a', uuid: '00000000-0000-0000-0000-000000000000', id: 1 };
    const outcomes = { answered: 0, failed: 0, closed: 0 };
    const largest = await largestBuffer(async () => {
      for (let done = 0; done < CASES / CASES_PER_CLIENT; done += BATCH) {
        const batch = Array.from({ length: BATCH }, () => {
          const peer = new Peer();
          const client = new RpcClient(peer.pipe, { maxInFlight: STREAM_SERIAL, deadlineMs: Infinity });
          client.onEvent(DOMAIN_EVENT_CALLBACK_LIFECYCLE, () => undefined);
          const calls = GOLDEN_CALLS.map((golden) => golden.make(client));
          const opening = client.openStream(DOMAIN_SCREENSHOT, { dom, screen: 0, flags: 0 }).then(({ stream }) => {
            stream.on('error', () => undefined);
            stream.resume();
          });
          return { peer, client, results: Promise.allSettled([...calls, opening]) };
        });
        await settle();
        for (const { peer, client } of batch) {
          const bytes = spoil(below);
          expectOnlyProtocolErrors(bytes, () => {
            for (const chunk of tear(below, bytes)) if (!peer.pipe.destroyed) peer.send(chunk);
          });
          if (peer.pipe.destroyed) outcomes.closed++;
          client.close();
        }
        for (const { client, results } of batch) {
          const reason = await client.closed;
          if (reason !== null && !(reason instanceof ProtocolError)) throw reason;
          for (const result of await results) {
            if (result.status === 'fulfilled') outcomes.answered++;
            else if (result.reason instanceof LibvirtError) outcomes.failed++;
            else throw result.reason;
          }
        }
      }
    });
    await settle();
    expect(largest).toBeLessThanOrEqual(PACKET_MAX_BYTES);
    expect(Math.min(outcomes.answered, outcomes.failed, outcomes.closed)).toBeGreaterThan(
      CASES / CASES_PER_CLIENT / 20,
    );
  }, 3_600_000);
});
