// SPDX-License-Identifier: Apache-2.0
// The command line and the environment: names, help, and the values as text. What they mean is decided in load.ts.

import { DEFAULT_LISTEN_ADDRESS, DEFAULT_LOG_LEVEL } from './defaults.ts';
import { LOG_LEVELS } from './config.ts';
import { nearest } from './nearest.ts';

/** One flag. */
export interface FlagDoc {
  /** What its value is called in the help; absent for a flag that takes none. */
  readonly value?: string;
  readonly repeatable?: true;
  /** The environment variable with the same meaning; a repeatable flag's holds several values with spaces between. */
  readonly env?: string;
  readonly help: string;
}

/** Every flag. */
export const FLAGS = {
  '--config.file': { value: 'FILE', env: 'VIREO_CONFIG_FILE', help: 'Read this YAML configuration file.' },
  '--libvirt.uri': {
    value: 'URI',
    repeatable: true,
    env: 'VIREO_LIBVIRT_URI',
    help: 'Watch this libvirt connection URI instead of the hosts in the file.',
  },
  '--web.listen-address': {
    value: 'ADDRESS',
    repeatable: true,
    env: 'VIREO_WEB_LISTEN_ADDRESS',
    help: `Listen on HOST:PORT, [IPv6]:PORT or :PORT. Default: ${DEFAULT_LISTEN_ADDRESS}.`,
  },
  '--web.config.file': {
    value: 'FILE',
    env: 'VIREO_WEB_CONFIG_FILE',
    help: 'Read TLS, users and headers of the HTTP server from this file of exporter-toolkit; docs/web-configuration.md.',
  },
  '--groups.on': {
    value: 'GROUP',
    repeatable: true,
    env: 'VIREO_GROUPS_ON',
    help: 'Switch this group of metrics on, of all hosts; docs/metrics.md lists them.',
  },
  '--groups.off': {
    value: 'GROUP',
    repeatable: true,
    env: 'VIREO_GROUPS_OFF',
    help: 'Switch this group of metrics off, of all hosts.',
  },
  '--log.level': {
    value: 'LEVEL',
    env: 'VIREO_LOG_LEVEL',
    help: `Log lines of this level and above: ${LOG_LEVELS.join(', ')}. Default: ${DEFAULT_LOG_LEVEL}.`,
  },
  '--demo': { help: 'Watch a simulated fleet, labelled as such everywhere.' },
  '--help': { help: 'Print this and exit.' },
  '--version': { help: 'Print the version and exit.' },
} as const satisfies Record<string, FlagDoc>;
/** The name of a flag, with its dashes. */
export type FlagName = keyof typeof FLAGS;

const FLAG_DOCS: ReadonlyMap<string, FlagDoc> = new Map(Object.entries(FLAGS));

/** Values given for each flag, as text; a flag without a value has one empty text. */
export interface Flags {
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly problems: readonly string[];
}

/** Reads a command line (without `node` and the script): `--flag=value` and `--flag value`. Never throws. */
export function parseFlags(argv: readonly string[]): Flags {
  const values = new Map<string, string[]>();
  const problems: string[] = [];
  const rest = [...argv];
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    const equals = argument.indexOf('=');
    const name = argument === '-h' ? '--help' : equals === -1 ? argument : argument.slice(0, equals);
    const flag = FLAG_DOCS.get(name);
    if (flag === undefined) {
      problems.push(unknownArgument(name));
      // Its value, if it stands apart, is no argument of its own.
      if (name.startsWith('-') && equals === -1 && rest[0]?.startsWith('-') === false) rest.shift();
      continue;
    }
    let value = equals === -1 ? undefined : argument.slice(equals + 1);
    if (flag.value === undefined) {
      if (value !== undefined) problems.push(`${name}: takes no value; write ${name} alone`);
      values.set(name, ['']);
      continue;
    }
    if (value === undefined && rest[0]?.startsWith('--') === false) value = rest.shift();
    if (value === undefined || value === '') {
      problems.push(`${name}: its value is missing; write ${name}=${flag.value}`);
      continue;
    }
    const given = values.get(name) ?? [];
    if (given.length > 0 && flag.repeatable !== true) problems.push(`${name}: given more than once; keep one`);
    values.set(name, [...given, value]);
  }
  return { values, problems };
}

function unknownArgument(name: string): string {
  // Not the value after `=`: it may be a secret.
  const shown = JSON.stringify(name.slice(0, 60)).slice(1, -1);
  if (!name.startsWith('-')) return `"${shown}": not a flag; vireo takes flags only, see --help`;
  const meant = nearest(`--${name.replace(/^-+/, '')}`, Object.keys(FLAGS));
  return meant === undefined
    ? `${shown}: unknown flag; see --help`
    : `${shown}: unknown flag; did you mean ${meant}? See --help`;
}

/** The same from the environment. An empty variable counts as not set. */
export function parseEnvironment(env: NodeJS.ProcessEnv): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, readonly string[]>();
  for (const [name, flag] of FLAG_DOCS) {
    const text = flag.env === undefined ? '' : (env[flag.env] ?? '').trim();
    if (text !== '') values.set(name, flag.repeatable === true ? text.split(/\s+/) : [text]);
  }
  return values;
}

/** Environment variables that look like a misspelt one of ours. Not all `VIREO_*`: Kubernetes makes some of its own. */
export function suspectVariables(env: NodeJS.ProcessEnv): string[] {
  const known = [...FLAG_DOCS.values()].flatMap((flag) => flag.env ?? []);
  return Object.keys(env)
    .filter((name) => name.startsWith('VIREO_') && !known.includes(name))
    .flatMap((name) => {
      const meant = nearest(
        name.slice('VIREO_'.length),
        known.map((other) => other.slice('VIREO_'.length)),
      );
      return meant === undefined ? [] : [`${name}: unknown variable, ignored; did you mean VIREO_${meant}?`];
    });
}

/** What `--help` prints. */
export function helpText(): string {
  const rows = [...FLAG_DOCS].map(([name, flag]): [string, string] => {
    const usage = flag.value === undefined ? name : `${name}=${flag.value}`;
    const again = flag.repeatable === true ? ' Repeatable.' : '';
    const env = flag.env === undefined ? '' : ` [${flag.env}]`;
    return [usage, flag.help + again + env];
  });
  const width = Math.max(...rows.map(([usage]) => usage.length));
  return [
    'usage: vireo [flags]',
    '       vireo token [flags]   makes a token for the API; see vireo token --help',
    '',
    'Polls libvirt and serves metrics to Prometheus.',
    '',
    ...rows.map(([usage, help]) => `  ${usage.padEnd(width)}  ${help}`),
    '',
    'A flag beats its environment variable [in brackets], which beats the file. docs/configuration.md has the file’s keys.',
    '',
  ].join('\n');
}
