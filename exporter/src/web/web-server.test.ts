// SPDX-License-Identifier: Apache-2.0
// The file and the server around it, over real sockets and real TLS.

import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { subjectAlternativeNames } from './client-certificate.ts';
import type { RefusedClient } from './client-certificate.ts';
import { clientOf, selfSigned } from './pki.fixture.ts';
import type { Pem } from './pki.fixture.ts';
import { WebConfigFile } from './web-config-file.ts';
import { createWebServer } from './web-server.ts';

let directory: string;
let path: string;
let trusted: Pem;
let stranger: Pem;
let file: WebConfigFile | undefined;
let server: Server | undefined;
let refused: RefusedClient[];
let logged: { event: string; message: string }[];

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'vireo-web-'));
  path = join(directory, 'web.yml');
  const one = selfSigned(directory, 'one');
  selfSigned(directory, 'two');
  const authority = selfSigned(directory, 'authority');
  trusted = clientOf(directory, authority, 'trusted', 'DNS:prometheus');
  stranger = clientOf(directory, one, 'stranger', 'DNS:prometheus');
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});
afterEach(async () => {
  file?.close();
  if (server?.listening === true) {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
});

/** Puts the file in place in one step, as careful tools do. */
function write(yaml: string): void {
  writeFileSync(`${path}.new`, yaml);
  renameSync(`${path}.new`, path);
}

async function serve(yaml: string): Promise<number> {
  write(yaml);
  logged = [];
  refused = [];
  const log = (fields: object, message: string): void => {
    logged.push({ event: 'event' in fields ? String(fields.event) : '', message });
  };
  file = WebConfigFile.open(path, { logger: { info: log, error: log }, lookIntervalMs: 20 });
  server = createWebServer(
    file,
    {},
    (_request, response) => {
      response.end('ok');
    },
    (client) => refused.push(client),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** The body; rejects when the handshake or the request fails. */
function get(port: number, options: ConnectionOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      { host: '127.0.0.1', port, agent: false, rejectUnauthorized: false, ...options },
      (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () => {
          resolve(body);
        });
      },
    );
    request.on('error', reject);
    request.end();
  });
}

async function handshake(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
  await once(socket, 'secureConnect');
  return socket;
}

/** The names of the certificate now served. */
async function served(port: number): Promise<string | undefined> {
  const socket = await handshake(port);
  const subject = socket.getPeerX509Certificate()?.subject;
  socket.destroy();
  return subject;
}

async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await done())) await sleep(10);
}

function pair(pem: Pem): { cert: string; key: string } {
  return { cert: readFileSync(pem.cert, 'utf8'), key: readFileSync(pem.key, 'utf8') };
}

const ONE = 'cert_file: one.pem, key_file: one.key';

describe('TLS', () => {
  it('is served by a certificate of the file, verifiably', async () => {
    const port = await serve(`tls_server_config: { ${ONE} }`);
    expect(await get(port, { ca: readFileSync(join(directory, 'one.pem')), rejectUnauthorized: true })).toBe('ok');
    await expect(get(port, { rejectUnauthorized: true })).rejects.toMatchObject({
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
  });

  it('keeps to its versions and suites', async () => {
    const port = await serve(
      `tls_server_config: { ${ONE}, max_version: TLS12, cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384] }`,
    );
    const socket = await handshake(port);
    expect([socket.getProtocol(), socket.getCipher().name]).toEqual(['TLSv1.2', 'ECDHE-ECDSA-AES256-GCM-SHA384']);
    socket.destroy();
    await expect(get(port, { ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' })).rejects.toThrow();
    await expect(get(port, { minVersion: 'TLSv1.3' })).rejects.toThrow();
  });

  it.each([
    ['TLS 1.2, unless told', '', 'TLSv1.1'],
    ['TLS 1.3, when told', ', min_version: TLS13', 'TLSv1.2'],
  ] as const)('speaks nothing below %s', async (_, minimum, below) => {
    const port = await serve(`tls_server_config: { ${ONE}${minimum} }`);
    // What a client offers is not what is in the way.
    const old = { minVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const;
    expect(await get(port, old)).toBe('ok');
    await expect(get(port, { ...old, maxVersion: below })).rejects.toThrow('alert protocol version');
  });

  it('serves TLS 1.3 beside chosen suites of TLS 1.2', async () => {
    const port = await serve(`tls_server_config: { ${ONE}, cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384] }`);
    const socket = await handshake(port);
    expect(socket.getProtocol()).toBe('TLSv1.3');
    socket.destroy();
  });

  it('follows a certificate that is renewed in its place, without dropping who is connected', async () => {
    for (const end of ['pem', 'key']) copyFileSync(join(directory, `one.${end}`), join(directory, `now.${end}`));
    const port = await serve('tls_server_config: { cert_file: now.pem, key_file: now.key }');
    const old = await handshake(port);
    expect(await served(port)).toBe('CN=one');
    for (const end of ['pem', 'key']) copyFileSync(join(directory, `two.${end}`), join(directory, `now.${end}`));
    await until(async () => (await served(port)) === 'CN=two');
    expect(file?.state.kind).toBe('sound');
    old.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(String((await once(old, 'data'))[0])).toMatch(/^HTTP\/1.1 200 /);
    old.destroy();
  });
});

describe('certificates of clients', () => {
  const asking = (type: string, more = ''): string =>
    `tls_server_config: { ${ONE}, client_auth_type: ${type}, client_ca_file: authority.pem${more} }`;

  // none, of a stranger, of one we trust; and what is told of the refused
  it.each([
    ['RequestClientCert', [true, true, true], []],
    ['RequireAnyClientCert', [false, true, true], ['missing']],
    ['RequireClientCert', [false, true, true], ['missing']],
    ['VerifyClientCertIfGiven', [true, false, true], ['invalid']],
    ['RequireAndVerifyClientCert', [false, false, true], ['missing', 'invalid']],
  ])('%s', async (type, expected, reasons) => {
    const port = await serve(asking(type));
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const got: boolean[] = [];
      for (const client of [{}, pair(stranger), pair(trusted)]) {
        got.push(
          await get(port, { ...client, maxVersion }).then(
            () => true,
            () => false,
          ),
        );
      }
      expect(got).toEqual(expected);
    }
    expect(refused.map(({ reason }) => reason)).toEqual([...reasons, ...reasons]);
  });

  it('must carry an allowed name where names are listed', async () => {
    const port = await serve(asking('RequireAndVerifyClientCert', ', client_allowed_sans: [grafana, prometheus]'));
    expect(await get(port, pair(trusted))).toBe('ok');
    const connected = await handshake(port, pair(trusted));
    const closed = once(connected, 'close');
    connected.on('error', () => undefined);
    write(asking('RequireAndVerifyClientCert', ', client_allowed_sans: [grafana]'));
    // Whoever came in by the old rules goes too.
    connected.resume();
    await closed;
    await expect(get(port, pair(trusted))).rejects.toThrow();
    expect(refused).toEqual([
      {
        reason: 'unknown',
        address: '127.0.0.1',
        detail: 'none of its names is allowed: prometheus',
        certificate: 'CN=trusted',
      },
    ]);
  });

  it('that are refused are told with where from, whose and why', async () => {
    const port = await serve(asking('RequireAndVerifyClientCert'));
    await expect(get(port, pair(stranger))).rejects.toThrow();
    await expect(get(port)).rejects.toThrow();
    expect(refused).toEqual([
      {
        reason: 'invalid',
        address: '127.0.0.1',
        detail: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
        certificate: 'CN=stranger',
      },
      { reason: 'missing', address: '127.0.0.1', detail: 'it gave no certificate' },
    ]);
  });

  it('are read with all their names', () => {
    expect(
      subjectAlternativeNames('DNS:a.example, IP Address:0:0:0:0:0:0:0:1, URI:spiffe://x/y, email:a@b, DNS:"c, DNS:d"'),
    ).toEqual(['a.example', '0:0:0:0:0:0:0:1', 'spiffe://x/y', 'a@b', 'c, DNS:d']);
    expect(subjectAlternativeNames()).toEqual([]);
  });
});

describe('a file that changes', () => {
  it('is read again when it was replaced, and told', async () => {
    await serve('http_server_config: { headers: { X-XSS-Protection: "0" } }');
    write('http_server_config: { headers: { X-XSS-Protection: "1" } }');
    await until(() => logged.length > 0);
    expect(file?.state).toMatchObject({ kind: 'sound', config: { headers: new Map([['X-XSS-Protection', '1']]) } });
    expect(logged[0]?.event).toBe('web.config.loaded');
  });

  it.each([
    ['not valid', 'basic_auth_users: {}', /basic_auth_users: has no users/],
    ['with a PEM file that is missing', `tls_server_config: { cert_file: x.pem, key_file: one.key }`, /no such file/],
    ['with TLS turned on', `tls_server_config: { ${ONE} }`, /turning TLS on or off needs a restart/],
  ])('is broken when %s, says why once, and is sound again when mended', async (_, yaml, problem) => {
    await serve('');
    write(yaml);
    await until(() => file?.state.kind === 'broken');
    await sleep(60);
    expect(logged.map(({ event }) => event)).toEqual(['web.config.broken']);
    expect(logged[0]?.message).toMatch(problem);
    write('');
    await until(() => file?.state.kind === 'sound');
  });

  it('is broken when it is gone', async () => {
    await serve('');
    rmSync(path);
    await until(() => file?.state.kind === 'broken');
  });

  it('is refused at the start, with every problem', () => {
    write('basic_auth_users: {}\nhttp_server_config: { http2: true }');
    const logger = { info: () => undefined, error: () => undefined };
    expect(() => WebConfigFile.open(path, { logger })).toThrow(/http2[^]*has no users|has no users[^]*http2|http2/);
  });
});
