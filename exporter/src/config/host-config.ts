// SPDX-License-Identifier: Apache-2.0
// What the schema cannot say about hosts: names unique, URIs that parse and hold no secret, passwords read from where
// they are kept.

import { statSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import { UsageError, parseConnectionUri, redactUri } from '@vireo/libvirt';
import type { ConnectionUri } from '@vireo/libvirt';
import type { HostConfig, HostConsoleConfig, HostCredentials } from './config.ts';
import { readBounded } from './config-file.ts';
import type { KeyPath } from './config-file.ts';
import type { ConfigFile } from './schema.ts';
import { HOST_NAME_LENGTH_MAX } from './schema.ts';
import { Secret } from './secret.ts';
import { checkDomainRules } from './watching.ts';
import type { WatchingRules } from './watching.ts';

/** Longest password read, bytes; more is the wrong file. */
const PASSWORD_BYTES_MAX = 4096;

const UNVERIFIED =
  'the certificate or host key of the daemon is not verified, so anybody may be at the other end; ' +
  'take out no_verify=1 or known_hosts_verify=ignore';

/** Where lines about hosts go. `at` names the key in the file. */
export interface HostReport {
  problem(at: KeyPath, text: string): void;
  warning(at: KeyPath, text: string): void;
}

type HostEntry = NonNullable<ConfigFile['hosts']>[number];

/** The hosts of a file. */
export function hostsOfFile(
  entries: readonly HostEntry[],
  file: string,
  env: NodeJS.ProcessEnv,
  watching: WatchingRules,
  report: HostReport,
): HostConfig[] {
  const names = new Map<string, number>();
  const uris = new Map<string, number>();
  return entries.flatMap((entry, index) => {
    const namesake = names.get(entry.name);
    names.set(entry.name, namesake ?? index);
    if (namesake !== undefined) {
      report.problem(
        ['hosts', index, 'name'],
        `"${entry.name}" is already the name of hosts[${String(namesake)}]; give every host its own`,
      );
    }
    // Consoles are where the daemon is, or nowhere: the way there is that of `via`.
    const uri = entry.via === undefined ? parseUri(entry.uri) : checkVia(entry.uri, entry.via, report, index);
    const key: KeyPath = ['hosts', index, entry.via === undefined ? 'uri' : 'via'];
    if (typeof uri === 'string') report.problem(key, uri);
    else if (isUnverified(uri)) report.warning(key, UNVERIFIED);
    // Two daemons may well have the same URI for what each of them opens: vbox:///session.
    const target = needsHost(entry.uri) ? entry.uri : `${entry.via ?? ''} ${entry.uri}`;
    const twin = uris.get(target);
    uris.set(target, twin ?? index);
    if (twin !== undefined) {
      report.warning(['hosts', index, 'uri'], `the same URI as hosts[${String(twin)}]: its domains are polled twice`);
    }
    checkDomainRules(entry.domains, ['hosts', index, 'domains'], (at, text) => {
      report.problem(at, text);
    });
    const credentials = readCredentials(entry, index, file, env, report);
    return [
      {
        name: entry.name,
        uri: entry.uri,
        ...(entry.via === undefined ? {} : { via: entry.via }),
        ...(credentials === undefined ? {} : { credentials }),
        ...(entry.groups === undefined && entry.domains === undefined ? {} : { watching: watching.of(entry) }),
        ...(entry.console === undefined ? {} : { console: hostConsole(entry.console, uri, report, index) }),
      },
    ];
  });
}

/**
 * The hosts of `--libvirt.uri` or its variable. A host is called what its URI calls it, a local one what the machine is
 * called; a name already taken gets the driver behind it, then a number.
 */
export function hostsOfUris(uris: readonly string[], report: HostReport): HostConfig[] {
  const names = new Set<string>();
  return uris.flatMap((text, index) => {
    if (uris.indexOf(text) !== index) {
      report.problem([], `${redactUri(text)} is given twice; keep one`);
      return [];
    }
    const uri = parseUri(text);
    if (typeof uri === 'string') {
      report.problem([], uri);
      return [];
    }
    if (isUnverified(uri)) report.warning([], `${uri.text}: ${UNVERIFIED}`);
    const plain = (uri.host ?? hostname()).slice(0, HOST_NAME_LENGTH_MAX - 20);
    let name = plain;
    for (let n = 1; names.has(name); n++) name = `${plain}-${uri.driver}${n === 1 ? '' : `-${String(n)}`}`;
    names.add(name);
    if (name !== plain) {
      report.warning(
        [],
        `${uri.text} is called "${name}" as "${plain}" is taken; to choose names list hosts in a file`,
      );
    }
    return [{ name, uri: text }];
  });
}

function hostConsole(
  { via = 'auto', address, tlsServerName }: NonNullable<HostEntry['console']>,
  uri: ConnectionUri | string,
  report: HostReport,
  index: number,
): HostConsoleConfig {
  if (via === 'ssh' && typeof uri !== 'string' && uri.transport !== 'ssh') {
    report.problem(['hosts', index, 'console', 'via'], 'ssh needs an ssh URI such as qemu+ssh://root@kvm1/system');
  }
  return {
    via,
    ...(address === undefined ? {} : { address }),
    ...(tlsServerName === undefined ? {} : { tlsServerName }),
  };
}

/** Whether the URI says to believe whoever answers. */
function isUnverified({ transport, params }: ConnectionUri): boolean {
  if (transport === 'ssh') return params.noVerify || params.knownHostsVerify === 'ignore';
  return transport === 'tls' && params.noVerify;
}

/** The daemon's URI taken apart, or what is wrong with it. What is wrong with the one it opens is reported. */
function checkVia(uri: string, via: string, report: HostReport, index: number): ConnectionUri | string {
  const problem = problemOfOpened(uri);
  if (problem !== undefined) report.problem(['hosts', index, 'uri'], problem);
  return parseUri(via);
}

/**
 * A daemon that opens a URI of libvirt's remote transports becomes another daemon's client; of one that leads back to
 * itself it waits for itself, for ever (libvirt 9.0).
 */
function problemOfOpened(uri: string): string | undefined {
  if (redactUri(uri) !== uri) return NO_PASSWORD_IN_OPENED;
  const [, driver = '', transport, host = ''] = /^([a-z][a-z0-9.-]*)(\+[^:]*)?:\/\/([^/?#]*)/iu.exec(uri) ?? [];
  if (driver === '') return 'it does not begin with a driver and ://, as in esx://esx1.example/';
  if (/[\u0000-\u0020\u007f]/u.test(uri)) return 'it has a space or a control character; write it percent-encoded';
  if (transport !== undefined)
    return `${driver}${transport} is a way to a daemon, not to be opened through another; leave via out`;
  if (/^[^@]*(?::|%3a)[^@]*@/iu.test(host)) return NO_PASSWORD_IN_OPENED;
  if (needsHost(uri) === (host !== '')) return undefined;
  return needsHost(uri)
    ? `it names no host; ${driver}://HOST/ is needed`
    : `${driver}://${host} would lead to a daemon on that host; leave via out, or write ${driver}:///`;
}

/** The drivers of libvirt's C library that find their hypervisor over the network. */
const HOST_DRIVERS: ReadonlySet<string> = new Set(['esx', 'gsx', 'hyperv', 'vpx']);

const NO_PASSWORD_IN_OPENED =
  'a password does not belong in a URI; it goes into auth.conf on the machine of the daemon named in via';

function needsHost(uri: string): boolean {
  return HOST_DRIVERS.has((/^[a-z]+(?=:)/iu.exec(uri)?.[0] ?? '').toLowerCase());
}

/** The URI taken apart, or what is wrong with it. */
function parseUri(text: string): ConnectionUri | string {
  if (redactUri(text) !== text) {
    return 'a password does not belong in a URI; use credentials with password_file or password_env';
  }
  if (needsHost(text)) {
    return `no daemon of libvirt runs on that host; list it in a file, with via: qemu:///system or another daemon that opens ${redactUri(text)}`;
  }
  try {
    return parseConnectionUri(text);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}

function readCredentials(
  { credentials }: HostEntry,
  index: number,
  file: string,
  env: NodeJS.ProcessEnv,
  report: HostReport,
): HostCredentials | undefined {
  if (credentials === undefined) return undefined;
  const at = ['hosts', index, 'credentials'];
  const { username, password_file: passwordFile, password_env: passwordEnv } = credentials;
  if ((passwordFile === undefined) === (passwordEnv === undefined)) {
    const which = passwordFile === undefined ? 'one of them is missing' : 'both are given';
    report.problem(at, `must have either password_file or password_env; ${which}`);
    return undefined;
  }
  if (passwordEnv !== undefined) {
    const password = env[passwordEnv] ?? '';
    if (password !== '') return { username, password: new Secret(password) };
    report.problem([...at, 'password_env'], `the environment variable ${passwordEnv} is not set or empty`);
    return undefined;
  }
  if (passwordFile === undefined) return undefined;
  const path = resolve(dirname(file), passwordFile);
  const text = readBounded(path, PASSWORD_BYTES_MAX);
  if (typeof text !== 'string') {
    report.problem([...at, 'password_file'], `${path}: ${text.problem}`);
    return undefined;
  }
  // Editors and `echo` end a file with a newline that is not part of the password.
  const password = text.replace(/\r?\n$/, '');
  if (password === '') report.problem([...at, 'password_file'], `${path}: is empty; write the password into it`);
  if ((statSync(path).mode & 0o004) !== 0) {
    report.warning([...at, 'password_file'], `${path}: everybody on this machine can read it; run chmod o-rwx on it`);
  }
  return { username, password: new Secret(password) };
}
