// SPDX-License-Identifier: Apache-2.0
// docs/errors.md has every code a log line, a page or an answer can show, and no other. `npm run docs`
// (VIREO_UPDATE_DOCS=1) writes the tables anew.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { FLAGS } from '../../exporter/src/config/flags.ts';
import type { FlagDoc } from '../../exporter/src/config/flags.ts';
import { PROBLEMS } from '../../exporter/src/contract/problems.ts';
import { CONSOLE_REFUSALS, REFUSALS } from '../../exporter/src/contract/refusals.ts';
import { TASK_STEPS, stepLine } from '../../exporter/src/contract/task-steps.ts';
import { TASK_CODES } from '../../exporter/src/contract/tasks.ts';
import { CLIENT_ADVICE, DAEMON_ADVICE } from '../../exporter/src/http/advice.ts';
import { PROTOCOL_CODES, TRANSPORT_CODES, USAGE_CODES } from '../../libvirt/src/errors.ts';
import type { ErrorCode } from '../../libvirt/src/errors.ts';
import { ERROR_NUMBERS } from '../../libvirt/src/protocol/error-numbers.ts';
import { blockOf, table } from './generated-blocks.ts';

const ROOT = join(__dirname, '../..');
const PAGE = join(ROOT, 'docs/errors.md');

const CLIENT_MEANINGS: Readonly<Record<ErrorCode, { readonly meaning: string }>> = {
  ...USAGE_CODES,
  ...TRANSPORT_CODES,
  ...PROTOCOL_CODES,
  LV_REMOTE: { meaning: 'The daemon answered with an error of libvirt, named in the message.' },
  LV_BUSY: {
    meaning: 'Too many calls wait for a free slot of the connection; this one was not sent.',
  },
  LV_TIMEOUT: { meaning: 'A call had no answer by its deadline; the daemon may still carry it out.' },
  LV_ABORTED: { meaning: 'The caller gave a call up before its answer came.' },
};

/** Codes between quotes in the source of a package, tests aside. */
function codesIn(directory: string, pattern: RegExp): Set<string> {
  const files = readdirSync(join(ROOT, directory), { recursive: true, encoding: 'utf8' });
  const sources = files.filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
  return new Set(
    sources.flatMap((file) =>
      [...readFileSync(join(ROOT, directory, file), 'utf8').matchAll(pattern)].map(([, code = '']) => code),
    ),
  );
}

/** The codes with a row of their own. */
const rows = (): string[] =>
  [...readFileSync(PAGE, 'utf8').matchAll(/^\| `([A-Z_]+)` +\|/gm)].map(([, code = '']) => code);

describe('docs/errors.md', () => {
  it('has a row for every problem of HTTP', () => {
    const problems = Object.entries(PROBLEMS).map(([code, { status, meaning, advice }]) => [
      `\`${code}\``,
      String(status),
      meaning,
      advice,
    ]);
    const expected = table(['Code', 'Status', 'Meaning', 'What to do'], problems);
    expect(blockOf(PAGE, 'problems', expected)).toBe(expected);
  });

  it('has a row for every way a task ends without success', () => {
    const codes = Object.entries(TASK_CODES).map(([code, { meaning, advice }]) => [`\`${code}\``, meaning, advice]);
    const expected = table(['Code', 'Meaning', 'What to do'], codes);
    expect(blockOf(PAGE, 'tasks', expected)).toBe(expected);
  });

  it('has a row for every reason an action is refused for', () => {
    const codes = Object.entries(REFUSALS).map(([code, text]) => [`\`${code}\``, text]);
    const expected = table(['Code', 'Reason'], codes);
    expect(blockOf(PAGE, 'refusals', expected)).toBe(expected);
  });

  it('has a row for every reason why there is no console, each under a code of its own', () => {
    const codes = Object.entries(CONSOLE_REFUSALS).map(([code, text]) => [`\`${code}\``, text]);
    const expected = table(['Code', 'Reason'], codes);
    expect(blockOf(PAGE, 'console refusals', expected)).toBe(expected);
    // `reasonCode` of a problem may be either.
    expect(Object.keys(CONSOLE_REFUSALS).filter((code) => Object.hasOwn(REFUSALS, code))).toEqual([]);
  });

  it('has a row for every kind of step of a task', () => {
    const codes = Object.entries(TASK_STEPS).map(([code, words]) => [`\`${code}\``, stepLine(words)]);
    const expected = table(['Code', 'Step'], codes);
    expect(blockOf(PAGE, 'steps', expected)).toBe(expected);
  });

  it('has a row for every code of the client', () => {
    const codes = Object.entries(CLIENT_ADVICE).map(([code, advice]) => {
      const { meaning } = CLIENT_MEANINGS[code as ErrorCode];
      return [`\`${code}\``, meaning, advice];
    });
    expect(codes).toHaveLength(Object.keys(CLIENT_MEANINGS).length);
    const expected = table(['Code', 'Meaning', 'What to do'], codes);
    expect(blockOf(PAGE, 'client', expected)).toBe(expected);
  });

  it('has a row for every error of libvirt it has advice for, by libvirt’s own name', () => {
    const names = ERROR_NUMBERS.map(({ name }) => name);
    const errors = Object.entries(DAEMON_ADVICE).map(([name, advice]) => {
      const entry = ERROR_NUMBERS.find((known) => known.name === name);
      return [`\`${name}\``, String(entry?.number), advice];
    });
    expect(Object.keys(DAEMON_ADVICE).filter((name) => !names.includes(name))).toEqual([]);
    const expected = table(['Name', 'Number', 'What to do'], errors);
    expect(blockOf(PAGE, 'daemon', expected)).toBe(expected);
  });

  it('has a row for every code in the source of the exporter, and none for another', () => {
    const variables = Object.values<FlagDoc>(FLAGS).map((flag) => flag.env);
    const inSource = [...codesIn('exporter/src', /'(VIREO_[A-Z]+(?:_[A-Z]+)*)'/g)];
    const codes = [...inSource, ...Object.keys(PROBLEMS)].filter((code) => !variables.includes(code));
    const documented = rows().filter((code) => code.startsWith('VIREO_'));
    expect([...new Set(documented)].sort()).toEqual([...new Set(codes)].sort());
  });

  it('has a row for every code in the source of the client, and none for another', () => {
    const codes = codesIn('libvirt/src', /'(LV_[A-Z]+(?:_[A-Z]+)*)'/g);
    const documented = rows().filter((code) => code.startsWith('LV_'));
    expect([...codes].filter((code) => !documented.includes(code))).toEqual([]);
    expect([...documented].sort()).toEqual(Object.keys(CLIENT_MEANINGS).sort());
  });
});
