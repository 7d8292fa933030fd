// SPDX-License-Identifier: Apache-2.0
// Random patterns and names, the same on every machine, and a matcher made another way than ours to hold ours against.

/** mulberry32: a whole number from 0 below the given one. */
export type Random = (below: number) => number;

export function random(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

export function pick<T>(next: Random, from: readonly T[]): T {
  const picked = from[next(from.length)];
  if (picked === undefined) throw new RangeError('nothing to pick from');
  return picked;
}

/** A text of up to `lengthMax` of these characters. */
export function text(next: Random, alphabet: readonly string[], lengthMax: number): string {
  return Array.from({ length: next(lengthMax + 1) }, () => pick(next, alphabet)).join('');
}

/** By the table of all prefixes: row i, column j tells whether i characters of the pattern match j of the name. */
export function matchesByTable(pattern: string, name: string): boolean {
  const wanted = [...pattern.matchAll(/[^]/gu)].map(([character]) => character);
  const given = [...name.matchAll(/[^]/gu)].map(([character]) => character);
  let row = [true, ...given.map(() => false)];
  for (const character of wanted) {
    const next: boolean[] = [character === '*' && row[0] === true];
    for (let j = 1; j <= given.length; j++) {
      if (character === '*') next.push(row[j] === true || next[j - 1] === true);
      else next.push(row[j - 1] === true && (character === '?' || character === given[j - 1]));
    }
    row = next;
  }
  return row[given.length] === true;
}
