// SPDX-License-Identifier: Apache-2.0
// The parameters of a connection URI that concern the way to the daemon. Everything else passes through to the daemon.

/** What `auth=` asks for. */
export interface AuthChoice {
  readonly method: 'none' | 'sasl' | 'polkit';
  /** Only with `sasl.MECHANISM`; upper case. */
  readonly mechanism?: string;
}

/** Every parameter libvirt's remote driver knows, typed. */
export interface ConnectionParams {
  /** unix, ssh: the daemon's socket, instead of the one chosen by driver and mode. Over ssh it implies netcat. */
  readonly socket?: string;
  /** unix, ssh: the driver's own daemon (`direct`: virtqemud), the monolithic one (`legacy`), or whichever is there. */
  readonly mode: 'auto' | 'direct' | 'legacy';
  /** ssh: what runs on the other side: virt-ssh-helper (`native`), `netcat`, or the first if it is there. */
  readonly proxy: 'auto' | 'native' | 'netcat';
  /** ssh: path of nc on the other side; implies `proxy=netcat`. */
  readonly netcat?: string;
  /** ssh: the local program run instead of `ssh`. ext: the program whose stdin and stdout are the connection. */
  readonly command?: string;
  /** ssh: private key file. */
  readonly keyfile?: string;
  /** ssh: known hosts file (libvirt: libssh transports only). */
  readonly knownHosts?: string;
  /** ssh: what to do with an unknown host key (libvirt: libssh transports only). */
  readonly knownHostsVerify?: 'normal' | 'auto' | 'ignore';
  /** ssh, tls: do not verify the host key or the server's certificate. */
  readonly noVerify: boolean;
  /** ssh: never ask. We have no terminal, so this client never asks, whatever the URI says. */
  readonly noTty: boolean;
  /** tls: directory of cacert.pem, clientcert.pem, clientkey.pem, cacrl.pem. */
  readonly pkipath?: string;
  /** tls: a GnuTLS priority string. */
  readonly tlsPriority?: string;
  /** tls: do not check our own certificates before connecting. */
  readonly noSanity: boolean;
  readonly auth?: AuthChoice;
  /** File with credentials, in libvirt's auth.conf format. */
  readonly authfile?: string;
}

/** What holds for a URI without parameters. */
export const DEFAULT_PARAMS: ConnectionParams = {
  mode: 'auto',
  proxy: 'auto',
  noVerify: false,
  noTty: false,
  noSanity: false,
};

const MODES = ['auto', 'direct', 'legacy'] as const;
const PROXIES = ['auto', 'native', 'netcat'] as const;
const KNOWN_HOSTS_VERIFY = ['normal', 'auto', 'ignore'] as const;

/**
 * One parameter, typed; `null` when it is none of ours.
 * @param name lower case: libvirt compares parameter names without regard to case
 */
export function parseParam(
  name: string,
  value: string,
  fail: (why: string) => never,
): Partial<ConnectionParams> | null {
  const text = (): string => (value === '' ? fail(`the parameter ${name} is empty`) : value);
  const oneOf = <T extends string>(allowed: readonly T[]): T =>
    allowed.find((candidate) => candidate === value) ?? fail(`${name}=${value}: allowed are ${allowed.join(', ')}`);
  // As libvirt: an integer, where everything but 0 means yes.
  const flag = (): boolean =>
    /^[+-]?[0-9]+$/u.test(value) ? Number(value) !== 0 : fail(`${name}=${value}: write 0 or 1`);

  switch (name) {
    case 'socket':
      return value.startsWith('/') ? { socket: value } : fail('socket= must be an absolute path');
    case 'mode':
      return { mode: oneOf(MODES) };
    case 'proxy':
      return { proxy: oneOf(PROXIES) };
    case 'netcat':
      return { netcat: text() };
    case 'command':
      return { command: text() };
    case 'keyfile':
      return { keyfile: text() };
    case 'known_hosts':
      return { knownHosts: text() };
    case 'known_hosts_verify':
      return { knownHostsVerify: oneOf(KNOWN_HOSTS_VERIFY) };
    case 'sshauth':
      return parseSshAuth(text(), fail);
    case 'no_verify':
      return { noVerify: flag() };
    case 'no_tty':
      return { noTty: flag() };
    case 'pkipath':
      return { pkipath: text() };
    case 'tls_priority':
      return { tlsPriority: text() };
    case 'no_sanity':
      return { noSanity: flag() };
    case 'auth':
      return { auth: parseAuth(text(), fail) };
    case 'authfile':
      return { authfile: text() };
    default:
      return null;
  }
}

function parseAuth(value: string, fail: (why: string) => never): AuthChoice {
  const [method, mechanism] = splitOnce(value, '.');
  switch (method.toLowerCase()) {
    case 'sasl':
      return mechanism === undefined || mechanism === ''
        ? { method: 'sasl' }
        : { method: 'sasl', mechanism: mechanism.toUpperCase() };
    case 'polkit':
      return { method: 'polkit' };
    case 'none':
      return { method: 'none' };
    default:
      return fail(`auth=${value}: allowed are none, polkit, sasl and sasl.MECHANISM`);
  }
}

/** ssh itself picks among keys and agents; only a list that leaves nothing but asking a person cannot be served. */
function parseSshAuth(value: string, fail: (why: string) => never): Partial<ConnectionParams> {
  const methods = value.split(',');
  const unknown = methods.find((method) => !['agent', 'privkey', 'password', 'keyboard-interactive'].includes(method));
  if (unknown !== undefined) fail(`sshauth: unknown method "${unknown}"`);
  if (!methods.includes('agent') && !methods.includes('privkey')) {
    fail(`sshauth=${value}: this client has nobody to ask for a password; use a key or an agent`);
  }
  return {};
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
