// SPDX-License-Identifier: Apache-2.0

import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import type { GrafanaConfig } from '../config/config.ts';
import { KeyServer, identityToken, part, signingKey } from './grafana.fixture.ts';
import { GrafanaIdentity } from './grafana-identity.ts';

const key = signingKey('id-2026-11-es256');
const NOW = Date.UTC(2026, 10, 24, 12);
const NOW_SECONDS = NOW / 1000;

/** What Grafana 12 signs for a user; see pkg/services/auth/idimpl/service.go. */
const CLAIMS = {
  iss: 'https://grafana.example/',
  aud: ['org:1'],
  sub: 'user:2',
  iat: NOW_SECONDS - 60,
  exp: NOW_SECONDS + 540,
  namespace: 'default',
  identifier: '2',
  type: 'user',
  email: 'ada@example.org',
  email_verified: true,
  authenticatedBy: 'oauth',
  username: 'ada',
  displayName: 'Ada',
  role: 'Editor',
};

let server: KeyServer;
beforeAll(async () => {
  server = await KeyServer.start();
  server.publish([key.jwk]);
});
afterAll(async () => {
  await server.close();
});

function identity(config: Partial<GrafanaConfig> = {}): GrafanaIdentity {
  const defaults = { url: 'https://grafana.example', issuer: 'https://grafana.example', jwksUrl: server.origin };
  return new GrafanaIdentity({ ...defaults, ...config }, { now: () => NOW });
}

/** The code, or the login. */
async function outcome(
  token: string | undefined,
  config: Partial<GrafanaConfig> = {},
  required = true,
): Promise<string> {
  const result = await identity(config).verify(token, required);
  return 'code' in result ? result.code : (result.user?.login ?? 'nobody');
}

describe('the identity of a Grafana user', () => {
  it('is what Grafana signed', async () => {
    expect(await identity().verify(identityToken(key, CLAIMS), true)).toEqual({
      user: { login: 'ada', userId: 'user:2', orgId: 1, role: 'Editor' },
    });
  });

  it('does without what older Grafanas leave out', async () => {
    const { iss, sub, iat, exp } = CLAIMS;
    expect(await identity().verify(identityToken(key, { iss, sub, iat, exp }), true)).toEqual({
      user: { login: 'user:2', userId: 'user:2' },
    });
    expect(await outcome(identityToken(key, { ...CLAIMS, sub: 'service-account:7', username: undefined }))).toBe(
      'service-account:7',
    );
    expect(await outcome(identityToken(key, CLAIMS, { typ: 'JWT' }))).toBe('ada');
  });

  it('takes the issuer with and without its last slash, and no other', async () => {
    for (const issuer of ['https://grafana.example', 'https://grafana.example/']) {
      for (const iss of ['https://grafana.example', 'https://grafana.example/']) {
        expect(await outcome(identityToken(key, { ...CLAIMS, iss }), { issuer })).toBe('ada');
      }
    }
    for (const iss of ['https://grafana.example//', 'https://grafana.example/x', 'http://grafana.example', '']) {
      expect([iss, await outcome(identityToken(key, { ...CLAIMS, iss }))]).toEqual([iss, 'VIREO_IDENTITY_INVALID']);
    }
  });

  it('must be for the audience that is configured, if one is', async () => {
    const config = { audience: 'org:1' };
    expect(await outcome(identityToken(key, CLAIMS), config)).toBe('ada');
    expect(await outcome(identityToken(key, { ...CLAIMS, aud: 'org:1' }), config)).toBe('ada');
    expect(await outcome(identityToken(key, { ...CLAIMS, aud: ['org:3', 'org:1'] }), config)).toBe('ada');
    for (const aud of ['org:10', ['org:2'], [], undefined]) {
      expect(await outcome(identityToken(key, { ...CLAIMS, aud }), config)).toBe('VIREO_IDENTITY_INVALID');
    }
    expect(await outcome(identityToken(key, { ...CLAIMS, aud: ['org:2'] }))).toBe('ada');
  });

  it.each([
    ['expires within the skew of clocks', { exp: NOW_SECONDS - 59 }, 'ada'],
    ['has expired', { exp: NOW_SECONDS - 60 }, 'VIREO_IDENTITY_EXPIRED'],
    ['is issued within the skew of clocks', { iat: NOW_SECONDS + 60 }, 'ada'],
    ['is issued in the future', { iat: NOW_SECONDS + 61 }, 'VIREO_IDENTITY_INVALID'],
    ['is not valid yet', { nbf: NOW_SECONDS + 61 }, 'VIREO_IDENTITY_INVALID'],
    ['never expires', { exp: undefined }, 'VIREO_IDENTITY_INVALID'],
    ['expires at a text', { exp: '9999999999' }, 'VIREO_IDENTITY_INVALID'],
    ['says not when it was issued', { iat: undefined }, 'VIREO_IDENTITY_INVALID'],
    ['has no subject', { sub: undefined }, 'VIREO_IDENTITY_INVALID'],
    ['has an empty subject', { sub: '' }, 'VIREO_IDENTITY_INVALID'],
  ])('that %s', async (_, claims, expected) => {
    expect(await outcome(identityToken(key, { ...CLAIMS, ...claims }))).toBe(expected);
  });
});

describe('a forgery', () => {
  const body = `${part({ alg: 'ES256', kid: key.id })}.${part(CLAIMS)}`;
  const good = identityToken(key, CLAIMS);
  const [header = '', payload = '', signature = ''] = good.split('.');
  const publicPem = (): string => JSON.stringify(key.jwk);

  it('is refused with alg none, with and without a signature', async () => {
    for (const alg of ['none', 'None', 'NONE', '']) {
      const unsigned = `${part({ alg, kid: key.id })}.${part(CLAIMS)}`;
      expect(await outcome(`${unsigned}.`)).toBe('VIREO_IDENTITY_INVALID');
      expect(await outcome(`${unsigned}.${signature}`)).toBe('VIREO_IDENTITY_INVALID');
    }
  });

  it('is refused with HS256, the published key as the secret', async () => {
    const signed = `${part({ alg: 'HS256', kid: key.id })}.${part(CLAIMS)}`;
    for (const secret of [publicPem(), key.jwk.x ?? '', '']) {
      const mac = createHmac('sha256', secret).update(signed).digest('base64url');
      expect(await outcome(`${signed}.${mac}`)).toBe('VIREO_IDENTITY_INVALID');
    }
  });

  it('is refused with RS256', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const signed = `${part({ alg: 'RS256', kid: key.id })}.${part(CLAIMS)}`;
    const rsa = sign('sha256', Buffer.from(signed), privateKey).toString('base64url');
    expect(await outcome(`${signed}.${rsa}`)).toBe('VIREO_IDENTITY_INVALID');
  });

  it('is refused when another key signed it, under the name of ours or its own, or brought along', async () => {
    const other = signingKey('other');
    expect(await outcome(identityToken(other, CLAIMS, { kid: key.id }))).toBe('VIREO_IDENTITY_INVALID');
    expect(await outcome(identityToken(other, CLAIMS))).toBe('VIREO_IDENTITY_INVALID');
    expect(await outcome(identityToken(other, CLAIMS, { jwk: other.jwk }))).toBe('VIREO_IDENTITY_INVALID');
    expect(await outcome(identityToken(other, CLAIMS, { jku: server.origin }))).toBe('VIREO_IDENTITY_INVALID');
  });

  it('is refused when any part of it was changed', async () => {
    const admin = part({ ...CLAIMS, username: 'admin' });
    const zeros = Buffer.alloc(64).toString('base64url');
    const der = sign('sha256', Buffer.from(body), key.privateKey).toString('base64url');
    for (const token of [
      `${header}.${admin}.${signature}`,
      `${part({ alg: 'ES256', kid: key.id, x: 1 })}.${payload}.${signature}`,
      `${header}.${payload}.${signature.slice(0, -4)}`,
      `${header}.${payload}.${signature}AAAA`,
      `${header}.${payload}.${zeros}`,
      `${header}.${payload}.${der}`,
      `${header}.${payload}.`,
      `${header}.${payload}`,
      `${good}.${signature}`,
      `${header}.${payload}.${signature}=`,
      `${header}.${payload}\n.${signature}`,
      ` ${good}`,
      `${good}, ${good}`,
    ]) {
      expect([token, await outcome(token)]).toEqual([token, 'VIREO_IDENTITY_INVALID']);
    }
  });

  it.each([
    ['no key id', { kid: undefined }],
    ['an empty key id', { kid: '' }],
    ['a key id that is no text', { kid: 1 }],
    ['the name of a property of every object as key id', { kid: '__proto__' }],
    ['an extension that must be understood', { crit: ['b64'], b64: false }],
    ['the type of an access token', { typ: 'at+jwt' }],
  ])('is refused with %s, though signed', async (_, header) => {
    expect(await outcome(identityToken(key, CLAIMS, header))).toBe('VIREO_IDENTITY_INVALID');
  });

  it.each([
    ['garbage', 'x'],
    ['three dots', '...'],
    ['JSON that is no object', `${part(1)}.${part(null)}.${signature}`],
    ['a header that is no JSON', `e30x.${payload}.${signature}`],
    ['megabytes', 'x.'.repeat(1_000_000)],
    ['what is too long, though signed', identityToken(key, { ...CLAIMS, padding: 'x'.repeat(8192) })],
  ])('is refused when it is %s', async (_, token) => {
    expect(await outcome(token)).toBe('VIREO_IDENTITY_INVALID');
  });

  it('is refused without a request to Grafana when no key could make it good', async () => {
    const before = server.requests;
    await identity().verify('x.y.z', true);
    await identity().verify(identityToken(key, CLAIMS, { alg: 'HS256' }), true);
    expect(server.requests).toBe(before);
  });
});

describe('no identity', () => {
  const anonymous = identityToken(key, { ...CLAIMS, sub: 'anonymous:0', type: 'anonymous', username: undefined });

  it('is refused when one is required', async () => {
    expect(await outcome(undefined)).toBe('VIREO_IDENTITY_REQUIRED');
    expect(await outcome('')).toBe('VIREO_IDENTITY_REQUIRED');
  });

  it('is nobody when none is required', async () => {
    expect(await identity().verify(undefined, false)).toEqual({});
  });

  it('is also one that nobody can be held to account for', async () => {
    expect(await outcome(anonymous)).toBe('VIREO_IDENTITY_REQUIRED');
    expect(await outcome(anonymous, {}, false)).toBe('nobody');
    expect(await outcome(identityToken(key, { ...CLAIMS, sub: 'render:0' }))).toBe('VIREO_IDENTITY_REQUIRED');
    expect(await outcome(identityToken(key, { ...CLAIMS, sub: 'user:' }))).toBe('VIREO_IDENTITY_REQUIRED');
  });

  it('is not what a bad identity counts as', async () => {
    expect(await outcome('x.y.z', {}, false)).toBe('VIREO_IDENTITY_INVALID');
    const expired = identityToken(key, { ...CLAIMS, exp: NOW_SECONDS - 3600 });
    expect(await outcome(expired, {}, false)).toBe('VIREO_IDENTITY_EXPIRED');
  });
});

it('follows a rotation of keys, and no longer takes what a withdrawn key signed', async () => {
  const rotating = await KeyServer.start();
  const [old, next] = [signingKey('old'), signingKey('next')];
  rotating.publish([old.jwk]);
  const config = {
    url: 'https://grafana.example',
    issuer: 'https://grafana.example',
    jwksUrl: rotating.origin,
  };
  const verifier = new GrafanaIdentity(config, { now: () => NOW, times: { unknownKeyMs: 0 } });
  expect(await verifier.verify(identityToken(old, CLAIMS), true)).toHaveProperty('user');
  rotating.publish([next.jwk]);
  expect(await verifier.verify(identityToken(next, CLAIMS), true)).toHaveProperty('user');
  expect(await verifier.verify(identityToken(old, CLAIMS), true)).toHaveProperty('code', 'VIREO_IDENTITY_INVALID');
  await rotating.close();
});

it('tells an outage of Grafana from a bad identity, without showing the caller where the keys are', async () => {
  const gone = await KeyServer.start();
  const { origin } = gone;
  await gone.close();
  const result = await identity({ jwksUrl: origin }).verify(identityToken(key, CLAIMS), true);
  expect(result).toMatchObject({ code: 'VIREO_IDENTITY_UNAVAILABLE', retryAfterSeconds: 5 });
  expect(result).toHaveProperty('reason', expect.stringContaining(origin));
  expect(result).toHaveProperty('detail', expect.not.stringContaining(origin));
});
