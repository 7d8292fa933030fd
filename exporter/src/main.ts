#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The process `vireo` (and `vireo token`): configuration in, JSON lines out, and an end within five seconds of SIGTERM.
// Exit codes: 0 stopped as told, 1 a fault, 2 wrong usage or configuration.

import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { NoHostsError, startApp } from './app.ts';
import type { App } from './app.ts';
import type { Config } from './config/config.ts';
import { ConfigError } from './config/config-error.ts';
import { helpText, parseFlags } from './config/flags.ts';
import { loadConfig } from './config/load.ts';
import { ListenError } from './http/server.ts';
import { runTokenCommand } from './token-command.ts';
import type { CommandResult } from './token-command.ts';

const STOP_WITHIN_MS = 4_500;
/** A reader of our log that stalls costs log lines, not the service. */
const LOG_BUFFER_BYTES = 4 * 1024 * 1024;

const version = readVersion();
const argv = process.argv.slice(2);
const { values: flags } = parseFlags(argv);

if (argv[0] === 'token') print(runTokenCommand(argv.slice(1)));
else if (flags.has('--help')) process.stdout.write(helpText());
else if (flags.has('--version')) process.stdout.write(`vireo ${version}\n`);
else await run();

async function run(): Promise<void> {
  const config = configOrExit();
  const destination = pino.destination({ dest: 1, sync: false, maxLength: LOG_BUFFER_BYTES });
  const logger = pino(
    { level: config.log.level, base: null, formatters: { level: (label) => ({ level: label }) } },
    destination,
  );
  for (const warning of config.warnings) logger.warn({ event: 'config.warning' }, warning);
  let app: App;
  try {
    app = await startApp({ config, version, logger });
  } catch (error) {
    if (error instanceof ConfigError) exitForUsage(error.problems);
    if (error instanceof NoHostsError || error instanceof ListenError) exitForUsage([error.message]);
    throw error;
  }
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) return;
    stopping = true;
    logger.info({ event: 'stopping', signal }, `${signal}: stopping`);
    const giveUp = setTimeout(() => {
      logger.error({ event: 'stop.timeout' }, 'not everything closed in time');
      destination.flushSync();
      process.exit(1);
    }, STOP_WITHIN_MS);
    void app.stop().then(
      () => {
        clearTimeout(giveUp);
        logger.info({ event: 'stopped' }, 'stopped');
        destination.flushSync();
        process.exit(0);
      },
      (error: unknown) => {
        logger.error({ event: 'stop.failed', err: error }, 'not everything could be closed');
        destination.flushSync();
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('SIGHUP', () => {
    app.reload();
  });
}

function configOrExit(): Config {
  try {
    return loadConfig(argv, process.env);
  } catch (error) {
    if (error instanceof ConfigError) exitForUsage(error.problems);
    throw error;
  }
}

function print({ stdout, stderr, exitCode }: CommandResult): void {
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exitCode = exitCode;
}

function exitForUsage(problems: readonly string[]): never {
  for (const problem of problems) process.stderr.write(`vireo: ${problem}\n`);
  process.exit(2);
}

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) return String(manifest.version);
  throw new TypeError('package.json has no version');
}
