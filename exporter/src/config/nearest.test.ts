// SPDX-License-Identifier: Apache-2.0

import { nearest } from './nearest.ts';

describe('nearest', () => {
  it.each([
    ['intervalSecond', 'intervalSeconds'],
    ['INTERVALSECONDS', 'intervalSeconds'],
    ['hsots', 'hosts'],
    ['host', 'hosts'],
  ])('finds what %s was meant to be', (word, expected) => {
    expect(nearest(word, ['poll', 'hosts', 'intervalSeconds'])).toBe(expected);
  });

  it('finds nothing for a word unlike all, an endless one, or no candidates', () => {
    expect(nearest('retention', ['poll', 'hosts'])).toBeUndefined();
    expect(nearest('h'.repeat(1_000_000), ['hosts'])).toBeUndefined();
    expect(nearest('hosts', [])).toBeUndefined();
  });
});
