// SPDX-License-Identifier: Apache-2.0
// The repository's pages as tests read them: fenced blocks, links, and the anchors that GitHub gives headings.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The root of the repository. */
export const ROOT = join(__dirname, '../..');

/** A fenced block. */
export interface FencedBlock {
  /** The path of its page, below the root. */
  readonly page: string;
  /** Of its first line, from 1. */
  readonly line: number;
  /** What stands behind the fence, `sh run` say. */
  readonly info: string;
  readonly text: string;
}

/** Every page of the repository, as paths below the root; what is installed, built or hidden is none of it. */
export function allPages(folder = ''): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (/^\.|^(node_modules|dist|coverage)$/.test(entry.name)) return [];
      if (entry.isDirectory()) return allPages(path);
      return entry.name.endsWith('.md') ? [path] : [];
    });
}

/** The text of a page. */
export function readPage(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

/** The fenced blocks of a page; an indented one without its indent. */
export function blocksOf(page: string): FencedBlock[] {
  const text = readPage(page);
  return [...text.matchAll(/^( *)```([^\n`]*)\n([^]*?)^\1```$/gm)].map(
    ({ index, 1: indent = '', 2: info = '', 3: body = '' }) => ({
      page,
      line: text.slice(0, index).split('\n').length + 1,
      info,
      text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }),
  );
}

/** A page without its fenced blocks and its code. */
function proseOf(page: string): string {
  return readPage(page)
    .replaceAll(/^( *)```[^]*?^\1```$/gm, '')
    .replaceAll(/`[^`\n]+`/g, (code) => code.replaceAll(/[[\]()]/g, '_'));
}

/** Targets of the links and pictures of a page, those to other sites left out. */
export function linksOf(page: string): string[] {
  return [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchors of a page: its headings in GitHub's spelling, a repeated one with a number. */
export function anchorsOf(page: string): Set<string> {
  const seen = new Map<string, number>();
  const anchors = new Set<string>();
  const text = readPage(page).replaceAll(/^( *)```[^]*?^\1```$/gm, '');
  for (const [, heading = ''] of text.matchAll(/^#{1,6} +(.+?) *$/gm)) {
    const slug = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
      .replaceAll(' ', '-');
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    anchors.add(times === 0 ? slug : `${slug}-${String(times)}`);
  }
  return anchors;
}
