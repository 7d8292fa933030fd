// SPDX-License-Identifier: Apache-2.0
// docs/configuration.md has a row for every key, flag and variable, and its example is a configuration.
// `npm run docs` (VIREO_UPDATE_DOCS=1) writes the tables anew.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import {
  DEFAULT_API,
  DEFAULT_CONSOLE,
  DEFAULT_LISTEN_ADDRESS,
  DEFAULT_LOG_LEVEL,
  DEFAULT_POLL,
  DEFAULT_TOKEN,
  GRAFANA_KEYS_PATH,
} from '../../exporter/src/config/defaults.ts';
import { FLAGS } from '../../exporter/src/config/flags.ts';
import type { FlagDoc } from '../../exporter/src/config/flags.ts';
import { loadConfig } from '../../exporter/src/config/load.ts';
import { KEY_DOCS } from '../../exporter/src/config/key-docs.ts';
import { configFileSchema } from '../../exporter/src/config/schema.ts';
import { GROUPS } from '../../exporter/src/contract/groups.ts';
import { PRIVILEGES, PRIVILEGE_DOCS } from '../../exporter/src/contract/privileges.ts';
import { blockOf, table } from './generated-blocks.ts';

const PAGE = join(__dirname, '../../docs/configuration.md');

const DEFAULTS: Readonly<Record<string, string>> = {
  hosts: 'the local daemon',
  'hosts[].console.via': 'auto',
  'console.tls.caFile': DEFAULT_CONSOLE.tls.caFile,
  ...Object.fromEntries(
    Object.entries(DEFAULT_CONSOLE)
      .filter(([key]) => key !== 'tls')
      .map(([key, value]) => [`console.${key}`, JSON.stringify(value)]),
  ),
  'web.listenAddresses': `[${DEFAULT_LISTEN_ADDRESS}]`,
  'log.level': DEFAULT_LOG_LEVEL,
  ...Object.fromEntries(GROUPS.map(({ name, on }) => [`groups.${name}`, String(on)])),
  'api.readOnly': String(DEFAULT_API.readOnly),
  'api.tokens[].hosts': JSON.stringify(DEFAULT_TOKEN.hosts),
  'api.tokens[].domains': JSON.stringify(DEFAULT_TOKEN.domains),
  'api.grafana.requireIdentity': String(DEFAULT_API.requireIdentity),
  'api.grafana.jwksUrl': `url + ${GRAFANA_KEYS_PATH}`,
  'api.grafana.issuer': 'url',
  ...Object.fromEntries(Object.entries(DEFAULT_POLL).map(([key, value]) => [`poll.${key}`, String(value)])),
  ...Object.fromEntries(
    Object.entries(DEFAULT_API.rateLimit).map(([key, value]) => [`api.rateLimit.${key}`, String(value)]),
  ),
};

interface Key {
  readonly key: string;
  readonly allowed: string;
  readonly help: string;
  readonly required: boolean;
}

/** Every key of a mapping and below. */
function keysOf(schema: z.core.$ZodType, prefix: string): Key[] {
  const shape: Record<string, z.core.$ZodType> = schema instanceof z.ZodObject ? schema.shape : {};
  return Object.entries(shape).flatMap(([name, field]) => {
    const inner: z.core.$ZodType = field instanceof z.ZodOptional ? field.unwrap() : field;
    const doc = KEY_DOCS.get(inner);
    if (doc === undefined) throw new Error(`${prefix}${name} has no KeyDoc`);
    const key = prefix + name;
    const own: Key = { key, allowed: doc.allowed, help: doc.help, required: inner === field };
    // What a host says of its groups is what the file says of all of them.
    if (key === 'hosts[].groups' || key === 'hosts[].domains') return [own];
    const below = inner instanceof z.ZodArray ? keysOf(inner.element, `${key}[].`) : keysOf(inner, `${key}.`);
    return [own, ...below];
  });
}

const keys = keysOf(configFileSchema, '');

describe('docs/configuration.md', () => {
  it('has a row for every key, with its range and default', () => {
    const rows = keys.map(({ key, allowed, help, required }) => {
      const value = DEFAULTS[key];
      const fallback = value ?? (required ? 'required' : '');
      return [`\`${key}\``, fallback, allowed, help];
    });
    const expected = table(['Key', 'Default', 'Must be', 'What it is'], rows);
    expect(blockOf(PAGE, 'keys', expected)).toBe(expected);
  });

  it('has a row for every flag and its variable', () => {
    const rows = Object.entries<FlagDoc>(FLAGS).map(([name, flag]) => [
      `\`${name}${flag.value === undefined ? '' : `=${flag.value}`}\``,
      flag.repeatable === true ? 'yes' : '',
      flag.env === undefined ? '' : `\`${flag.env}\``,
      flag.help,
    ]);
    const expected = table(['Flag', 'Repeatable', 'Variable', 'What it does'], rows);
    expect(blockOf(PAGE, 'flags', expected)).toBe(expected);
  });

  it('has a row for every privilege', () => {
    const rows = PRIVILEGES.map((privilege) => [`\`${privilege}\``, PRIVILEGE_DOCS[privilege].meaning]);
    const expected = table(['Privilege', 'What it allows'], rows);
    expect(blockOf(PAGE, 'privileges', expected)).toBe(expected);
  });

  it('has an example that is a configuration, with every key in it', () => {
    const example = /```yaml\n# vireo\.yml\n([^]*?)```/.exec(readFileSync(PAGE, 'utf8'))?.[1] ?? '';
    const directory = mkdtempSync(join(tmpdir(), 'vireo-docs-'));
    try {
      const file = join(directory, 'vireo.yml');
      writeFileSync(file, example);
      writeFileSync(join(directory, 'kvm3.password'), 'x', { mode: 0o600 });
      const config = loadConfig(['--config.file', file], { KVM4_PASSWORD: 'x' });
      expect(config.hosts.length).toBeGreaterThan(0);
      expect(config.warnings).toEqual([]);
    } finally {
      rmSync(directory, { recursive: true });
    }
    for (const { key } of keys) {
      // The table of groups shows them all.
      if (key.startsWith('groups.')) continue;
      const name = key.split('.').at(-1) ?? '';
      expect([name, new RegExp(`\\b${name}:`).test(example)]).toEqual([name, true]);
    }
  });

  it('knows no default of a key that is none', () => {
    const known = keys.map(({ key }) => key);
    expect(Object.keys(DEFAULTS).filter((key) => !known.includes(key))).toEqual([]);
  });
});
