// SPDX-License-Identifier: Apache-2.0

import { compileGlob } from './glob.ts';
import { matchesByTable, random, text } from '../auth/scopes.fixture.ts';

describe('a pattern', () => {
  it.each([
    ['*', '', true],
    ['*', 'any\nthing', true],
    ['**', 'x', true],
    ['web-*', 'web-', true],
    ['web-*', 'web-1', true],
    ['web-*', 'my-web-1', false],
    ['*-web', 'my-web', true],
    ['*-web', 'my-web-1', false],
    ['web', 'web', true],
    ['web', 'web1', false],
    ['web', 'Web', false],
    ['web', '', false],
    ['web-?', 'web-1', true],
    ['web-?', 'web-', false],
    ['web-?', 'web-10', false],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['*ab', 'aab', true],
    ['?*', '', false],
    ['?*', 'x', true],
    ['*?', 'x', true],
  ])('%j matches %j: %j', (pattern, name, expected) => {
    expect(compileGlob(pattern)(name)).toBe(expected);
  });

  it.each([
    ['w.b', 'web'],
    ['web|db', 'db'],
    ['^web', 'web'],
    ['web$', 'web'],
    ['[a-z]', 'w'],
    ['(web)', 'web'],
    ['\\w*', 'web'],
    ['web+', 'webb'],
    ['{web,db}', 'web'],
    ['!db', 'web'],
    ['web\\*', 'web*'],
  ])('has no meaning for other characters: %j does not match %j, but itself', (pattern, name) => {
    expect(compileGlob(pattern)(name)).toBe(false);
    expect(compileGlob(pattern)(pattern)).toBe(true);
  });

  it('covers the whole name, whatever line ends are in it', () => {
    for (const lineEnd of ['\n', '\r', '\u2028']) {
      expect(compileGlob('web')(`web${lineEnd}`)).toBe(false);
      expect(compileGlob('web-?')(`web-1${lineEnd}db`)).toBe(false);
      expect(compileGlob('web-*')(`db${lineEnd}web-1`)).toBe(false);
      expect(compileGlob('web-?')(`web-${lineEnd}`)).toBe(true);
    }
  });

  it('counts an emoji as one character, and tells composed from decomposed letters', () => {
    expect(compileGlob('?')('😀')).toBe(true);
    expect(compileGlob('??')('😀')).toBe(false);
    expect(compileGlob('*??')('😀')).toBe(false);
    expect(compileGlob('caf\u00e9*')('cafe\u0301')).toBe(false);
    expect(compileGlob('web')('ｗｅｂ')).toBe(false);
  });

  it('agrees with the table of all prefixes', () => {
    const next = random(20_261_124);
    const letters = ['a', 'b', '.', '\n', '😀', '\ud83d', 'é', '['];
    let matching = 0;
    const wrong: unknown[] = [];
    for (let i = 0; i < 20_000; i++) {
      const pattern = text(next, [...letters.slice(0, 2 + next(letters.length - 1)), '*', '*', '?'], 8);
      const name = text(next, letters.slice(0, 2 + next(letters.length - 1)), 10);
      const expected = matchesByTable(pattern, name);
      if (expected) matching++;
      if (compileGlob(pattern)(name) !== expected) wrong.push({ pattern, name, expected });
    }
    expect(wrong).toEqual([]);
    expect(matching).toBeGreaterThan(2_000);
  });

  it('takes no more than pattern times name steps when it fails at the very end', () => {
    const glob = compileGlob('*a'.repeat(128));
    const startedAt = performance.now();
    for (let i = 0; i < 100; i++) expect(glob(`${'a'.repeat(127)}${'b'.repeat(4_000)}`)).toBe(false);
    // With back-tracking into every star this would not end in the age of the universe.
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});
