// SPDX-License-Identifier: Apache-2.0
// Finds and reads the certificates of a TLS connection where libvirt's own client looks for them
// (virNetTLSContextLocateCredentials), and checks our own before anybody else refuses them.

import { X509Certificate } from 'node:crypto';
import { access, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

import type { ConnectionUri } from '../uri.ts';
import { connectFailed } from './establish.ts';
import type { PkiPlaces } from './options.ts';

/** A file and what it holds. */
export interface PkiFile {
  readonly path: string;
  readonly pem: Buffer;
}

/** What was found. The client's certificate may be missing: a daemon may do without. */
export interface PkiFiles {
  /** `null` only with no_verify. */
  readonly ca: PkiFile | null;
  readonly crl: PkiFile | null;
  readonly client: { readonly certificate: PkiFile; readonly key: PkiFile } | null;
  /** Where a client certificate was looked for and not found. */
  readonly clientWanted: string;
}

/** libvirt's places: root looks only in the system's, everybody else in their own first. */
export function defaultPkiPlaces(userId = process.geteuid?.() ?? 0, home = homedir()): PkiPlaces {
  return { system: '/etc/pki', user: userId === 0 ? null : join(home, '.pki', 'libvirt') };
}

interface Paths {
  readonly ca: string;
  readonly crl: string;
  readonly certificate: string;
  readonly key: string;
}

function flatPaths(directory: string): Paths {
  return {
    ca: join(directory, 'cacert.pem'),
    crl: join(directory, 'cacrl.pem'),
    certificate: join(directory, 'clientcert.pem'),
    key: join(directory, 'clientkey.pem'),
  };
}

/** The user's files where they exist, certificate and key only as a pair; the system's otherwise. */
async function choosePaths(uri: ConnectionUri, places: PkiPlaces): Promise<Paths> {
  if (uri.params.pkipath !== undefined) return flatPaths(uri.params.pkipath);
  const system: Paths = {
    ca: join(places.system, 'CA', 'cacert.pem'),
    crl: join(places.system, 'CA', 'cacrl.pem'),
    certificate: join(places.system, 'libvirt', 'clientcert.pem'),
    key: join(places.system, 'libvirt', 'private', 'clientkey.pem'),
  };
  if (places.user === null) return system;
  const user = flatPaths(places.user);
  const pair = (await exists(user.certificate)) && (await exists(user.key));
  return {
    ca: (await exists(user.ca)) ? user.ca : system.ca,
    crl: (await exists(user.crl)) ? user.crl : system.crl,
    certificate: pair ? user.certificate : system.certificate,
    key: pair ? user.key : system.key,
  };
}

/**
 * Reads the files of a TLS connection and, unless the URI says no_sanity, checks that they can work at all.
 * @throws TransportError `LV_CONN_TLS`: missing CA, unreadable, expired, key of another certificate;
 * `LV_CONN_DENIED`: permissions
 */
export async function readPki(uri: ConnectionUri, places: PkiPlaces, now = new Date()): Promise<PkiFiles> {
  const paths = await choosePaths(uri, places);
  const ca = await readOptional(uri, paths.ca);
  if (ca === null && !uri.params.noVerify) {
    throw connectFailed(uri, 'LV_CONN_TLS', `no CA certificate at ${paths.ca} to verify the daemon with`);
  }
  const crl = await readOptional(uri, paths.crl);
  const certificate = await readOptional(uri, paths.certificate);
  const key = await readOptional(uri, paths.key);
  if (certificate !== null && key === null) {
    throw connectFailed(uri, 'LV_CONN_TLS', `the client certificate ${paths.certificate} has no key at ${paths.key}`);
  }
  const client = certificate === null || key === null ? null : { certificate, key };
  if (!uri.params.noSanity) {
    if (ca !== null) checkDates(uri, ca, 'CA certificate', now);
    if (client !== null) checkDates(uri, client.certificate, 'client certificate', now);
  }
  return { ca, crl, client, clientWanted: paths.certificate };
}

function checkDates(uri: ConnectionUri, file: PkiFile, what: string, now: Date): void {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(file.pem);
  } catch (error) {
    throw connectFailed(uri, 'LV_CONN_TLS', `the ${what} ${file.path} is not a PEM certificate`, error);
  }
  if (now > new Date(certificate.validTo)) {
    throw connectFailed(uri, 'LV_CONN_TLS', `the ${what} ${file.path} expired ${day(certificate.validTo)}`);
  }
  if (now < new Date(certificate.validFrom)) {
    throw connectFailed(
      uri,
      'LV_CONN_TLS',
      `the ${what} ${file.path} is not valid before ${day(certificate.validFrom)}`,
    );
  }
}

/** `Jan  2 00:00:00 2026 GMT` as `2026-01-02`; the text itself if it is no date. */
export function day(opensslDate: string): string {
  const date = new Date(opensslDate);
  return Number.isNaN(date.getTime()) ? opensslDate : date.toISOString().slice(0, 10);
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

async function readOptional(uri: ConnectionUri, path: string): Promise<PkiFile | null> {
  try {
    return { path, pem: await readFile(path) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw connectFailed(
      uri,
      code === 'EACCES' ? 'LV_CONN_DENIED' : 'LV_CONN_TLS',
      `cannot read ${path}: ${String(code)}`,
      error,
    );
  }
}
