// SPDX-License-Identifier: Apache-2.0
// libvirt's auth.conf: which user name and password go with which host.
//   [credentials-NAME]   username=… (or authname=…), password=…
//   [auth-libvirt-HOST]  credentials=NAME          ([auth-libvirt-default] for all others)

import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { UsageError } from '../errors.ts';
import type { ConnectionUri } from '../uri.ts';

/** A user name and a password. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Credentials, or where they were looked for in vain. */
export type CredentialsLookup =
  | { readonly found: true; readonly credentials: Credentials; readonly file: string }
  | { readonly found: false; readonly lookedIn: string };

/** The files that may hold credentials, best first; a named one must exist. */
export function authFiles(
  uri: ConnectionUri,
  env: NodeJS.ProcessEnv = process.env,
  home = homedir(),
): { readonly paths: readonly string[]; readonly named: boolean } {
  const named = nonEmpty(env['LIBVIRT_AUTH_FILE']) ?? uri.params.authfile;
  if (named !== undefined) return { paths: [named], named: true };
  const configHome = nonEmpty(env['XDG_CONFIG_HOME']) ?? join(home, '.config');
  return { paths: [join(configHome, 'libvirt', 'auth.conf'), '/etc/libvirt/auth.conf'], named: false };
}

/**
 * Looks up the credentials for the host of a URI, for service `libvirt`. As in libvirt only the first file that exists
 * counts.
 * @throws UsageError `LV_ARG_CREDENTIALS`: a file that cannot be read, or is no auth.conf
 */
export async function lookUpCredentials(
  uri: ConnectionUri,
  files: { readonly paths: readonly string[]; readonly named: boolean } = authFiles(uri),
): Promise<CredentialsLookup> {
  for (const path of files.paths) {
    const text = await readIfThere(path, files.named);
    if (text === null) continue;
    const host = uri.host ?? 'localhost';
    const credentials = findCredentials(parseAuthConf(text, path), host, path);
    if (credentials !== null) return { found: true, credentials, file: path };
    return { found: false, lookedIn: `${path} (it has no [auth-libvirt-${host}] and no [auth-libvirt-default])` };
  }
  return { found: false, lookedIn: files.paths.join(' and ') };
}

async function readIfThere(path: string, mustExist: boolean): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (!mustExist && (code === 'ENOENT' || code === 'ENOTDIR')) return null;
    throw new UsageError('LV_ARG_CREDENTIALS', `cannot read credentials: ${path}: ${String(code ?? error)}`, {
      cause: error,
    });
  }
}

type AuthConf = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * Groups of `key=value`, as virKeyFile reads them. No line's content goes into a message: it may be a password.
 * @throws UsageError `LV_ARG_CREDENTIALS`
 */
export function parseAuthConf(text: string, path: string): AuthConf {
  const groups = new Map<string, Map<string, string>>();
  let group: Map<string, string> | undefined;
  for (const [index, rawLine] of text.split(/\r?\n/u).entries()) {
    const line = rawLine.trim();
    if (line === '' || line.startsWith('#')) continue;
    const header = /^\[([^\]]+)\]$/u.exec(line)?.[1];
    if (header !== undefined) {
      group = groups.get(header) ?? new Map<string, string>();
      groups.set(header, group);
      continue;
    }
    const equals = line.indexOf('=');
    if (group === undefined || equals <= 0) {
      const what = group === undefined ? 'a line before the first [group]' : 'neither [group] nor key=value';
      throw new UsageError('LV_ARG_CREDENTIALS', `cannot read credentials: ${path} line ${String(index + 1)}: ${what}`);
    }
    group.set(line.slice(0, equals).trim(), line.slice(equals + 1).trim());
  }
  return groups;
}

function findCredentials(conf: AuthConf, host: string, path: string): Credentials | null {
  const auth = conf.get(`auth-libvirt-${host}`) ?? conf.get('auth-libvirt-default');
  if (auth === undefined) return null;
  const fail = (why: string): never => {
    throw new UsageError('LV_ARG_CREDENTIALS', `cannot read credentials: ${path}: ${why}`);
  };
  const name = auth.get('credentials') ?? fail('an [auth-libvirt-…] group has no credentials=');
  const group = conf.get(`credentials-${name}`) ?? fail(`there is no group [credentials-${name}]`);
  return {
    username: group.get('authname') ?? group.get('username') ?? fail(`[credentials-${name}] has no username=`),
    password: group.get('password') ?? fail(`[credentials-${name}] has no password=`),
  };
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
