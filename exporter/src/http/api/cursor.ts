// SPDX-License-Identifier: Apache-2.0
// Cursors: the sort key of the last item of a page, so that what comes or goes in between shifts nothing. The next page
// begins after that key, whether its item is still there or not.

import { HttpProblem } from '../problems.ts';

/** A cursor of the list called `list`, after the item with this key. */
export function writeCursor(list: string, key: readonly string[]): string {
  return Buffer.from(JSON.stringify([list, ...key])).toString('base64url');
}

/**
 * The key in a cursor.
 *
 * @param list what the list and its order are called
 * @param length how many parts a key of it has
 * @throws HttpProblem VIREO_CURSOR
 */
export function readCursor(cursor: string, list: string, length: number): readonly string[] {
  let content: unknown;
  try {
    content = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    content = undefined;
  }
  if (!Array.isArray(content) || content.length !== length + 1 || !content.every((part) => typeof part === 'string')) {
    throw new HttpProblem('VIREO_CURSOR', 'the cursor is not one that this list gave out');
  }
  const [of, ...key] = content;
  if (of !== list) throw new HttpProblem('VIREO_CURSOR', 'the cursor belongs to another list, or to another sort=');
  return key;
}
