// SPDX-License-Identifier: Apache-2.0
import { SampleMemory } from './sample-lines.ts';
import type { WrittenSamples } from './sample-lines.ts';

type Sample = readonly [family: number, labels: string, value: number];

const NAMES = ['up', 'cpu_seconds_total', 'bytes_total'];

function write(memory: SampleMemory, samples: readonly Sample[], before?: WrittenSamples): WrittenSamples {
  memory.clear();
  for (const [family, labels, value] of samples) memory.add(family, labels, value);
  return memory.write(before);
}

/** What the lines must be, put together without any memory. */
function expected(samples: readonly Sample[]): string {
  return NAMES.flatMap((name, index) =>
    samples.filter(([family]) => family === index).map(([, labels, value]) => `${name}${labels}${String(value)}\n`),
  ).join('');
}

/** Numbers that are the same in every run. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const VALUES = [0, 1, 9, 10, 4_294_967_296, 2 ** 48 - 1, 2 ** 48, 2 ** 53, 0.5, 1e-9, -7, 1e300, 123_456.789];

test('lines are the same whatever was written before', () => {
  const random = sequence(7);
  const memory = new SampleMemory(NAMES);
  let before: WrittenSamples | undefined;
  let domains = Array.from({ length: 40 }, (_, i) => `{domain="d${String(i)}"} `);
  for (let round = 0; round < 200; round++) {
    // Some go, some come, in the middle too; most stay, and half of their values.
    if (round % 3 === 0) domains = domains.filter(() => random() < 0.9);
    if (round % 4 === 0) domains.splice(Math.floor(random() * domains.length), 0, `{domain="é${String(round)}🐦"} `);
    if (round % 50 === 49) domains = domains.toReversed();
    const samples = domains.flatMap((labels, i): Sample[] =>
      NAMES.map((_, family) => {
        const value = (i + family) % 2 === 0 ? i : Math.floor(random() * VALUES.length);
        return [family, labels, VALUES[value % VALUES.length] ?? 0];
      }),
    );
    const written = write(memory, samples, before);
    expect(written.bytes.toString()).toBe(expected(samples));
    expect(written.offsets.at(-1)).toBe(written.bytes.length);
    before = written;
  }
});

test('whole numbers are written digit by digit as String() writes them', () => {
  const random = sequence(11);
  const memory = new SampleMemory(['x']);
  for (let bits = 0; bits <= 60; bits++) {
    for (const value of [2 ** bits, 2 ** bits - 1, Math.floor(random() * 2 ** bits), 10 ** (bits % 20) - 1]) {
      expect(write(memory, [[0, ' ', value]]).bytes.toString()).toBe(`x ${String(value)}\n`);
    }
  }
});

test('what was written before is left as it is', () => {
  const memory = new SampleMemory(NAMES);
  const first = write(memory, [[0, '{} ', 1]]);
  const second = write(memory, [[0, '{} ', 22]], first);
  expect([first, second].map(({ bytes }) => bytes.toString())).toEqual(['up{} 1\n', 'up{} 22\n']);
});
