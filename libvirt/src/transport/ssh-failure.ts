// SPDX-License-Identifier: Apache-2.0
// Why ssh, or what it ran on the other side, ended: one error code and one sentence that says what to do. ssh has no
// machine-readable reasons, so its (never translated) words on stderr are matched; what matches nothing is shown as is.

import type { TransportCode, TransportError } from '../errors.ts';
import type { ConnectionUri } from '../uri.ts';
import { connectFailed, connectionLost } from './establish.ts';
import type { ProcessEnd } from './process-pipe.ts';

/** What ssh itself exits with when it fails; any other status comes from the remote command. */
const SSH_FAILED = 255;

/** How much of what ssh said goes into a message, in characters. */
const SAID_MAX = 300;

interface Reason {
  readonly pattern: RegExp;
  readonly code: TransportCode;
  readonly why: string;
}

/** Of ssh itself. Order matters: the first match counts. */
const SSH_REASONS: readonly Reason[] = [
  {
    pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED/u,
    code: 'LV_CONN_SSH',
    why: 'the host key has changed; if that is right, remove the old one: ssh-keygen -R HOST',
  },
  {
    pattern: /Host key verification failed|host key is known for|HOST IDENTIFICATION/u,
    code: 'LV_CONN_SSH',
    why: 'the host key is not known; connect once by hand (ssh HOST), or add the key to known_hosts',
  },
  {
    pattern: /Too many authentication failures/u,
    code: 'LV_CONN_SSH',
    why: 'ssh offered too many keys; name the right one (keyfile=PATH, or IdentityFile and IdentitiesOnly in ssh_config)',
  },
  {
    pattern: /UNPROTECTED PRIVATE KEY FILE|bad permissions/u,
    code: 'LV_CONN_SSH',
    why: 'ssh refuses a private key that others may read: chmod 600 the key file',
  },
  {
    pattern: /Permission denied \(/u,
    code: 'LV_CONN_SSH',
    why: 'the host accepted no key of ours; add ours to authorized_keys there (ssh-copy-id); passwords are never asked for',
  },
  { pattern: /Could not resolve hostname/u, code: 'LV_CONN_UNREACHABLE', why: 'the host name does not resolve' },
  {
    pattern: /No route to host|Network is unreachable/u,
    code: 'LV_CONN_UNREACHABLE',
    why: 'no route leads to the host',
  },
  { pattern: /Connection refused/u, code: 'LV_CONN_REFUSED', why: 'no ssh server listens there' },
  { pattern: /timed out/u, code: 'LV_CONN_TIMEOUT', why: 'the ssh server does not answer' },
  {
    pattern: /Connection (closed|reset)|Broken pipe|kex_exchange_identification/u,
    code: 'LV_CONN_CLOSED',
    why: 'the ssh server closed the connection (too many at once? see MaxStartups in sshd_config)',
  },
  {
    pattern: /Bad configuration option|Can't open user config file|Unsupported option|unknown option/iu,
    code: 'LV_CONN_SSH',
    why: 'ssh does not accept its configuration',
  },
];

/** Of the command on the other side. */
const REMOTE_REASONS: readonly Reason[] = [
  {
    pattern: /: (command )?not found\b|: inaccessible or not found/iu,
    code: 'LV_CONN_SSH',
    why: 'the host has neither virt-ssh-helper nor nc; install libvirt-daemon or netcat-openbsd there',
  },
  {
    pattern: /(cannot connect|failed to connect|unable to connect).*No such file|No such file or directory/iu,
    code: 'LV_CONN_REFUSED',
    why: "the daemon's socket is not there; is libvirtd running on the host?",
  },
  {
    pattern: /Connection refused/iu,
    code: 'LV_CONN_REFUSED',
    why: "nothing listens on the daemon's socket; is libvirtd running on the host?",
  },
  {
    pattern: /Permission denied/iu,
    code: 'LV_CONN_DENIED',
    why: "the ssh user may not open the daemon's socket; add them to the group libvirt on the host",
  },
  {
    pattern: /(invalid option|usage:)/iu,
    code: 'LV_CONN_SSH',
    why: 'nc on the host cannot open unix sockets; install virt-ssh-helper (libvirt-daemon) or netcat-openbsd there',
  },
];

/** Puts the end of ssh into words. */
export function explainSshEnd(uri: ConnectionUri, end: ProcessEnd): TransportError {
  const said = end.stderr === '' ? '' : ` (ssh said: ${lastWords(end.stderr)})`;
  const ours = end.exitCode === SSH_FAILED;
  if (end.answered) return connectionLost(uri, `${lostWhy(end)}${said}`);
  if (end.babble !== '') {
    const text = lastWords(end.babble);
    const why = `the host answered with text instead of libvirt's protocol, "${text}": its login shell must print nothing`;
    return connectFailed(uri, 'LV_CONN_SSH', `${why}${said}`);
  }
  const reason = (ours ? SSH_REASONS : REMOTE_REASONS).find(({ pattern }) => pattern.test(end.stderr));
  if (reason !== undefined) return connectFailed(uri, reason.code, `${reason.why}${said}`);
  if (end.signal !== null) return connectFailed(uri, 'LV_CONN_CLOSED', `ssh was ended by ${end.signal}${said}`);
  if (end.exitCode === null) return connectFailed(uri, 'LV_CONN_CLOSED', `ssh closed its output${said}`);
  if (end.exitCode === 0) {
    return connectFailed(uri, 'LV_CONN_CLOSED', `the daemon on the host closed the connection before answering${said}`);
  }
  const who = ours ? 'ssh' : 'the command on the host';
  return connectFailed(uri, 'LV_CONN_SSH', `${who} failed with status ${String(end.exitCode)}${said}`);
}

function lostWhy({ exitCode, signal }: ProcessEnd): string {
  if (signal !== null) return `ssh was ended by ${signal}`;
  return exitCode === SSH_FAILED ? 'the ssh connection broke' : 'the daemon, or its helper on the host, ended it';
}

/** Its warnings can be a screen long; the point comes last. */
function lastWords(text: string): string {
  return text.length <= SAID_MAX ? text : `…${text.slice(-SAID_MAX)}`;
}
