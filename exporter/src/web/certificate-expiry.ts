// SPDX-License-Identifier: Apache-2.0
// Until when the certificates of the web config file are good.

import { X509Certificate } from 'node:crypto';
import type { TlsConfig } from './web-config.ts';

/** A file of certificates. */
export interface CertificateExpiry {
  readonly certificate: 'server' | 'client_authority';
  /** Milliseconds since the epoch when the first certificate in it expires. */
  readonly notAfter: number;
}

/** Of the server's chain, and of the authorities for clients where there are any; none without TLS. */
export function certificateExpiries(tls: TlsConfig | undefined): CertificateExpiry[] {
  const files = [
    { certificate: 'server', pem: tls?.context.cert },
    { certificate: 'client_authority', pem: tls?.context.ca },
  ] as const;
  return files.flatMap(({ certificate, pem }) => {
    const notAfter = typeof pem === 'string' ? firstExpiry(pem) : Infinity;
    return notAfter === Infinity ? [] : [{ certificate, notAfter }];
  });
}

function firstExpiry(pem: string): number {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return Math.min(...blocks.map((block) => Date.parse(new X509Certificate(block).validTo)));
}
