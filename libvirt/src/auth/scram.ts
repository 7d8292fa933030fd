// SPDX-License-Identifier: Apache-2.0
// SCRAM (RFC 5802, RFC 7677) as a client, without channel binding. The password never leaves this process, and the
// server has to prove that it knows it too.

import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

import type { Credentials } from './auth-conf.ts';
import { SaslError } from './sasl-mechanism.ts';
import type { SaslExchange } from './sasl-mechanism.ts';

const pbkdf2Async = promisify(pbkdf2);

/** RFC 7677. Fewer would make the proof we send cheap to guess from; a false server would ask for that. */
const ITERATIONS_MIN = 4096;
/** About two seconds of one core; a server that asks for more wants to keep us busy. */
const ITERATIONS_MAX = 2_000_000;

/** "n": this client knows no channel binding; no authorisation identity. */
const GS2_HEADER = 'n,,';

/** The hashes SCRAM is registered for, under Node's names. */
export type ScramHash = 'sha1' | 'sha256' | 'sha512';

/** One exchange; use it once. */
export class ScramExchange implements SaslExchange {
  readonly #hash: ScramHash;
  readonly #credentials: Credentials;
  readonly #nonce: string;
  #step:
    | { readonly state: 'first' }
    | { readonly state: 'final'; readonly serverSignature: Buffer }
    | { readonly state: 'done' } = { state: 'first' };

  /** @param nonce fresh for every exchange, printable, without commas; only a test gives its own */
  constructor(hash: ScramHash, credentials: Credentials, nonce = randomBytes(24).toString('base64')) {
    this.#hash = hash;
    this.#credentials = credentials;
    this.#nonce = nonce;
  }

  get finished(): boolean {
    return this.#step.state === 'done';
  }

  first(): Uint8Array {
    return Buffer.from(GS2_HEADER + this.#clientFirstBare(), 'utf8');
  }

  async respond(challenge: Uint8Array): Promise<Uint8Array> {
    const message = Buffer.from(challenge).toString('utf8');
    switch (this.#step.state) {
      case 'first':
        return this.#clientFinal(message);
      case 'final':
        this.#verifyServer(message, this.#step.serverSignature);
        this.#step = { state: 'done' };
        return new Uint8Array();
      case 'done':
        throw new SaslError('the server goes on after the last SCRAM message');
    }
  }

  #clientFirstBare(): string {
    const username = saslPrep(this.#credentials.username).replaceAll('=', '=3D').replaceAll(',', '=2C');
    return `n=${username},r=${this.#nonce}`;
  }

  async #clientFinal(serverFirst: string): Promise<Uint8Array> {
    const { nonce, salt, iterations } = parseServerFirst(serverFirst, this.#nonce);
    const hash = this.#hash;
    const salted = await pbkdf2Async(saslPrep(this.#credentials.password), salt, iterations, hashBytes(hash), hash);
    const clientKey = hmac(hash, salted, 'Client Key');
    const storedKey = createHash(hash).update(clientKey).digest();
    const withoutProof = `c=${Buffer.from(GS2_HEADER, 'utf8').toString('base64')},r=${nonce}`;
    const authMessage = `${this.#clientFirstBare()},${serverFirst},${withoutProof}`;
    const clientSignature = hmac(hash, storedKey, authMessage);
    const proof = Buffer.from(clientKey.map((byte, i) => byte ^ (clientSignature[i] ?? 0)));
    this.#step = { state: 'final', serverSignature: hmac(hash, hmac(hash, salted, 'Server Key'), authMessage) };
    return Buffer.from(`${withoutProof},p=${proof.toString('base64')}`, 'utf8');
  }

  #verifyServer(serverFinal: string, expected: Buffer): void {
    // The server's error words are for logs only (RFC 5802 section 7); ours say the same to whoever reads them.
    if (serverFinal.startsWith('e=')) throw new SaslError('the server refused the user name or the password');
    const signature = Buffer.from(/^v=([^,]*)/u.exec(serverFinal)?.[1] ?? '', 'base64');
    if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) {
      throw new SaslError('the server did not prove that it knows the password: it is not the server it should be');
    }
  }
}

function parseServerFirst(text: string, ourNonce: string): { nonce: string; salt: Buffer; iterations: number } {
  const parts = /^r=([^,]+),s=([A-Za-z0-9+/]+={0,2}),i=([0-9]{1,9})(?:,.*)?$/u.exec(text);
  if (parts === null) throw new SaslError('the first SCRAM message of the server is malformed');
  const [, nonce = '', salt = '', iterationsText = ''] = parts;
  if (!nonce.startsWith(ourNonce) || nonce.length === ourNonce.length) {
    throw new SaslError('the server answered another SCRAM exchange than ours (nonce)');
  }
  const iterations = Number(iterationsText);
  if (iterations < ITERATIONS_MIN || iterations > ITERATIONS_MAX) {
    const range = `${String(ITERATIONS_MIN)} to ${String(ITERATIONS_MAX)}`;
    throw new SaslError(`the server wants ${iterationsText} SCRAM iterations; ${range} are accepted`);
  }
  return { nonce, salt: Buffer.from(salt, 'base64'), iterations };
}

/**
 * The part of SASLprep (RFC 4013) that changes what people type: odd spaces to spaces, invisible characters out, NFKC.
 * Its checks for unassigned code points and for mixed writing directions are left to the server.
 */
function saslPrep(text: string): string {
  const prepared = text
    .replaceAll(/[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/gu, ' ')
    .replaceAll(/[\u00ad\u034f\u1806\u180b-\u180d\u200c\u200d\u2060\ufe00-\ufe0f\ufeff]/gu, '')
    .normalize('NFKC');
  if (/[\p{Cc}\p{Cs}\p{Co}\ufff9-\ufffd]/u.test(prepared)) {
    throw new SaslError('user name or password holds a character SASL forbids');
  }
  return prepared;
}

function hmac(hash: ScramHash, key: Buffer, text: string): Buffer {
  return createHmac(hash, key).update(text, 'utf8').digest();
}

function hashBytes(hash: ScramHash): number {
  return { sha1: 20, sha256: 32, sha512: 64 }[hash];
}
