// SPDX-License-Identifier: Apache-2.0
// Tables inside hand-written pages, between `<!-- begin NAME -->` and `<!-- end NAME -->`, that follow from the source.

import { readFileSync, writeFileSync } from 'node:fs';

/** A table of a page: the one in the file. Before that, with VIREO_UPDATE_DOCS=1, puts `expected` there. */
export function blockOf(page: string, name: string, expected: string): string {
  const [begin, end] = [`<!-- begin ${name} -->\n`, `<!-- end ${name} -->`];
  const text = readFileSync(page, 'utf8');
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from === -1 || to < from) throw new Error(`${page} has no block ${name}`);
  const start = from + begin.length;
  if (process.env['VIREO_UPDATE_DOCS'] === '1') {
    writeFileSync(page, text.slice(0, start) + expected + text.slice(to));
    return expected;
  }
  return text.slice(start, to);
}

/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return `${[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')}\n`;
}
