// SPDX-License-Identifier: Apache-2.0
// Patterns of names, as tokens and filters have them: `*` is any text, also none, `?` any one character; every other
// character is itself.
// No regular expression is made of a pattern, so none of its characters has another meaning and none can blow up.

/** Whether a whole name matches. */
export type Glob = (name: string) => boolean;

/** Makes a matcher; it takes at most (length of the pattern) × (length of the name) steps. */
export function compileGlob(pattern: string): Glob {
  if (/^\*+$/.test(pattern)) return () => true;
  if (!/[*?]/.test(pattern)) return (name) => name === pattern;
  // By code point, so that `?` is one emoji, not half of it.
  const wanted = Array.from(pattern);
  return (name) => matches(wanted, Array.from(name));
}

/** Greedy: on a mismatch only the last star takes one more, since what an earlier one could take, it can too. */
function matches(pattern: readonly string[], name: readonly string[]): boolean {
  let p = 0;
  let n = 0;
  let afterStar = -1;
  let starEnd = 0;
  while (n < name.length) {
    const wanted = pattern[p];
    if (wanted === '*') {
      p++;
      afterStar = p;
      starEnd = n;
    } else if (wanted !== undefined && (wanted === '?' || wanted === name[n])) {
      p++;
      n++;
    } else if (afterStar !== -1) {
      p = afterStar;
      starEnd++;
      n = starEnd;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
