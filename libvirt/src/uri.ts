// SPDX-License-Identifier: Apache-2.0
// libvirt's connection URIs: driver[+transport]://[user@][host][:port]/[path][?params]. Parsing only: no file is read, no
// name resolved. The rules are those of libvirt's remote driver (doRemoteOpen); where we differ a comment says so.

import { isIPv6 } from 'node:net';

import { UsageError } from './errors.ts';
import { DEFAULT_PARAMS, parseParam } from './uri-params.ts';
import type { ConnectionParams } from './uri-params.ts';

/** How the bytes travel. `libssh` and `libssh2` URIs become `ssh`: the system's ssh serves all three. */
export type Transport = 'unix' | 'tcp' | 'tls' | 'ssh' | 'ext';

/** A connection URI, taken apart. */
export interface ConnectionUri {
  /** The URI as given, without secrets: for messages and logs. */
  readonly text: string;
  /** Lower case, without the transport: `qemu`. `remote` lets the daemon choose. */
  readonly driver: string;
  readonly transport: Transport;
  /** What the daemon is asked to open (CONNECT_OPEN): the URI without everything that only concerns the way there. */
  readonly name: string;
  /** Percent-decoded: `/system`. */
  readonly path: string;
  readonly user?: string;
  /** Without brackets when an IPv6 address. Always there for tcp, tls and ssh, never for unix. */
  readonly host?: string;
  readonly port?: number;
  readonly params: ConnectionParams;
}

const TRANSPORTS: ReadonlyMap<string, Transport> = new Map([
  ['unix', 'unix'],
  ['tcp', 'tcp'],
  ['tls', 'tls'],
  ['ssh', 'ssh'],
  ['libssh', 'ssh'],
  ['libssh2', 'ssh'],
  ['ext', 'ext'],
]);

/** Drivers that libvirt runs inside the client's process: with a host but no transport there is no daemon to talk to. */
const DRIVERS_WITHOUT_DAEMON: ReadonlySet<string> = new Set(['esx', 'vpx', 'gsx', 'hyperv', 'phyp', 'parallels']);

/**
 * Parses a libvirt connection URI.
 * @throws UsageError `LV_ARG_URI`: not a URI, an unknown transport, a parameter that makes no sense
 */
export function parseConnectionUri(text: string): ConnectionUri {
  const shown = redactUri(text);
  const fail = (why: string): never => {
    throw new UsageError('LV_ARG_URI', `bad connection URI: ${shown}: ${why}`);
  };
  if (text === '') fail('it is empty; the local QEMU driver is qemu:///system');
  if (/[\u0000-\u0020\u007f]/u.test(text)) fail('it has a space or a control character; write it percent-encoded');

  const parts = /^([a-z][a-z0-9.-]*)(?:\+([a-z0-9+.-]*))?:(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(#.*)?$/iu.exec(text);
  if (parts === null) return fail('it does not begin with a driver, as in qemu:///system');
  const [, scheme = '', transportText, authority = '', rawPath = '', query = '', fragment = ''] = parts;
  const driver = scheme.toLowerCase();
  const decode = (value: string): string => percentDecode(value, fail);
  if (rawPath !== '' && !rawPath.startsWith('/')) fail(`its path has no leading slash; try ${driver}:///${rawPath}`);

  const { user, host, port } = parseAuthority(authority, decode, fail);
  const transport = chooseTransport(driver, transportText, host, fail);
  if (transport === 'unix' && (host !== undefined || port !== undefined || user !== undefined)) {
    fail('a unix socket is on this machine, so host, port and user make no sense; use +ssh, +tls or +tcp');
  }

  let params: ConnectionParams = DEFAULT_PARAMS;
  let openName: string | undefined;
  const leftover: string[] = [];
  for (const pair of query.split(/[&;]/u)) {
    const equals = pair.indexOf('=');
    const name = decode(equals === -1 ? pair : pair.slice(0, equals));
    const value = equals === -1 ? '' : decode(pair.slice(equals + 1));
    if (name === '') continue;
    if (name.toLowerCase() === 'name') {
      openName = value;
      continue;
    }
    const known = parseParam(name.toLowerCase(), value, fail);
    if (known === null) leftover.push(`${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
    else params = { ...params, ...known };
  }
  if (transport === 'ext' && params.command === undefined) fail('the ext transport needs command=PROGRAM');

  const remoteHost = host ?? (transport === 'unix' || transport === 'ext' ? undefined : 'localhost');
  const rest = leftover.length === 0 ? '' : `?${leftover.join('&')}`;
  return {
    text: shown,
    driver,
    transport,
    name: openName ?? (driver === 'remote' ? '' : `${driver}://${rawPath}${rest}${fragment}`),
    path: decode(rawPath),
    ...(user === undefined ? {} : { user }),
    ...(remoteHost === undefined ? {} : { host: remoteHost }),
    ...(port === undefined ? {} : { port }),
    params,
  };
}

function chooseTransport(
  driver: string,
  text: string | undefined,
  host: string | undefined,
  fail: (why: string) => never,
): Transport {
  if (text !== undefined) {
    const transport = TRANSPORTS.get(text.toLowerCase());
    return transport ?? fail(`unknown transport "${text}"; known are ${[...TRANSPORTS.keys()].join(', ')}`);
  }
  if (host === undefined) return 'unix';
  if (DRIVERS_WITHOUT_DAEMON.has(driver)) {
    fail(
      `the ${driver} driver lives in libvirt's C library, not behind a daemon on that host; ` +
        `let a libvirtd open it: connect to the daemon (qemu:///system) and give this URI as the name to open`,
    );
  }
  return 'tls';
}

interface Authority {
  readonly user: string | undefined;
  readonly host: string | undefined;
  readonly port: number | undefined;
}

function parseAuthority(text: string, decode: (value: string) => string, fail: (why: string) => never): Authority {
  const at = text.lastIndexOf('@');
  const user = at === -1 ? undefined : decode(text.slice(0, at));
  // libvirt ignores a password here; refusing keeps it out of process lists, shell histories and configuration files.
  if (user?.includes(':') === true) fail('a password does not belong in a URI; put it into auth.conf');
  if (user === '' || user?.startsWith('-') === true) fail('its user name is empty or begins with a dash');

  const parts = /^(\[[^\]]*\]|[^:[\]]*)(?::([0-9]*))?$/u.exec(text.slice(at + 1));
  if (parts === null)
    return fail('its host or port is malformed; IPv6 addresses go in brackets: qemu+tcp://[::1]/system');
  const [, rawHost = '', rawPort = ''] = parts;
  const port = rawPort === '' ? undefined : Number(rawPort);
  if (port !== undefined && (port < 1 || port > 65_535)) fail(`port ${rawPort} is not between 1 and 65535`);
  if (rawHost === '') return { user, host: undefined, port };

  if (rawHost.startsWith('[')) {
    const address = decode(rawHost.slice(1, -1));
    if (!isIPv6(address)) fail(`"${address}" is no IPv6 address`);
    return { user, host: address, port };
  }
  const host = decode(rawHost);
  // The host ends up on ssh's command line and, through %h, in a ProxyCommand's shell: letters, digits and -._ only.
  if (!/^[\p{L}\p{M}\p{N}_.][\p{L}\p{M}\p{N}_.-]*$/u.test(host)) fail(`"${host}" is no host name`);
  return { user, host, port };
}

function percentDecode(text: string, fail: (why: string) => never): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    return fail(`"${text}" is not valid percent-encoded UTF-8`);
  }
  if (/[\u0000-\u001f\u007f]/u.test(decoded)) fail('it has an encoded control character');
  return decoded;
}

/**
 * A URI without what might be secret, for logs and messages: a password before the `@`, and the values of parameters
 * whose name sounds like one. Works on text that is no valid URI too.
 */
export function redactUri(text: string): string {
  return text
    .replace(/^([^/?#]*\/\/[^/?#@:]*):[^/?#]*@/u, '$1:***@')
    .replace(/([?&;])([^=&;#]*)=([^&;#]*)/gu, (_, before: string, name: string, value: string) => {
      if (/pass|secret|token|pwd|credential/iu.test(name)) return `${before}${name}=***`;
      return `${before}${name}=${redactValue(value)}`;
    });
}

/** The value of `name=` or `proxy=` is a URI of its own, usually percent-encoded. */
function redactValue(value: string): string {
  let inner: string;
  try {
    inner = decodeURIComponent(value);
  } catch {
    return value;
  }
  const shown = redactUri(inner);
  return shown === inner ? value : encodeURIComponent(shown).replaceAll('%3A', ':').replaceAll('%2F', '/');
}
