// SPDX-License-Identifier: Apache-2.0
// A certificate authority and certificates for a lab, made by openssl, laid out as libvirt's `pkipath` wants them.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lab } from './lab.ts';
import { plantKey } from './planted.ts';
import { runInside } from './process.ts';

/** Paths of PEM files. */
export interface CertificateFiles {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** An authority that signs for one lab. */
export interface Authority {
  /** A server's certificate for `localhost` and 127.0.0.1. */
  readonly server: CertificateFiles;
  /** A directory for `pkipath`: cacert.pem, clientcert.pem, clientkey.pem. */
  readonly clientDirectory: string;
}

const SERVER_EXTENSIONS = `subjectAltName = DNS:localhost, IP:127.0.0.1
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth
`;
const CLIENT_EXTENSIONS = `keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = clientAuth
`;

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** Makes an authority called `name` with a server's and a client's certificate. */
export async function makeAuthority(lab: Lab, name: string): Promise<Authority> {
  const directory = join(lab.directory, 'pki', name);
  await mkdir(directory, { recursive: true });
  const ca = join(directory, 'cacert.pem');
  const caKey = join(directory, 'cakey.pem');
  const authority = ['-keyout', caKey, '-out', ca, '-days', '2', '-subj', `/CN=${name} CA`];
  const authorityUse = ['-addext', 'keyUsage = critical, keyCertSign, cRLSign'];
  await runInside(lab, 'openssl', ['req', '-x509', ...NEW_KEY, ...authority, ...authorityUse]);
  plantKey(`TLS key of the authority ${name}`, caKey);

  async function issue(who: string, commonName: string, extensions: string): Promise<CertificateFiles> {
    const key = join(directory, `${who}key.pem`);
    const certificate = join(directory, `${who}cert.pem`);
    const request = join(directory, `${who}.csr`);
    const extensionsPath = join(directory, `${who}.ext`);
    await writeFile(extensionsPath, extensions);
    await runInside(lab, 'openssl', ['req', ...NEW_KEY, '-keyout', key, '-out', request, '-subj', `/CN=${commonName}`]);
    plantKey(`TLS key of a ${who} of ${name}`, key);
    const signing = ['-CA', ca, '-CAkey', caKey, '-CAcreateserial', '-days', '2', '-extfile', extensionsPath];
    await runInside(lab, 'openssl', ['x509', '-req', '-in', request, '-out', certificate, ...signing]);
    return { ca, certificate, key };
  }

  const server = await issue('server', 'localhost', SERVER_EXTENSIONS);
  await issue('client', 'vireo', CLIENT_EXTENSIONS);
  return { server, clientDirectory: directory };
}
