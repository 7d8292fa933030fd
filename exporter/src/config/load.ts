// SPDX-License-Identifier: Apache-2.0
// The configuration: a flag beats its environment variable, that beats the file, that beats the default.

import { decideApi } from './api-config.ts';
import type { Config, HostConfig, ListenAddress, LogLevel } from './config.ts';
import { LOG_LEVELS } from './config.ts';
import { ConfigError } from './config-error.ts';
import { decideConsole } from './console-config.ts';
import { readConfigFile } from './config-file.ts';
import type { KeyPath, LoadedFile } from './config-file.ts';
import { DEFAULT_LISTEN_ADDRESS, DEFAULT_LOG_LEVEL, DEFAULT_POLL } from './defaults.ts';
import { FLAGS, parseEnvironment, parseFlags, suspectVariables } from './flags.ts';
import type { FlagName } from './flags.ts';
import { hostsOfFile, hostsOfUris } from './host-config.ts';
import { formatListenAddress, parseListenAddress } from './listen-address.ts';
import { decideMetadata } from './metadata-config.ts';
import { nearest } from './nearest.ts';
import type { ConfigFile } from './schema.ts';
import { checkDomainRules, WatchingRules } from './watching.ts';
import type { GroupSwitch } from './watching.ts';

/**
 * Decides the whole configuration; reads the file and the password files it names.
 *
 * @param argv the command line without `node` and the script
 * @throws {@link ConfigError} with one line for every problem found
 */
export function loadConfig(argv: readonly string[], env: NodeJS.ProcessEnv): Config {
  const flags = parseFlags(argv);
  const variables = parseEnvironment(env);
  const problems = [...flags.problems];
  const warnings = suspectVariables(env);

  /** The values of a flag or of its variable, and which of the two, for messages. */
  const given = (name: FlagName): { source: string; values: readonly string[] } | undefined => {
    const fromFlag = flags.values.get(name);
    if (fromFlag !== undefined) return { source: name, values: fromFlag };
    const fromVariable = variables.get(name);
    const flag = FLAGS[name];
    return fromVariable === undefined || !('env' in flag) ? undefined : { source: flag.env, values: fromVariable };
  };

  const path = given('--config.file')?.values[0];
  const file = path === undefined ? undefined : readConfigFile(path);
  problems.push(...(file?.problems ?? []));
  const content: ConfigFile = file?.content ?? {};
  const inFile = (at: KeyPath, text: string): string => file?.problem(at, text) ?? text;

  const groupSwitch = (name: '--groups.on' | '--groups.off'): GroupSwitch | undefined => {
    const switched = given(name);
    return switched === undefined ? undefined : { source: switched.source, names: switched.values };
  };
  const watching = new WatchingRules(
    content,
    { on: groupSwitch('--groups.on'), off: groupSwitch('--groups.off') },
    (text) => problems.push(text),
  );

  checkDomainRules(content.domains, ['domains'], (at, text) => problems.push(inFile(at, text)));

  const listenAddresses = decideListenAddresses(given('--web.listen-address'), content, inFile, problems);
  const webConfigFile = given('--web.config.file')?.values[0];
  const config: Config = {
    hosts: decideHosts(
      given('--libvirt.uri'),
      { content, path: path ?? '', inFile, watching },
      env,
      problems,
      warnings,
    ),
    poll: decidePoll(content, inFile, problems),
    watching: watching.of(),
    metadata: decideMetadata(content.metadata ?? [], (at, text) => problems.push(inFile(at, text))),
    web: { listenAddresses, ...(webConfigFile === undefined ? {} : { configFile: webConfigFile }) },
    api: decideApi(content.api ?? {}, (at, text) => problems.push(inFile(at, text))),
    console: decideConsole(content.console ?? {}, path ?? '', (at, text) => problems.push(inFile(at, text))),
    log: { level: decideLogLevel(given('--log.level'), content, problems) },
    ...(path === undefined ? {} : { file: path }),
    demo: flags.values.has('--demo'),
    warnings,
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

type Given = { readonly source: string; readonly values: readonly string[] } | undefined;
type InFile = LoadedFile['problem'];

function decideHosts(
  given: Given,
  file: {
    readonly content: ConfigFile;
    readonly path: string;
    readonly inFile: InFile;
    readonly watching: WatchingRules;
  },
  env: NodeJS.ProcessEnv,
  problems: string[],
  warnings: string[],
): HostConfig[] {
  // Checked also when not used, so that a broken file does not wait for the day the flag goes away.
  const ofFile = hostsOfFile(file.content.hosts ?? [], file.path, env, file.watching, {
    problem: (at, text) => problems.push(file.inFile(at, text)),
    warning: (at, text) => warnings.push(file.inFile(at, text)),
  });
  if (given === undefined) return ofFile;
  return hostsOfUris(given.values, {
    problem: (_, text) => problems.push(`${given.source}: ${text}`),
    warning: (_, text) => warnings.push(`${given.source}: ${text}`),
  });
}

function decideListenAddresses(given: Given, content: ConfigFile, inFile: InFile, problems: string[]): ListenAddress[] {
  const parseAll = (texts: readonly string[], report: (index: number, text: string) => unknown): ListenAddress[] => {
    const seen = new Set<string>();
    return texts.flatMap((text, index) => {
      const address = parseListenAddress(text);
      if (typeof address === 'string') {
        report(index, address);
        return [];
      }
      const shown = formatListenAddress(address);
      if (seen.has(shown) && address.port !== 0) report(index, `"${shown}" is given twice; keep one`);
      seen.add(shown);
      return [address];
    });
  };
  const ofFile = parseAll(content.web?.listenAddresses ?? [DEFAULT_LISTEN_ADDRESS], (index, text) =>
    problems.push(inFile(['web', 'listenAddresses', index], text)),
  );
  if (given === undefined) return ofFile;
  return parseAll(given.values, (_, text) => problems.push(`${given.source}: ${text}`));
}

function decidePoll({ poll = {} }: ConfigFile, inFile: InFile, problems: string[]): Config['poll'] {
  const intervalSeconds = poll.intervalSeconds ?? DEFAULT_POLL.intervalSeconds;
  const deadline = poll.statisticsDeadlineSeconds;
  if (deadline !== undefined && deadline > intervalSeconds) {
    problems.push(
      inFile(
        ['poll', 'statisticsDeadlineSeconds'],
        `${String(deadline)} is longer than poll.intervalSeconds (${String(intervalSeconds)}); must be at most that`,
      ),
    );
  }
  return {
    intervalSeconds,
    statisticsDeadlineSeconds: deadline ?? Math.min(DEFAULT_POLL.statisticsDeadlineSeconds, intervalSeconds),
    chunkDomains: poll.chunkDomains ?? DEFAULT_POLL.chunkDomains,
    staleAfterPolls: poll.staleAfterPolls ?? DEFAULT_POLL.staleAfterPolls,
    detailsIntervalSeconds: poll.detailsIntervalSeconds ?? DEFAULT_POLL.detailsIntervalSeconds,
    maxInFlight: poll.maxInFlight ?? DEFAULT_POLL.maxInFlight,
  };
}

function decideLogLevel(given: Given, content: ConfigFile, problems: string[]): LogLevel {
  const ofFile = content.log?.level ?? DEFAULT_LOG_LEVEL;
  const text = given?.values[0];
  if (given === undefined || text === undefined) return ofFile;
  const level = LOG_LEVELS.find((known) => known === text);
  if (level === undefined) {
    const meant = nearest(text, LOG_LEVELS);
    const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
    problems.push(
      `${given.source}: ${JSON.stringify(text.slice(0, 60))} is not allowed; must be one of ${LOG_LEVELS.join(', ')}${hint}`,
    );
  }
  return level ?? ofFile;
}
