// SPDX-License-Identifier: Apache-2.0
// What Go's tls.Config decides about a client's certificate, for the types of which Node has no word.

import type { TLSSocket } from 'node:tls';
import type { TlsConfig } from './web-config.ts';

/** A client that was cut off because of its certificate. */
export interface RefusedClient {
  /** It gave none; nobody we trust vouches for it, now; or somebody does, and none of its names is allowed. */
  readonly reason: 'missing' | 'invalid' | 'unknown';
  /** What exactly was wrong: a code of OpenSSL, or words. */
  readonly detail: string;
  readonly address: string;
  /** Whom the certificate is for, as it says itself. */
  readonly certificate?: string;
}

/** What a client says of itself is cut off there. */
const NAMES_LENGTH_MAX = 200;

/** Why a client may not stay, its handshake being over, or undefined when it may. */
export function refusalOf(socket: TLSSocket, { clientAuth, clientAllowedSans }: TlsConfig): RefusedClient | undefined {
  if (clientAuth === 'NoClientCert' || clientAuth === 'RequestClientCert') return undefined;
  const certificate = socket.getPeerX509Certificate();
  const address = socket.remoteAddress ?? 'unknown';
  if (certificate === undefined) {
    if (clientAuth === 'VerifyClientCertIfGiven') return undefined;
    return { reason: 'missing', detail: 'it gave no certificate', address };
  }
  if (clientAuth === 'RequireAnyClientCert') return undefined;
  const given = { address, certificate: certificate.subject.replaceAll('\n', ', ').slice(0, NAMES_LENGTH_MAX) };
  // A code, whatever its type says.
  if (!socket.authorized) return { reason: 'invalid', detail: String(socket.authorizationError), ...given };
  if (clientAllowedSans.size === 0) return undefined;
  const names = subjectAlternativeNames(certificate.subjectAltName);
  if (names.some((name) => clientAllowedSans.has(name))) return undefined;
  const detail = `none of its names is allowed: ${names.join(', ').slice(0, NAMES_LENGTH_MAX)}`;
  return { reason: 'unknown', detail, ...given };
}

/** Node's text form, `DNS:a.example, IP Address:::1, URI:"spiffe://x, y"`, without the kinds; a name with a comma or quote is in JSON. */
export function subjectAlternativeNames(text = ''): string[] {
  return [...text.matchAll(/(?:^|, )(DNS|IP Address|URI|email):(?:("(?:[^"\\]|\\.)*")|([^,]*))/g)].map(
    ([, , quoted, plain]) => {
      if (quoted === undefined) return plain ?? '';
      const name: unknown = JSON.parse(quoted);
      return typeof name === 'string' ? name : '';
    },
  );
}
