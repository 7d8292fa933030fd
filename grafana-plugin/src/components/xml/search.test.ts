// SPDX-License-Identifier: Apache-2.0
import { findMatches, MATCHES_MAX } from './search';

describe('findMatches', () => {
  it('finds a text whatever its case, and what would mean something in a pattern', () => {
    expect(findMatches("<Disk a='(b)'/><disk/>", 'disk')).toEqual([
      { start: 1, end: 5 },
      { start: 16, end: 20 },
    ]);
    expect(findMatches("<a b='(c)'/>", '(c)')).toEqual([{ start: 6, end: 9 }]);
  });

  it('keeps offsets behind letters whose case has another length', () => {
    expect(findMatches('İ<x/>', '<x/>')).toEqual([{ start: 1, end: 5 }]);
  });

  it('finds nothing of nothing', () => {
    expect(findMatches('abc', '')).toEqual([]);
    expect(findMatches('', 'abc')).toEqual([]);
  });

  it('stops at its limit', () => {
    expect(findMatches('a'.repeat(MATCHES_MAX + 1), 'a')).toHaveLength(MATCHES_MAX);
  });
});
