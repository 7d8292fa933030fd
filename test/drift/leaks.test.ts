// SPDX-License-Identifier: Apache-2.0
// The search for planted secrets (test/leaks.mjs) finds one, in whatever form, and does not tell it.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { secret } from '../lab/planted.ts';

const ROOT = join(__dirname, '../..');
const NAME = 'API token all';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vireo-leaks-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

function search(): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'test', 'leaks.mjs'), directory], {
    encoding: 'utf8',
  });
  return { status, said: stdout + stderr };
}

it.each<[string, (value: string) => string]>([
  ['as it is', (value) => value],
  ['in a URL', (value) => `/?token=${encodeURIComponent(value)}`],
  ['in hexadecimal', (value) => Buffer.from(value).toString('hex')],
  ['in Basic credentials', (value) => `Basic ${Buffer.from(`ops:${value}`).toString('base64')}`],
  ['in base64, further in', (value) => Buffer.from(`user:${value}!!`).toString('base64')],
])('finds a secret %s, and tells its file, line and name only', (_, form) => {
  const value = secret(NAME);
  writeFileSync(join(directory, 'exporter.log'), `{"level":"info"}\n{"detail":"${form(value)}"}\n`);
  expect(search()).toEqual({ status: 1, said: `exporter.log:2: ${NAME}\n` });
});

it('finds every secret of the registry, and those made while the tests ran', () => {
  const registry = JSON.parse(readFileSync(join(ROOT, 'test', 'planted-secrets.json'), 'utf8')) as Record<
    string,
    string
  >;
  const made = { name: 'a private key', value: 'MC4CAQAwBQYDK2VwBCIE' };
  writeFileSync(join(directory, 'planted.jsonl'), `${JSON.stringify(made)}\n`);
  writeFileSync(join(directory, 'all.log'), [...Object.values(registry), made.value].join('\n'));
  const names = search()
    .said.split('\n')
    .filter(Boolean)
    .map((line) => line.replace(/^all\.log:\d+: /, ''));
  expect([...new Set(names)].sort()).toEqual([...Object.keys(registry), made.name].sort());
});

it('finds a secret anywhere in a file that is larger than what is looked at in one piece, with its line', () => {
  const value = secret(NAME);
  const piece = 16 * 1024 * 1024;
  const line = `${'x'.repeat(1023)}\n`;
  const lines = (count: number): string => line.repeat(count);
  const across = `${lines(piece / 1024 - 1)}${'y'.repeat(1024 - 10)}${value}\n`;
  writeFileSync(join(directory, 'long.log'), `${across}${lines(100)}${value}\n`);
  const at = piece / 1024;
  expect(search()).toEqual({
    status: 1,
    said: `long.log:${String(at)}: ${NAME}\nlong.log:${String(at + 101)}: ${NAME}\n`,
  });
});

it('finds nothing where there is nothing', () => {
  writeFileSync(join(directory, 'exporter.log'), '{"level":"info","token":"[redacted]"}\n');
  expect(search()).toEqual({ status: 0, said: '' });
});

it('knows every secret that a test of the integration calls planted', () => {
  const folder = join(ROOT, 'test', 'integration');
  const literal = readdirSync(folder).flatMap((file) =>
    [...readFileSync(join(folder, file), 'utf8').matchAll(/planted-[\w-]+/g)].map(([text]) => `${file}: ${text}`),
  );
  // They stand in the registry only.
  expect(literal).toEqual([]);
});
