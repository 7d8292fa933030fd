// SPDX-License-Identifier: Apache-2.0
// The command line of ssh, and the command it runs on the other side: what libvirt's own client sends
// (virNetSocketNewConnectSSH, virNetClientSSHHelperCommand), except that every string is quoted whole. libvirt 9.0 leaves
// a socket path with a quote in it unquoted, which lets a URI run commands on the host.

import { UsageError } from '../errors.ts';
import type { ConnectionUri } from '../uri.ts';
import { socketNames } from './unix.ts';

/** Not /run: it must exist on whatever the other side is. */
const REMOTE_RUNTIME_DIRECTORY = '/var/run/libvirt';

/** The program and its arguments. */
export interface CommandLine {
  readonly program: string;
  readonly args: readonly string[];
}

/** How a shell reads `text` back as one word. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The whole local command line. */
export function sshCommandLine(
  uri: ConnectionUri,
  readOnly: boolean,
  sshArguments: readonly string[] = [],
): CommandLine {
  const { program, args } = sshOfHost(uri, sshArguments);
  return { program, args: [...args, remoteCommand(uri, readOnly)] };
}

/**
 * ssh to the host of an ssh URI, as {@link sshCommandLine} goes there; what comes after `args` runs on the other side.
 * @param sshArguments given to ssh before all else, so they win: `['-W', '127.0.0.1:5900']`
 */
export function sshOfHost(uri: ConnectionUri, sshArguments: readonly string[] = []): CommandLine {
  const { params, user, host = 'localhost', port } = uri;
  return {
    program: params.command ?? 'ssh',
    args: [
      ...sshArguments,
      ...(port === undefined ? [] : ['-p', String(port)]),
      ...(user === undefined ? [] : ['-l', user]),
      ...(params.keyfile === undefined ? [] : ['-i', params.keyfile]),
      ...['-T', '-e', 'none'],
      // Always, not only with no_tty=1: there is nobody to ask, and a question nobody sees is a hang.
      ...['-o', 'BatchMode=yes'],
      ...hostKeyOptions(uri),
      ...['--', host],
    ],
  };
}

/** What {@link sshOfHost} runs there to reach a unix socket: the `nc` of the URI, or the one of the other side. */
export function remoteSocketCommand(uri: ConnectionUri, socketPath: string): string {
  return `sh -c ${shellQuote(netcatTo(uri, socketPath))}`;
}

function hostKeyOptions({ params }: ConnectionUri): readonly string[] {
  const checking = { normal: 'yes', auto: 'accept-new', ignore: 'no' } as const;
  const strict = params.noVerify
    ? 'no'
    : params.knownHostsVerify === undefined
      ? undefined
      : checking[params.knownHostsVerify];
  return [
    ...(strict === undefined ? [] : ['-o', `StrictHostKeyChecking=${strict}`]),
    // ssh splits this option's value at spaces, unless quoted.
    ...(params.knownHosts === undefined ? [] : ['-o', `UserKnownHostsFile="${params.knownHosts}"`]),
  ];
}

/**
 * What the login shell of the other side gets: `sh -c '…'`, so it is the same whatever that shell is. Inside, each string
 * is quoted for sh, and the whole once more for the login shell.
 */
export function remoteCommand(uri: ConnectionUri, readOnly: boolean): string {
  return `sh -c ${shellQuote(script(uri, readOnly))}`;
}

function script(uri: ConnectionUri, readOnly: boolean): string {
  const { proxy, netcat, socket } = uri.params;
  if (proxy === 'netcat' || netcat !== undefined || socket !== undefined) return netcatScript(uri, readOnly);
  // Only the helper knows where a user's own daemon listens on the other side.
  if (proxy === 'native' || uri.path === '/session') return helperScript(uri, readOnly);
  return (
    'which virt-ssh-helper 1>/dev/null 2>&1; ' +
    `if test $? = 0; then ${helperScript(uri, readOnly)}; else ${netcatScript(uri, readOnly)}; fi`
  );
}

/** virt-ssh-helper (libvirt 6.8.0) finds the right daemon's socket by the URI as the host itself would write it. */
function helperScript(uri: ConnectionUri, readOnly: boolean): string {
  const mode = uri.params.mode === 'auto' ? '' : `?mode=${uri.params.mode}`;
  const local = `${uri.driver}://${encodePath(uri.path)}${mode}`;
  return `virt-ssh-helper ${readOnly ? '-r ' : ''}${shellQuote(local)}`;
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

function netcatScript(uri: ConnectionUri, readOnly: boolean): string {
  return netcatTo(uri, remoteSocket(uri, readOnly));
}

/** Some nc wait for ever after the end of input unless told -q0; the others do not know -q. */
function netcatTo(uri: ConnectionUri, socketPath: string): string {
  const nc = shellQuote(uri.params.netcat ?? 'nc');
  const socket = shellQuote(socketPath);
  return (
    `if ${nc} -q 2>&1 | grep "requires an argument" >/dev/null 2>&1; then ARG=-q0; else ARG=; fi; ` +
    `${nc} $ARG -U ${socket}`
  );
}

function remoteSocket(uri: ConnectionUri, readOnly: boolean): string {
  const { socket, mode } = uri.params;
  if (socket !== undefined) return socket;
  if (uri.path === '/session') {
    throw new UsageError(
      'LV_ARG_URI',
      `bad connection URI: ${uri.text}: netcat cannot find a session daemon; add socket=PATH, or use proxy=native`,
    );
  }
  const names = socketNames(uri.driver, readOnly);
  // Without the helper nothing over there looks which socket exists; like libvirt, auto then means the old name.
  return `${REMOTE_RUNTIME_DIRECTORY}/${mode === 'direct' && names.direct !== null ? names.direct : names.legacy}`;
}
