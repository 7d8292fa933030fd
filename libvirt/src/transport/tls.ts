// SPDX-License-Identifier: Apache-2.0
// TLS from the first byte, certificates on both sides, and libvirt's own last step: the daemon sends one byte, 0x01,
// once it has accepted our certificate. Only then may RPC flow.

import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect, TLSSocket } from 'node:tls';
import type { ConnectionOptions, DetailedPeerCertificate } from 'node:tls';

import { ProtocolError, UsageError } from '../errors.ts';
import type { LibvirtError } from '../errors.ts';
import type { ConnectionUri } from '../uri.ts';
import { connectFailed, establish, refuseIfAborted } from './establish.ts';
import type { TransportOptions } from './options.ts';
import { day, defaultPkiPlaces, readPki } from './pki.ts';
import type { PkiFiles } from './pki.ts';
import { explainTcp, tcpOptions } from './tcp.ts';

const TLS_PORT = 16_514;

/** Priority strings that ask for nothing but the library's own defaults. */
const DEFAULT_PRIORITIES: ReadonlySet<string> = new Set(['NORMAL', '@SYSTEM', '@LIBVIRT,SYSTEM']);

/** Connects to a daemon that listens for TLS. */
export async function openTls(uri: ConnectionUri, options: TransportOptions): Promise<Duplex> {
  refuseIfAborted(options.signal);
  const { tlsPriority } = uri.params;
  if (tlsPriority !== undefined && !DEFAULT_PRIORITIES.has(tlsPriority)) {
    // A security setting is followed or refused, never dropped.
    throw new UsageError(
      'LV_ARG_URI',
      `bad connection URI: ${uri.text}: tls_priority is in GnuTLS's language, which this client cannot follow; ` +
        'it offers TLS 1.2 and 1.3; restrict ciphers on the daemon (tls_priority in libvirtd.conf)',
    );
  }
  const files = await readPki(uri, options.pki ?? defaultPkiPlaces());
  refuseIfAborted(options.signal);
  const address = tcpOptions(uri, TLS_PORT);
  const socket = startTls(uri, address, files);
  let stage: 'tcp' | 'handshake' | 'confirmation' = 'tcp';
  socket.once('connect', () => {
    stage = 'handshake';
  });
  return establish(socket, uri, options, {
    wait: (ready, fail) => {
      socket.once('secureConnect', () => {
        stage = 'confirmation';
        // Verified here and not by Node (rejectUnauthorized), because Node destroys the socket, and with it the
        // certificate the message is about. Nothing has been written to the socket yet.
        if (!uri.params.noVerify && !socket.authorized) {
          fail(refusedCertificate(uri, socket));
          return;
        }
        awaitConfirmation(uri, socket, ready, fail);
      });
    },
    explain: (error) => {
      if (stage === 'tcp') return explainTcp(uri, address, 'is libvirtd started with --listen, listen_tls on?', error);
      return explainTls(uri, files, stage, error);
    },
    late: () =>
      stage === 'tcp'
        ? `no answer from ${address.host} port ${String(address.port)}`
        : stage === 'handshake'
          ? 'the TLS handshake did not end'
          : 'the daemon did not confirm our certificate',
  });
}

/** A certificate a connection stands on. */
export interface ConnectionCertificate {
  /** The daemon's, the client's, or that of the authority behind the daemon's which expires first. */
  readonly of: 'daemon' | 'client' | 'authority';
  /** Milliseconds since the epoch of the last moment it is good for. */
  readonly notAfter: number;
}

/** The certificates of a pipe that {@link openTls} made; none of any other. */
export function certificatesOf(pipe: Duplex): ConnectionCertificate[] {
  if (!(pipe instanceof TLSSocket)) return [];
  const certificates: ConnectionCertificate[] = [];
  const add = (of: ConnectionCertificate['of'], dates: readonly (string | undefined)[]): void => {
    const times = dates.map((date) => Date.parse(date ?? '')).filter((time) => !Number.isNaN(time));
    if (times.length > 0) certificates.push({ of, notAfter: Math.min(...times) });
  };
  // `{}` without one, whatever the types say.
  const daemon: Partial<DetailedPeerCertificate> = pipe.getPeerCertificate(true);
  add('daemon', [daemon.valid_to]);
  add('authority', authoritiesOf(daemon));
  const client = pipe.getCertificate();
  add('client', [client !== null && 'valid_to' in client ? client.valid_to : undefined]);
  return certificates;
}

/** When each authority's certificate expires; the last one is its own issuer. */
function authoritiesOf(certificate: Partial<DetailedPeerCertificate>): string[] {
  const dates: string[] = [];
  const seen = new Set<string | undefined>([certificate.fingerprint256]);
  let issuer: Partial<DetailedPeerCertificate> | undefined = certificate.issuerCertificate;
  while (issuer?.valid_to !== undefined && !seen.has(issuer.fingerprint256)) {
    seen.add(issuer.fingerprint256);
    dates.push(issuer.valid_to);
    issuer = issuer.issuerCertificate;
  }
  return dates;
}

function startTls(uri: ConnectionUri, address: ConnectionOptions & { host: string }, files: PkiFiles): TLSSocket {
  try {
    return connect({
      ...address,
      // An IP address is no server name (RFC 6066); it is compared with the certificate all the same.
      ...(isIP(address.host) === 0 ? { servername: address.host } : {}),
      minVersion: 'TLSv1.2',
      rejectUnauthorized: false,
      ...(files.ca === null ? {} : { ca: files.ca.pem }),
      ...(files.crl === null ? {} : { crl: files.crl.pem }),
      ...(files.client === null ? {} : { cert: files.client.certificate.pem, key: files.client.key.pem }),
    });
  } catch (error) {
    // Node reads the PEM texts here, at once.
    const why = error instanceof Error ? error.message : String(error);
    const of = [files.ca, files.crl, files.client?.certificate, files.client?.key].flatMap((file) => file?.path ?? []);
    throw connectFailed(uri, 'LV_CONN_TLS', `cannot use the certificates in ${of.join(', ')}: ${why}`, error);
  }
}

/** Takes exactly the first byte; what follows it is RPC and stays in the socket for its next reader. */
function awaitConfirmation(
  uri: ConnectionUri,
  socket: TLSSocket,
  ready: () => void,
  fail: (error: LibvirtError) => void,
): void {
  const onReadable = (): void => {
    const bytes: unknown = socket.read(1);
    if (!Buffer.isBuffer(bytes)) return;
    socket.off('readable', onReadable);
    if (bytes[0] === 1) {
      ready();
      return;
    }
    const got = `0x${bytes.toString('hex')}`;
    fail(
      new ProtocolError(
        'LV_PROTO_TLS_BYTE',
        `connect failed: ${uri.text}: ${got} instead of the confirmation byte 0x01`,
      ),
    );
  };
  socket.on('readable', onReadable);
}

/** Why the daemon's certificate does not satisfy us. */
function refusedCertificate(uri: ConnectionUri, socket: TLSSocket): LibvirtError {
  // @types/node says Error; Node gives the code as a string (node:tls, onConnectSecure).
  const reason: unknown = socket.authorizationError;
  const code = reason instanceof Error ? reason.message : String(reason);
  const peer = socket.getPeerCertificate();
  const host = uri.host ?? '';
  const why: Readonly<Record<string, string>> = {
    CERT_HAS_EXPIRED: `the daemon's certificate expired ${day(peer.valid_to)}`,
    CERT_NOT_YET_VALID: `the daemon's certificate is not valid before ${day(peer.valid_from)}`,
    CERT_REVOKED: "the daemon's certificate is revoked by our CRL (cacrl.pem)",
    CRL_HAS_EXPIRED: 'our CRL (cacrl.pem) is out of date; fetch a new one from your CA',
    UNABLE_TO_GET_CRL: "our CRL (cacrl.pem) is not of the CA that signed the daemon's certificate",
    ERR_TLS_CERT_ALTNAME_INVALID: `the daemon's certificate is for ${names(peer)}, not for ${host}`,
    DEPTH_ZERO_SELF_SIGNED_CERT: "the daemon's certificate is self-signed, not signed by our CA",
    SELF_SIGNED_CERT_IN_CHAIN: "the daemon's certificate is not signed by our CA",
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the daemon's certificate is not signed by our CA",
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "the daemon's certificate is not signed by our CA",
    CERT_SIGNATURE_FAILURE: "the daemon's certificate is not signed by our CA, though it names it",
    INVALID_PURPOSE: "the daemon's certificate may not be used by a server (extended key usage)",
  };
  return connectFailed(uri, 'LV_CONN_TLS', why[code] ?? `the daemon's certificate is refused (${code})`, reason);
}

function names(peer: {
  readonly subjectaltname?: string;
  readonly subject?: { readonly CN?: string | string[] };
}): string {
  return peer.subjectaltname ?? String(peer.subject?.CN ?? 'nobody');
}

/** A failure after TCP stood. A closed socket is how a daemon says it dislikes our certificate. */
function explainTls(
  uri: ConnectionUri,
  files: PkiFiles,
  stage: 'handshake' | 'confirmation',
  error: NodeJS.ErrnoException | null,
): LibvirtError {
  const code = error?.code ?? '';
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') {
    return connectFailed(uri, 'LV_CONN_TLS', 'the other side does not speak TLS; is this the plain TCP port?', error);
  }
  const closed = error === null || code === 'ECONNRESET' || code === 'EPIPE';
  const alert = /alert/iu.test(`${code} ${error?.message ?? ''}`);
  if (alert || (closed && stage === 'confirmation')) {
    const ours =
      files.client === null
        ? `it wants one and there is none at ${files.clientWanted}`
        : `${files.client.certificate.path} must be signed by its CA, be in date and, if it sets tls_allowed_dn_list, be in there`;
    const said = alert ? ` (${code === '' ? (error?.message ?? '') : code})` : '';
    return connectFailed(uri, 'LV_CONN_TLS', `the daemon refused our certificate${said}: ${ours}`, error);
  }
  if (closed)
    return connectFailed(
      uri,
      'LV_CONN_CLOSED',
      'the other side closed the connection during the TLS handshake; is it a TLS port?',
      error,
    );
  return connectFailed(uri, 'LV_CONN_TLS', `TLS failed: ${error.message}`, error);
}
