// SPDX-License-Identifier: Apache-2.0
// The local daemon's socket: which file it is, and connecting to it.

import { access } from 'node:fs/promises';
import { connect } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';

import { UsageError } from '../errors.ts';
import type { TransportError } from '../errors.ts';
import type { ConnectionUri } from '../uri.ts';
import { connectFailed, establish, refuseIfAborted } from './establish.ts';
import type { TransportOptions } from './options.ts';

const SYSTEM_RUNTIME_DIRECTORY = '/run/libvirt';

/** sockaddr_un.sun_path on Linux, less the terminating NUL. */
const SOCKET_PATH_MAX_BYTES = 107;

/** The names of the sockets a driver may be behind, in the directory of its daemon. */
export function socketNames(driver: string, readOnly: boolean): { direct: string | null; legacy: string } {
  const suffix = readOnly ? '-ro' : '';
  return {
    // `remote` leaves the driver to the daemon, so there is no driver's own daemon.
    direct: driver === 'remote' ? null : `virt${driver}d-sock${suffix}`,
    legacy: `libvirt-sock${suffix}`,
  };
}

/**
 * Whether the user's own daemon is meant, as libvirt decides it: a /session path or the test driver, and not root.
 * (libvirt runs `test:///` without a transport inside the client; we have only daemons, so it counts like `test+unix`.)
 */
export function isSession(uri: ConnectionUri, userId = process.geteuid?.() ?? 0): boolean {
  return userId !== 0 && (uri.path === '/session' || uri.driver === 'test');
}

/** Where the sockets of the user's own daemons are: virGetUserRuntimeDirectory. */
export function defaultSessionDirectory(env: NodeJS.ProcessEnv = process.env, home = homedir()): string {
  const runtime = env['XDG_RUNTIME_DIR'];
  if (runtime !== undefined && runtime !== '') return join(runtime, 'libvirt');
  const cache = env['XDG_CACHE_HOME'];
  return join(cache !== undefined && cache !== '' ? cache : join(home, '.cache'), 'libvirt');
}

/** The sockets to try, best first; with mode auto the first that exists is meant. */
export function socketCandidates(uri: ConnectionUri, options: TransportOptions): readonly string[] {
  if (uri.params.socket !== undefined) return [uri.params.socket];
  const session = isSession(uri, options.userId);
  const directory = session
    ? (options.sessionRuntimeDirectory ?? defaultSessionDirectory())
    : (options.systemRuntimeDirectory ?? SYSTEM_RUNTIME_DIRECTORY);
  // A session daemon has no read-only socket; the RO flag of CONNECT_OPEN does the same.
  const { direct, legacy } = socketNames(uri.driver, options.readOnly && !session);
  const { mode } = uri.params;
  if (mode === 'direct' && direct === null) {
    throw new UsageError(
      'LV_ARG_URI',
      `bad connection URI: ${uri.text}: mode=direct needs a driver, as in qemu:///system`,
    );
  }
  return [mode === 'legacy' ? null : direct, mode === 'direct' ? null : legacy]
    .filter((name) => name !== null)
    .map((name) => join(directory, name));
}

/** Connects to a daemon on this machine. */
export async function openUnix(uri: ConnectionUri, options: TransportOptions): Promise<Duplex> {
  refuseIfAborted(options.signal);
  const candidates = socketCandidates(uri, options);
  const path = (await firstExisting(candidates)) ?? candidates.at(-1) ?? '';
  if (Buffer.byteLength(path) > SOCKET_PATH_MAX_BYTES) {
    throw new UsageError('LV_ARG_URI', `bad connection URI: ${uri.text}: the socket path "${path}" is over 107 bytes`);
  }
  refuseIfAborted(options.signal);
  const socket = connect({ path });
  return establish(socket, uri, options, {
    wait: (ready) => socket.once('connect', ready),
    explain: (error) => explainUnix(uri, options, path, candidates, error),
    late: () => `${path} did not accept the connection (the daemon may be at max_clients)`,
  });
}

async function firstExisting(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    try {
      await access(path);
      return path;
    } catch (error) {
      // Only what is certainly absent is passed over: a directory we may not search is the user's problem to see.
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'ENOENT') return path;
    }
  }
  return undefined;
}

function explainUnix(
  uri: ConnectionUri,
  options: TransportOptions,
  path: string,
  candidates: readonly string[],
  error: NodeJS.ErrnoException | null,
): TransportError {
  switch (error?.code) {
    case 'ENOENT':
      return connectFailed(
        uri,
        'LV_CONN_REFUSED',
        `no socket at ${candidates.join(' nor ')}: is libvirtd (or virt${uri.driver}d) running?`,
        error,
      );
    case 'ECONNREFUSED':
      return connectFailed(uri, 'LV_CONN_REFUSED', `nothing listens on ${path}: the daemon has stopped`, error);
    case 'EAGAIN':
      return connectFailed(
        uri,
        'LV_CONN_REFUSED',
        `the queue of ${path} is full: the daemon accepts nobody now`,
        error,
      );
    case 'EACCES':
    case 'EPERM':
      return connectFailed(
        uri,
        'LV_CONN_DENIED',
        `this user may not open ${path}: ` +
          (options.readOnly ? 'see unix_sock_ro_perms in libvirtd.conf' : 'add the user to the group libvirt'),
        error,
      );
    default:
      return connectFailed(uri, 'LV_CONN_CLOSED', `${path}: ${error?.message ?? 'closed while connecting'}`, error);
  }
}
