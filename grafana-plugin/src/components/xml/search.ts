// SPDX-License-Identifier: Apache-2.0
// Where a text stands in another; the same for the editor and for plain text.

/** Offsets of one match, the end excluded. */
export interface Match {
  readonly start: number;
  readonly end: number;
}

/** More than anybody steps through; what comes after them isn't marked. */
export const MATCHES_MAX = 1000;

/** Matches in order, whatever the case of letters. Not a pattern: XML is full of what would mean something in one. */
export function findMatches(text: string, wanted: string): readonly Match[] {
  if (wanted === '') {
    return [];
  }
  const pattern = new RegExp(wanted.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'gi');
  const matches: Match[] = [];
  for (const match of text.matchAll(pattern)) {
    matches.push({ start: match.index, end: match.index + match[0].length });
    if (matches.length === MATCHES_MAX) {
      break;
    }
  }
  return matches;
}
