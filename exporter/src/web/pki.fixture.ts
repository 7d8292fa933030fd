// SPDX-License-Identifier: Apache-2.0
// Certificates for tests of this room, made by openssl when a test begins.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Paths of PEM files. */
export interface Pem {
  readonly cert: string;
  readonly key: string;
}

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'ignore' });
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** A certificate that signs itself, for `localhost`; also good as an authority. */
export function selfSigned(directory: string, name: string, days = 2): Pem {
  const [cert, key] = [join(directory, `${name}.pem`), join(directory, `${name}.key`)];
  const more = ['-days', String(days), '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  openssl('req', '-x509', ...NEW_KEY, '-keyout', key, '-out', cert, '-subj', `/CN=${name}`, ...more);
  return { cert, key };
}

/** A client's certificate signed by an authority, with one subject alternative name such as `DNS:prometheus`. */
export function clientOf(directory: string, authority: Pem, name: string, san: string): Pem {
  const [cert, key, csr, extensions] = ['pem', 'key', 'csr', 'ext'].map((end) => join(directory, `${name}.${end}`));
  if (cert === undefined || key === undefined || csr === undefined || extensions === undefined) throw new RangeError();
  writeFileSync(extensions, `subjectAltName=${san}\nextendedKeyUsage=clientAuth\n`);
  openssl('req', ...NEW_KEY, '-keyout', key, '-out', csr, '-subj', `/CN=${name}`);
  const signing = ['-CA', authority.cert, '-CAkey', authority.key, '-CAcreateserial', '-days', '2'];
  openssl('x509', '-req', '-in', csr, '-out', cert, '-extfile', extensions, ...signing);
  return { cert, key };
}
