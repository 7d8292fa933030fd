// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificateExpiries } from './certificate-expiry.ts';
import { selfSigned } from './pki.fixture.ts';
import { readWebConfig } from './read-web-config.ts';

describe('the certificates of the web config file', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'vireo-expiry-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  it('are good until the first of a file expires, authorities of clients too', () => {
    const [short, long] = [selfSigned(directory, 'short'), selfSigned(directory, 'long', 30)];
    const pem = (path: string): string => readFileSync(path, 'utf8');
    writeFileSync(join(directory, 'chain.pem'), pem(long.cert) + pem(short.cert));
    const file = join(directory, 'web.yml');
    writeFileSync(
      file,
      `tls_server_config: { cert_file: chain.pem, key_file: long.key, client_ca_file: long.pem, client_auth_type: RequireAndVerifyClientCert }`,
    );
    const notAfter = (path: string): number => Date.parse(new X509Certificate(pem(path)).validTo);
    expect(certificateExpiries(readWebConfig(file).config?.tls)).toEqual([
      { certificate: 'server', notAfter: notAfter(short.cert) },
      { certificate: 'client_authority', notAfter: notAfter(long.cert) },
    ]);
  });

  it('are none without TLS', () => {
    expect(certificateExpiries(undefined)).toEqual([]);
  });
});
