// SPDX-License-Identifier: Apache-2.0
// What every page of the repository must keep: links and anchors lead somewhere, shell lines are shell, flags, codes,
// metrics and messages are those of the source. test/integration/docs-commands.test.ts runs the lines marked for it.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { FLAGS, parseFlags } from '../../exporter/src/config/flags.ts';
import type { FlagDoc } from '../../exporter/src/config/flags.ts';
import { METRIC_FAMILIES } from '../../exporter/src/contract/metrics.ts';
import { runTokenCommand } from '../../exporter/src/token-command.ts';
import { allPages, anchorsOf, blocksOf, linksOf, readPage, ROOT } from './markdown.ts';

const PAGES = allPages();
/** Those that speak of codes, metrics and messages; what docs/metrics.md says of other exporters is theirs. */
const OPERATING = PAGES.filter((page) => /^(README|SECURITY|docs\/)/.test(page) && page !== 'docs/metrics.md');

/** Shell lines of a page: its blocks of shell, and what follows the prompts of its sessions. */
function shellOf(page: string): { at: string; text: string }[] {
  return blocksOf(page).flatMap(({ line, info, text }) => {
    const at = `${page}:${String(line)}`;
    if (/^sh( run)?$/.test(info)) return [{ at, text }];
    if (info !== 'console') return [];
    return [...text.matchAll(/^\$ (.*)$/gm)].map(([, command = '']) => ({ at, text: command }));
  });
}

/** The words after a command wherever a page shows it, one list for each time. */
function argumentsOf(page: string, command: RegExp): string[][] {
  const shown = [
    ...blocksOf(page).map(({ text }) => text),
    ...[...readPage(page).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code),
  ];
  return shown
    .join('\n')
    .split(/\n|&&|\|/)
    .flatMap((text) => command.exec(text.replace(/ +#.*$/, ''))?.[1] ?? [])
    .map((rest) =>
      rest
        .split(/ +/)
        .map((word) => word.replaceAll(/['"]/g, ''))
        .filter((word) => word !== ''),
    );
}

/** All source that a message can come from, as one text. */
function sourceText(): string {
  return ['exporter/src', 'libvirt/src']
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
        .map((file) => readFileSync(join(ROOT, folder, file), 'utf8')),
    )
    .join('\n');
}

describe.each(PAGES)('%s', (page) => {
  it('has links and anchors that lead somewhere', () => {
    const lost = linksOf(page).filter((link) => {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : normalize(join(dirname(page), path));
      if (!existsSync(join(ROOT, target))) return true;
      return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).has(anchor);
    });
    expect(lost).toEqual([]);
  });

  it('has shell lines that bash can read', () => {
    const broken = shellOf(page).flatMap(({ at, text }) => {
      const { status, stderr } = spawnSync('bash', ['-n'], { input: text, encoding: 'utf8' });
      return status === 0 ? [] : [`${at}: ${stderr}`];
    });
    expect(broken).toEqual([]);
  });

  it('shows flags that there are', () => {
    const problems = [
      ...argumentsOf(page, /^(?:\$ )?(?:npm start --|(?:npx )?vireo) (-.*)$/).flatMap(
        (words) => parseFlags(words).problems,
      ),
      ...argumentsOf(page, /(?:npm start --|vireo) token (-.*)$/).map((words) => runTokenCommand(words).stderr),
    ];
    expect(problems.filter((problem) => problem !== '')).toEqual([]);
  });
});

describe.each(OPERATING)('%s', (page) => {
  it('names codes that docs/errors.md explains', () => {
    const known = new Set([
      ...[...readPage('docs/errors.md').matchAll(/`((?:VIREO|LV|VIR_ERR)_[A-Z_]+)`/g)].map(([, code = '']) => code),
      ...Object.values<FlagDoc>(FLAGS).flatMap(({ env }) => env ?? []),
    ]);
    const named = [...readPage(page).matchAll(/\b(?:VIREO|LV|VIR_ERR)_[A-Z]+(?:_[A-Z]+)*\b/g)].map(([code]) => code);
    expect(named.filter((code) => !known.has(code))).toEqual([]);
  });

  it('names metrics of the contract', () => {
    const families = METRIC_FAMILIES.map(({ name }) => name);
    const named = [...readPage(page).matchAll(/\b(?:libvirt|vireo)_[a-z0-9_]+\b(\*?)/g)].map(([name]) => name);
    const unknown = named.filter((name) => {
      const begin = name.replace('*', '');
      return !families.some((family) =>
        name === begin && !name.endsWith('_') ? family === name : family.startsWith(begin),
      );
    });
    expect(unknown).toEqual([]);
  });
});

describe('docs/troubleshooting.md', () => {
  it('quotes messages as the source has them', () => {
    const source = sourceText();
    // The last column says what to do: its code is commands.
    const told = [...readPage('docs/troubleshooting.md').matchAll(/^\| (.*) \|[^|]*\|$/gm)].map(
      ([, cells = '']) => cells,
    );
    const quoted = told
      .flatMap((cells) => [...cells.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code))
      .filter((code) => code.includes(' ') && !/[={}<>"]/.test(code));
    expect(quoted.length).toBeGreaterThan(35);
    const parts = quoted.flatMap((message) => message.split('…').map((part) => part.trim()));
    expect(parts.filter((part) => !source.includes(part))).toEqual([]);
  });
});

test('README.md leads to every page of docs', () => {
  const linked = new Set(linksOf('README.md'));
  const pages = PAGES.filter((page) => /^docs\/[^/]+\.md$/.test(page));
  expect(pages.filter((page) => !linked.has(page))).toEqual([]);
  expect(readPage('README.md').split('\n').length).toBeLessThan(200);
});
