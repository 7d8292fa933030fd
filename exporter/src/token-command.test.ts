// SPDX-License-Identifier: Apache-2.0

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Principal } from './auth/principal.ts';
import { TokenStore } from './auth/tokens.ts';
import type { ApiConfig } from './config/config.ts';
import { loadApiConfig } from './config/api-config.ts';
import { PRIVILEGES } from './contract/privileges.ts';
import { runTokenCommand } from './token-command.ts';

/** The token and the line that a run printed. */
function printed(argv: readonly string[]): { readonly token: string; readonly line: string } {
  const { stdout, stderr, exitCode } = runTokenCommand(argv);
  expect([stderr, exitCode]).toEqual(['', 0]);
  const token = /^ {2}(vireo_\S+)$/m.exec(stdout)?.[1] ?? '';
  const line = /^ {4}- \{.*\}$/m.exec(stdout)?.[0] ?? '';
  expect(stdout.split(token)).toHaveLength(2);
  return { token, line };
}

/** The section `api` of a file with these lines in it. */
function configured(...lines: readonly string[]): ApiConfig {
  const directory = mkdtempSync(join(tmpdir(), 'vireo-token-'));
  try {
    const file = join(directory, 'vireo.yml');
    writeFileSync(file, `api:\n  tokens:\n${lines.join('\n')}\n`);
    return loadApiConfig(file);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe('vireo token', () => {
  it('makes a token that its line lets in', () => {
    const argv = ['--name=web', '--privileges', 'read, power', '--hosts=kvm*,esx?', '--domains', 'web-*'];
    const { token, line } = printed(argv);
    const { tokens } = configured(line);
    expect(tokens).toMatchObject([
      { name: 'web', privileges: ['read', 'power'], hosts: ['kvm*', 'esx?'], domains: ['web-*'] },
    ]);
    const principal = new TokenStore(tokens).authenticate(token);
    expect(principal).toBeInstanceOf(Principal);
    expect(principal).toHaveProperty('tokenName', 'web');
  });

  it('allows reading only, by default, under a name of its own', () => {
    const lines = [printed([]).line, printed([]).line];
    const { tokens } = configured(...lines);
    expect(tokens.map(({ privileges, hosts, domains }) => ({ privileges, hosts, domains }))).toEqual([
      { privileges: ['read'], hosts: ['*'], domains: ['*'] },
      { privileges: ['read'], hosts: ['*'], domains: ['*'] },
    ]);
    expect(tokens[0]?.name).toMatch(/^token-[0-9a-f]{8}$/);
  });

  it('makes 256 random bits', () => {
    const tokens = Array.from({ length: 100 }, () => printed([]).token);
    for (const token of tokens) expect(token).toMatch(/^vireo_[\w-]{43}$/);
    expect(new Set(tokens).size).toBe(100);
    // Every bit is set in some and not in others; by chance one would fail once in 2^91 runs.
    const all = tokens.map((token) => Buffer.from(token.slice('vireo_'.length), 'base64url'));
    for (let bit = 0; bit < 256; bit++) {
      const set = all.filter((bytes) => ((bytes[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0).length;
      expect(set > 0 && set < 100).toBe(true);
    }
  });

  it('keeps texts that YAML would read as something else', () => {
    const { line } = printed(['--name=1e3', '--hosts=*,true', '--domains=a: b,# c,"d"']);
    expect(configured(line).tokens).toMatchObject([
      { name: '1e3', hosts: ['*', 'true'], domains: ['a: b', '# c', '"d"'] },
    ]);
  });

  it('knows every privilege', () => {
    const { line } = printed([`--privileges=${PRIVILEGES.join(',')}`]);
    expect(configured(line).tokens[0]?.privileges).toEqual(PRIVILEGES);
  });

  it.each([
    [
      'an unknown privilege',
      ['--privileges=read,pwoer'],
      '--privileges: "pwoer" is no privilege; they are read, xml, power, force, console.view, console.control; did you mean power?',
    ],
    [
      'all privileges by a star',
      ['--privileges=*'],
      '--privileges: "*" is no privilege; they are read, xml, power, force, console.view, console.control',
    ],
    ['an empty privilege', ['--privileges=read,'], '--privileges: "" is no privilege; they are '],
    ['no privilege', ['--privileges='], '--privileges: its value is missing; write --privileges=...'],
    ['a value that is missing', ['--name', '--hosts=*'], '--name: its value is missing; write --name=...'],
    ['a value that is missing at the end', ['--name'], '--name: its value is missing; write --name=...'],
    ['a bad name', ['--name=a b'], '--name: "a b" is not allowed; must be 1 to 63 letters'],
    ['an empty pattern', ['--hosts=kvm1,,kvm2'], '--hosts: "kvm1,,kvm2" is not allowed; must be patterns with commas'],
    ['a pattern with a line end', ['--domains=a\nb'], '--domains: "a\\nb" is not allowed; must be patterns with'],
    ['a flag twice', ['--name=a', '--name=b'], '--name: given more than once; put commas between values'],
    ['an unknown flag', ['--privilege', 'read'], '"--privilege": unknown flag; did you mean --privileges? See'],
    ['what is no flag', ['read'], '"read": unknown flag; See vireo token --help'],
  ])('refuses %s, and makes nothing', (_, argv, problem) => {
    const { stdout, stderr, exitCode } = runTokenCommand(argv);
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 });
    expect(stderr).toMatch(/^[^\n]+\n$/);
    expect(stderr).toContain(`vireo token: ${problem}`);
  });

  it('explains every flag and privilege', () => {
    const { stdout, exitCode } = runTokenCommand(['--help']);
    expect(exitCode).toBe(0);
    for (const word of [...PRIVILEGES, '--name', '--privileges', '--hosts', '--domains'])
      expect(stdout).toContain(word);
    expect(stdout).not.toContain('vireo_');
  });
});
