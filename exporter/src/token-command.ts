// SPDX-License-Identifier: Apache-2.0
// `vireo token`: makes a bearer token and the line of the configuration that lets it in. Writes nothing to disk, and
// the token is nowhere but in what is printed.

import { createHash, randomBytes } from 'node:crypto';
import { tokenSchema } from './config/api-schema.ts';
import { DEFAULT_TOKEN } from './config/defaults.ts';
import { KEY_DOCS } from './config/key-docs.ts';
import { nearest } from './config/nearest.ts';
import { PRIVILEGES, PRIVILEGE_DOCS, isPrivilege } from './contract/privileges.ts';

/** Told from other secrets by people and by scanners. */
const TOKEN_PREFIX = 'vireo_';
const TOKEN_BYTES = 32;

const FLAGS = ['--name', '--privileges', '--hosts', '--domains'] as const;
type Flag = (typeof FLAGS)[number];

/** What to print, and how to exit. */
export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  /** 0, or 2 for wrong usage. */
  readonly exitCode: number;
}

/**
 * Runs `vireo token`.
 *
 * @param argv what follows the word `token`
 */
export function runTokenCommand(argv: readonly string[]): CommandResult {
  if (argv.includes('--help') || argv.includes('-h')) return { stdout: helpText(), stderr: '', exitCode: 0 };
  const problems: string[] = [];
  const values = parse(argv, problems);
  const list = (flag: Flag): string[] | undefined =>
    values
      .get(flag)
      ?.split(',')
      .map((text) => text.trim());

  const token = TOKEN_PREFIX + randomBytes(TOKEN_BYTES).toString('base64url');
  const sha256 = createHash('sha256').update(token).digest('hex');
  const privileges = list('--privileges') ?? ['read'];
  problems.push(...privileges.filter((text) => !isPrivilege(text)).map(unknownPrivilege));
  const entry = {
    // Says nothing of the token: a part of its hash.
    name: values.get('--name') ?? `token-${sha256.slice(0, 8)}`,
    sha256,
    privileges,
    hosts: list('--hosts') ?? DEFAULT_TOKEN.hosts,
    domains: list('--domains') ?? DEFAULT_TOKEN.domains,
  };
  for (const flag of ['name', 'hosts', 'domains'] as const) {
    const schema = tokenSchema.shape[flag];
    if (schema.safeParse(entry[flag]).success) continue;
    const allowed = flag === 'name' ? KEY_DOCS.get(tokenSchema.shape.name)?.allowed : 'patterns with commas between';
    problems.push(`--${flag}: ${JSON.stringify(values.get(`--${flag}`))} is not allowed; must be ${String(allowed)}`);
  }
  if (problems.length > 0) {
    return { stdout: '', stderr: problems.map((problem) => `vireo token: ${problem}\n`).join(''), exitCode: 2 };
  }
  return { stdout: resultText(token, entry), stderr: '', exitCode: 0 };
}

function parse(argv: readonly string[], problems: string[]): Map<Flag, string> {
  const values = new Map<Flag, string>();
  const rest = [...argv];
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    const equals = argument.indexOf('=');
    const name = equals === -1 ? argument : argument.slice(0, equals);
    const flag = FLAGS.find((known) => known === name);
    if (flag === undefined) {
      const meant = nearest(name, FLAGS);
      const hint = meant === undefined ? '' : `did you mean ${meant}? `;
      problems.push(`${JSON.stringify(name.slice(0, 60))}: unknown flag; ${hint}See vireo token --help`);
      // Its value, if it stands apart, is no argument of its own.
      if (name.startsWith('-') && equals === -1 && rest[0]?.startsWith('-') === false) rest.shift();
      continue;
    }
    const value =
      equals === -1 ? (rest[0]?.startsWith('--') === false ? rest.shift() : '') : argument.slice(equals + 1);
    if (value === undefined || value === '') problems.push(`${flag}: its value is missing; write ${flag}=...`);
    else if (values.has(flag)) problems.push(`${flag}: given more than once; put commas between values`);
    else values.set(flag, value);
  }
  return values;
}

function unknownPrivilege(text: string): string {
  const meant = nearest(text, PRIVILEGES);
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
  return `--privileges: ${JSON.stringify(text.slice(0, 60))} is no privilege; they are ${PRIVILEGES.join(', ')}${hint}`;
}

function resultText(token: string, entry: Readonly<Record<string, string | readonly string[]>>): string {
  // Every value is JSON, which is YAML as well.
  const keys = Object.entries(entry).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return [
    'The token. It is shown this once and stored nowhere:',
    '',
    `  ${token}`,
    '',
    'Its line in the configuration file, below api.tokens:',
    '',
    `    - { ${keys.join(', ')} }`,
    '',
    'A running vireo reads the line within seconds. Use the token so:',
    '',
    '  curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:9177/api/v1/domains',
    '',
  ].join('\n');
}

function helpText(): string {
  const width = Math.max(...PRIVILEGES.map((privilege) => privilege.length));
  return [
    'usage: vireo token [flags]',
    '',
    'Makes a bearer token for the API and prints it with its line for the configuration file.',
    '',
    '  --name=NAME             What the log calls whoever uses it. Default: token- and a part of its hash.',
    '  --privileges=A,B        What it may do. Default: read.',
    '  --hosts=PATTERN,...     The hosts it may touch, by name: * is any text, ? one character. Default: *.',
    '  --domains=PATTERN,...   The domains it may touch, likewise. Default: *.',
    '',
    'Privileges; none includes another:',
    '',
    ...PRIVILEGES.map((privilege) => `  ${privilege.padEnd(width)}  ${PRIVILEGE_DOCS[privilege].meaning}`),
    '',
  ].join('\n');
}
