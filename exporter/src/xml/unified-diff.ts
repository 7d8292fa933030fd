// SPDX-License-Identifier: Apache-2.0
// Lines that were compared already, as the unified format of `diff -u`.

/** A line of both texts, of the first only (`-`) or of the second only (`+`). */
export interface DiffLine {
  readonly mark: ' ' | '-' | '+';
  readonly text: string;
}

/** Unchanged lines around a change, as `diff -u` gives. */
const CONTEXT_LINES = 3;

/** The changes with their surroundings, from `live` to `config`; `''` when there are none. */
export function unifiedDiff(diff: readonly DiffLine[]): string {
  const hunks: { start: number; end: number }[] = [];
  diff.forEach(({ mark }, index) => {
    if (mark === ' ') return;
    const start = Math.max(0, index - CONTEXT_LINES);
    const end = Math.min(diff.length, index + CONTEXT_LINES + 1);
    const last = hunks.at(-1);
    if (last !== undefined && start <= last.end) last.end = end;
    else hunks.push({ start, end });
  });
  if (hunks.length === 0) return '';

  let text = '--- live\n+++ config\n';
  // Lines of each side before the hunk.
  let [live, config, at] = [0, 0, 0];
  for (const { start, end } of hunks) {
    // Only unchanged lines stand between hunks.
    live += start - at;
    config += start - at;
    const lines = diff.slice(start, end);
    const [before, after] = [count(lines, '+'), count(lines, '-')];
    text += `@@ -${range(live, before)} +${range(config, after)} @@\n`;
    text += lines.map((line) => `${line.mark}${line.text}\n`).join('');
    live += before;
    config += after;
    at = end;
  }
  return text;
}

function count(lines: readonly DiffLine[], without: DiffLine['mark']): number {
  return lines.filter(({ mark }) => mark !== without).length;
}

/** `first,count`; of no lines, the line before. */
function range(before: number, lines: number): string {
  return `${String(lines === 0 ? before : before + 1)},${String(lines)}`;
}
