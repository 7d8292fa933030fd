// SPDX-License-Identifier: Apache-2.0
// What stands in for Grafana: keys that node:crypto made, identities signed with them, and a real HTTP server that
// publishes the keys, or misbehaves.

import { generateKeyPairSync, sign } from 'node:crypto';
import type { JsonWebKey, KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';

/** A key pair of Grafana's. */
export interface SigningKey {
  readonly id: string;
  readonly privateKey: KeyObject;
  /** Its entry in the JWKS. */
  readonly jwk: JsonWebKey & { readonly kid: string };
}

export function signingKey(id: string, namedCurve = 'P-256'): SigningKey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve });
  return { id, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid: id, use: 'sig', alg: 'ES256' } };
}

export function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** A JWT as Grafana makes it. */
export function identityToken(key: SigningKey, claims: object, header: object = {}): string {
  const signed = `${part({ alg: 'ES256', kid: key.id, ...header })}.${part(claims)}`;
  const signature = sign('sha256', Buffer.from(signed), { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

/** A server whose answer can be changed. */
export class KeyServer {
  /** Requests so far. */
  requests = 0;
  answer: RequestListener;
  readonly #server: Server;

  private constructor() {
    this.answer = (_, response) => response.writeHead(404).end();
    this.#server = createServer((request, response) => {
      this.requests++;
      this.answer(request, response);
    });
  }

  static async start(): Promise<KeyServer> {
    const server = new KeyServer();
    await server.listen(0);
    return server;
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
  }

  get port(): number {
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new TypeError('not listening');
    return address.port;
  }

  get origin(): string {
    return `http://127.0.0.1:${String(this.port)}`;
  }

  publish(keys: readonly unknown[] | null): void {
    this.answer = (_, response) => {
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify({ keys }));
    };
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => {
        resolve();
      });
      this.#server.closeAllConnections();
    });
  }
}
