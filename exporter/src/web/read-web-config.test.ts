// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selfSigned } from './pki.fixture.ts';
import { readWebConfig } from './read-web-config.ts';

const HASH = `$2y$10$${'a'.repeat(53)}`;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'vireo-web-'));
  selfSigned(directory, 'a');
  selfSigned(directory, 'b');
  writeFileSync(join(directory, 'no.pem'), 'hello\n');
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

function read(yaml: string) {
  const path = join(directory, 'web.yml');
  writeFileSync(path, yaml);
  const { config, problems } = readWebConfig(path);
  return { config, problems: problems.map((problem) => problem.replaceAll(`${directory}/`, '')) };
}

const PAIR = 'cert_file: a.pem, key_file: a.key';

describe('readWebConfig', () => {
  it('takes an empty file for plain HTTP without users', () => {
    expect(read('')).toEqual({ config: { headers: new Map(), users: new Map() }, problems: [] });
  });

  it('reads every key; files stand beside it', () => {
    const { config, problems } = read(`
tls_server_config:
  cert_file: a.pem
  key_file: a.key
  client_ca_file: b.pem
  client_auth_type: RequireAndVerifyClientCert
  client_allowed_sans: [prometheus]
  min_version: TLS12
  max_version: TLS13
  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256]
  prefer_server_cipher_suites: false
  curve_preferences: [X25519, CurveP256]
http_server_config:
  http2: false
  headers:
    Strict-Transport-Security: max-age=1
    X-Frame-Options: sameorigin
basic_auth_users:
  alice: ${HASH}
  bob: ${HASH.replace('$2y$', '$2b$')}
rate_limit: { interval: 1m0.5s, burst: 20 }
`);
    expect(problems).toEqual([]);
    expect(config).toMatchObject({
      tls: {
        clientAuth: 'RequireAndVerifyClientCert',
        clientAllowedSans: new Set(['prometheus']),
        context: {
          minVersion: 'TLSv1.2',
          maxVersion: 'TLSv1.3',
          honorCipherOrder: false,
          ciphers:
            'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:ECDHE-ECDSA-AES128-GCM-SHA256',
          ecdhCurve: 'X25519:P-256',
        },
      },
      headers: new Map([
        ['Strict-Transport-Security', 'max-age=1'],
        ['X-Frame-Options', 'sameorigin'],
      ]),
      users: new Map([
        ['alice', HASH],
        ['bob', HASH.replace('$2y$', '$2b$')],
      ]),
      rateLimit: { intervalMs: 60_500, burst: 20 },
    });
  });

  it.each([
    ['tls_server_confg: {}', 'web.yml:1:1: tls_server_confg: unknown key; did you mean tls_server_config?'],
    [
      'tls_server_config: { cert_file: a.pem }',
      'tls_server_config.key_file: is missing; must be the path of a PEM file',
    ],
    ['tls_server_config: { cert_file: c.pem, key_file: a.key }', 'tls_server_config.cert_file: c.pem: no such file'],
    ['tls_server_config: { cert_file: a.pem, key_file: b.key }', 'certificate and key cannot be used: '],
    ['tls_server_config: { cert_file: no.pem, key_file: a.key }', 'certificate and key cannot be used: '],
    [
      `tls_server_config: { ${PAIR}, min_version: TLS10 }`,
      '"TLS10" is not allowed; must be one of TLS12, TLS13; older ones',
    ],
    [
      `tls_server_config: { ${PAIR}, min_version: TLS13, max_version: TLS12 }`,
      'TLS13 is newer than max_version, TLS12',
    ],
    [`tls_server_config: { ${PAIR}, cipher_suites: [TLS_RSA_WITH_RC4_128_SHA] }`, 'is no suite that Vireo serves'],
    [`tls_server_config: { ${PAIR}, curve_preferences: [P-224] }`, '"P-224" is not allowed'],
    [`tls_server_config: { ${PAIR}, client_ca_file: a.pem }`, 'no client is asked for a certificate'],
    [
      `tls_server_config: { ${PAIR}, client_ca_file: no.pem, client_auth_type: VerifyClientCertIfGiven }`,
      'the file holds no PEM certificate',
    ],
    [`tls_server_config: { ${PAIR}, client_auth_type: RequireAndVerifyClientCert }`, 'needs client_ca_file'],
    [
      `tls_server_config: { ${PAIR}, client_auth_type: RequestClientCert, client_allowed_sans: [x] }`,
      'only a verified name means anything',
    ],
    ['http_server_config: { http2: true }', 'true is not allowed; must be false: Vireo serves HTTP/1.1 only'],
    ['http_server_config: { headers: { X-Frame-Options: allow } }', '"allow" is not allowed; must be one of deny'],
    ['http_server_config: { headers: { Server: x } }', 'Server: unknown key'],
    ['http_server_config: { headers: { X-XSS-Protection: "a\\nb" } }', 'must be one line of ASCII'],
    ['basic_auth_users: {}', 'has no users; add one, or remove the key'],
    ['basic_auth_users:', 'is empty; must be a mapping of user names to bcrypt hashes'],
    ['basic_auth_users: { alice: hunter2 }', 'basic_auth_users.alice: must be a bcrypt hash'],
    [`basic_auth_users: { alice: ${HASH.replace('$10$', '$31$')} }`, 'has a cost of 31; must be 04 to 15'],
    [`basic_auth_users: { "a:b": ${HASH} }`, 'a user name is not empty and holds no colon'],
    ['rate_limit: { interval: 1, burst: 2 }', '1 is not allowed; must be a duration'],
    ['rate_limit: { interval: 1 s, burst: 2 }', '"1 s" is not allowed; must be a duration'],
    ['rate_limit: { interval: 1s }', 'rate_limit.burst: is missing'],
    ['rate_limit: { interval: 1s, burst: 0 }', 'must be a whole number from 1'],
  ])('refuses %s', (yaml, expected) => {
    const { config, problems } = read(yaml);
    expect(config).toBeUndefined();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(expected);
    expect(problems[0]).not.toMatch(/hunter2|aaaaa/);
  });

  it('tells every problem at once', () => {
    const both = 'http_server_config: { http2: true }\nrate_limit: { interval: 1s, burst: 0 }';
    expect(read(both).problems).toHaveLength(2);
  });

  it('takes an interval of nothing for no limit', () => {
    for (const none of ['0s', '"0"'])
      expect(read(`rate_limit: { interval: ${none} }`).config?.rateLimit).toBeUndefined();
  });
});
