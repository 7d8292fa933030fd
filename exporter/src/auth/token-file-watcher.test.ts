// SPDX-License-Identifier: Apache-2.0

import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiConfig } from '../config/config.ts';
import { loadApiConfig } from '../config/api-config.ts';
import { TokenFileWatcher } from './token-file-watcher.ts';

let directory: string;
let file: string;
let watcher: TokenFileWatcher | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vireo-watch-'));
  file = join(directory, 'vireo.yml');
});
afterEach(() => {
  watcher?.stop();
  rmSync(directory, { recursive: true });
});

/** A file with these tokens. */
function withTokens(...names: readonly string[]): string {
  const lines = names.map((name) => {
    const sha256 = Buffer.from(name.padEnd(32)).toString('hex');
    return `    - { name: ${name}, sha256: '${sha256}', privileges: [read] }\n`;
  });
  return `api:\n  tokens:\n${lines.join('')}`;
}

function watch(text: string, to = file, settleMs = 10) {
  writeFileSync(to, text);
  const changes: ApiConfig[] = [];
  const lines: object[] = [];
  watcher = new TokenFileWatcher({
    file,
    api: loadApiConfig(file),
    onChange: (api) => changes.push(api),
    log: { info: (fields) => lines.push(fields), error: (fields) => lines.push(fields) },
    intervalMs: 10,
    settleMs,
  });
  watcher.start();
  return { watcher, changes, lines };
}

/** Waits until it holds, or five seconds have passed: then the assertion after it says what does not. */
async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 2000 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Long enough for several looks. */
function looks(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 150));
}

describe('the watcher', () => {
  it('puts a changed section in force, and tells the names of the tokens', async () => {
    const { changes, lines } = watch(withTokens('a'));
    writeFileSync(file, withTokens('a', 'b'));
    await until(() => changes.length > 0);
    expect(changes.map((api) => api.tokens.map(({ name }) => name))).toEqual([['a', 'b']]);
    expect(lines).toEqual([{ event: 'config.reloaded', file, tokens: ['a', 'b'] }]);
  });

  it('sees a change between the reading of the file and its start', async () => {
    writeFileSync(file, withTokens('a'));
    const api = loadApiConfig(file);
    writeFileSync(file, withTokens('b'));
    const changes: ApiConfig[] = [];
    const log = { info: () => undefined, error: () => undefined };
    watcher = new TokenFileWatcher({ file, api, onChange: (next) => changes.push(next), log, settleMs: 5 });
    watcher.start();
    await until(() => changes.length > 0);
    expect(changes[0]?.tokens[0]?.name).toBe('b');
  });

  it('says nothing of a file that is touched, or changes elsewhere', async () => {
    const { changes, lines } = watch(withTokens('a'));
    utimesSync(file, 1, 1);
    await looks();
    writeFileSync(file, `${withTokens('a')}log: { level: debug }\n`);
    await looks();
    expect(changes).toEqual([]);
    expect(lines).toEqual([]);
  });

  it('keeps what is in force while the file is broken, with one line for each change', async () => {
    const { changes, lines } = watch(withTokens('a'));
    writeFileSync(file, 'api: { tokens: [{ name: a, token: hunter2 }] }');
    await until(() => lines.length > 0);
    await looks();
    expect(lines).toEqual([
      {
        event: 'config.reload_failed',
        file,
        problems: [
          expect.stringContaining('sha256: is missing'),
          expect.stringContaining('privileges: is missing'),
          expect.stringContaining('a token does not belong in this file'),
        ],
      },
    ]);
    expect(JSON.stringify(lines)).not.toContain('hunter2');
    rmSync(file);
    await until(() => lines.length > 1);
    await looks();
    expect(lines.slice(1)).toEqual([
      { event: 'config.reload_failed', file, problems: [`${file}: no such file; create it or correct the path`] },
    ]);
    expect(changes).toEqual([]);
    writeFileSync(file, withTokens('c'));
    await until(() => changes.length > 0);
    expect(changes[0]?.tokens[0]?.name).toBe('c');
  });

  it('does not take a file that is broken elsewhere', async () => {
    const { changes, lines } = watch(withTokens('a'));
    writeFileSync(file, `${withTokens('a', 'b')}hosts: 1\n`);
    await until(() => lines.length > 0);
    expect(lines).toMatchObject([{ event: 'config.reload_failed' }]);
    expect(changes).toEqual([]);
  });

  it('takes an empty file for what it is: no tokens', async () => {
    const { changes } = watch(withTokens('a'));
    writeFileSync(file, '');
    await until(() => changes.length > 0);
    expect(changes.map((api) => api.tokens)).toEqual([[]]);
  });

  it('does not read a file in the middle of its being written', async () => {
    const { changes, lines } = watch(withTokens('a'), file, 200);
    await looks();
    for (const part of ['', 'api:\n  tokens:\n', 'api: [', withTokens('b')]) {
      writeFileSync(file, part);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    await until(() => changes.length > 0);
    expect(changes.map((api) => api.tokens.map(({ name }) => name))).toEqual([['b']]);
    expect(lines).toMatchObject([{ event: 'config.reloaded' }]);
  });

  it('sees a file of the same size and time put in its place', async () => {
    const { changes } = watch(withTokens('a'));
    const { atime, mtime } = statSync(file);
    await looks();
    const next = join(directory, 'next.yml');
    writeFileSync(next, withTokens('b'));
    utimesSync(next, atime, mtime);
    renameSync(next, file);
    await until(() => changes.length > 0);
    expect(changes[0]?.tokens[0]?.name).toBe('b');
  });

  it('sees a file written in place whose size and time are as before', async () => {
    const { changes } = watch(withTokens('a'));
    utimesSync(file, 1_000, 1_000);
    await looks();
    writeFileSync(file, withTokens('b'));
    utimesSync(file, 1_000, 1_000);
    await until(() => changes.length > 0);
    expect(changes[0]?.tokens[0]?.name).toBe('b');
  });

  it('sees a ConfigMap of Kubernetes being replaced, which turns a link to another directory', async () => {
    for (const version of ['1', '2']) mkdirSync(join(directory, version));
    writeFileSync(join(directory, '2', 'vireo.yml'), withTokens('b'));
    symlinkSync('1', join(directory, '..data'));
    symlinkSync(join('..data', 'vireo.yml'), file);
    const { changes } = watch(withTokens('a'), join(directory, '1', 'vireo.yml'));
    await looks();
    symlinkSync('2', join(directory, '..data_tmp'));
    renameSync(join(directory, '..data_tmp'), join(directory, '..data'));
    await until(() => changes.length > 0);
    expect(changes[0]?.tokens[0]?.name).toBe('b');
  });

  it('reads at once when told to, and again also when nothing changed', () => {
    const { watcher: told, changes, lines } = watch(withTokens('a'));
    writeFileSync(file, withTokens('a', 'b'));
    told.reload();
    told.reload();
    expect(changes).toHaveLength(1);
    writeFileSync(file, '- broken');
    told.reload();
    told.reload();
    expect(lines).toMatchObject([
      { event: 'config.reloaded' },
      { event: 'config.reload_failed' },
      { event: 'config.reload_failed' },
    ]);
  });

  it('leaves the file alone once stopped', async () => {
    const { watcher: stopped, changes } = watch(withTokens('a'));
    stopped.stop();
    writeFileSync(file, withTokens('b'));
    await looks();
    expect(changes).toEqual([]);
  });
});
