// SPDX-License-Identifier: Apache-2.0
// What Go's tls.Config decides about a client's certificate, for the types of which Node has no word.

import type { TLSSocket } from 'node:tls';
import type { TlsConfig } from './web-config.ts';

/** Whether a client may stay, its handshake being over. */
export function isAdmitted(socket: TLSSocket, { clientAuth, clientAllowedSans }: TlsConfig): boolean {
  if (clientAuth === 'NoClientCert' || clientAuth === 'RequestClientCert') return true;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return clientAuth === 'VerifyClientCertIfGiven';
  if (clientAuth === 'RequireAnyClientCert') return true;
  if (!socket.authorized) return false;
  if (clientAllowedSans.size === 0) return true;
  return subjectAlternativeNames(certificate.subjectAltName).some((name) => clientAllowedSans.has(name));
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
