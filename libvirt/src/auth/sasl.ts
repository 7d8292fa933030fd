// SPDX-License-Identifier: Apache-2.0
// SASL through the daemon's AUTH_SASL_* calls: choosing a mechanism and running it. No security layer: over TLS and unix
// sockets libvirtd asks for none; over plain TCP it insists on one (Kerberos or DIGEST-MD5 wrapping all traffic), which
// this client does not have, so there it refuses before sending anything.

import { RemoteError, TransportError, UsageError } from '../errors.ts';
import type { LibvirtError } from '../errors.ts';
import { AUTH_SASL_INIT, AUTH_SASL_START, AUTH_SASL_STEP } from '../protocol/auth.ts';
import type { CallOptions } from '../rpc/pending-call.ts';
import type { ConnectionUri } from '../uri.ts';
import { lookUpCredentials } from './auth-conf.ts';
import type { Credentials } from './auth-conf.ts';
import type { AuthCaller } from './authenticate.ts';
import { PlainExchange, SaslError } from './sasl-mechanism.ts';
import type { SaslExchange } from './sasl-mechanism.ts';
import { ScramExchange } from './scram.ts';

const VIR_ERR_AUTH_FAILED = 45;

/** Strongest first. */
const MECHANISMS: readonly { readonly name: string; readonly start: (credentials: Credentials) => SaslExchange }[] = [
  { name: 'SCRAM-SHA-512', start: (credentials) => new ScramExchange('sha512', credentials) },
  { name: 'SCRAM-SHA-256', start: (credentials) => new ScramExchange('sha256', credentials) },
  { name: 'SCRAM-SHA-1', start: (credentials) => new ScramExchange('sha1', credentials) },
  { name: 'PLAIN', start: (credentials) => new PlainExchange(credentials) },
];

/** More than any mechanism of ours takes; a server that goes on longer is not serious. */
const ROUNDS_MAX = 8;

/**
 * Authenticates with SASL.
 * @throws TransportError `LV_CONN_AUTH`; UsageError `LV_ARG_CREDENTIALS`
 */
export async function authenticateSasl(
  rpc: AuthCaller,
  uri: ConnectionUri,
  given: Credentials | undefined,
  options: CallOptions,
): Promise<void> {
  if (uri.transport === 'tcp') {
    throw refused(
      uri,
      'the daemon wants SASL over plain TCP, where it also encrypts by SASL, which this client does not do; ' +
        'use +tls or +ssh, or set auth_tcp="none" on a network you trust',
    );
  }
  const { mechlist } = await rpc.call(AUTH_SASL_INIT, {}, options);
  const mechanism = chooseMechanism(
    uri,
    mechlist.split(',').map((name) => name.trim().toUpperCase()),
  );
  const exchange = mechanism.start(given ?? (await credentialsFromFiles(uri)));
  try {
    await run(rpc, mechanism.name, exchange, options);
  } catch (error) {
    throw explain(uri, mechanism.name, error);
  }
}

function chooseMechanism(uri: ConnectionUri, offered: readonly string[]): (typeof MECHANISMS)[number] {
  const wanted = uri.params.auth?.mechanism;
  const names = MECHANISMS.map(({ name }) => name).join(', ');
  const common = MECHANISMS.filter(({ name }) => offered.includes(name) && (wanted === undefined || wanted === name));
  const [best] = common;
  if (best === undefined) {
    throw refused(
      uri,
      `the daemon offers ${offered.join(', ')}; this client has ${names}` +
        (wanted === undefined ? '' : `, and the URI asks for ${wanted}`) +
        '; see mech_list in /etc/sasl2/libvirt.conf on the host',
    );
  }
  if (best.name === 'PLAIN' && uri.transport === 'tls' && uri.params.noVerify && wanted === undefined) {
    throw refused(
      uri,
      'with no_verify=1 anybody may be at the other end, and PLAIN would tell them the password; ' +
        'verify the daemon, or insist with auth=sasl.PLAIN',
    );
  }
  return best;
}

async function credentialsFromFiles(uri: ConnectionUri): Promise<Credentials> {
  const lookup = await lookUpCredentials(uri);
  if (lookup.found) return lookup.credentials;
  throw new UsageError(
    'LV_ARG_CREDENTIALS',
    `connect failed: ${uri.text}: the daemon wants a user name and a password; none were given, none are in ${lookup.lookedIn}`,
  );
}

async function run(rpc: AuthCaller, mech: string, exchange: SaslExchange, options: CallOptions): Promise<void> {
  let reply = await rpc.call(AUTH_SASL_START, { mech, nil: false, data: exchange.first() }, options);
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const challenge = reply.nil ? new Uint8Array() : reply.data;
    // SCRAM's last message may come with "complete" or before it.
    const answer = challenge.length === 0 ? new Uint8Array() : await exchange.respond(challenge);
    if (reply.complete) {
      if (!exchange.finished) throw new SaslError('the server ended the exchange before proving who it is');
      return;
    }
    reply = await rpc.call(AUTH_SASL_STEP, { nil: false, data: answer }, options);
  }
  throw new SaslError('the exchange does not end');
}

function explain(uri: ConnectionUri, mech: string, error: unknown): unknown {
  if (error instanceof SaslError) return refused(uri, `SASL ${mech}: ${error.message}`, error);
  if (error instanceof RemoteError && error.number === VIR_ERR_AUTH_FAILED) {
    // libvirtd says no more than this on purpose.
    return refused(uri, `SASL ${mech}: the daemon refused the user name or the password`, error);
  }
  return error;
}

function refused(uri: ConnectionUri, why: string, cause?: unknown): LibvirtError {
  return new TransportError(
    'LV_CONN_AUTH',
    `connect failed: ${uri.text}: ${why}`,
    cause === undefined ? {} : { cause },
  );
}
