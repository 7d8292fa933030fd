// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import type { ApiConfig, TokenConfig } from '../config/config.ts';
import { KeyServer, identityToken, signingKey } from './grafana.fixture.ts';
import { RequestGuard } from './request-guard.ts';
import type { AuthDenied, Denial, RequestFacts } from './request-guard.ts';

const OPS = 'vireo_planted-secret-of-ops';
const GRAFANA = 'vireo_planted-secret-of-grafana';

function token(name: string, bearer: string, more: Partial<TokenConfig> = {}): TokenConfig {
  const sha256 = createHash('sha256').update(bearer).digest('hex');
  return {
    name,
    sha256,
    privileges: ['read', 'power'],
    hosts: ['*'],
    domains: ['web-*'],
    requireIdentity: false,
    ...more,
  };
}

const API: ApiConfig = {
  readOnly: false,
  tokens: [token('ops', OPS), token('grafana', GRAFANA)],
  rateLimit: { requestsPerMinutePerToken: 600, failuresPerMinutePerAddress: 10 },
  trustedProxies: [],
};

function guarded(api: Partial<ApiConfig> = {}) {
  const denied: AuthDenied[] = [];
  const refused: string[] = [];
  const clock = { ms: 0 };
  const guard = new RequestGuard({
    api: { ...API, ...api },
    onDenied: (fact) => denied.push(fact),
    onRefused: ({ method, reason }) => refused.push(`${method} ${reason}`),
    now: () => clock.ms,
  });
  /** The name of the token, or the code. */
  const ask = async (facts: Partial<RequestFacts> = {}): Promise<string> => {
    const result = await guard.guard({ authorization: undefined, grafanaId: undefined, address: '10.0.0.9', ...facts });
    return 'code' in result ? result.code : result.principal.tokenName;
  };
  return { guard, denied, refused, clock, ask };
}

describe('a request', () => {
  it.each([
    [`Bearer ${OPS}`, 'ops'],
    [`bearer  ${GRAFANA} `, 'grafana'],
    [undefined, 'VIREO_AUTH_MISSING'],
    ['', 'VIREO_AUTH_MISSING'],
    ['Bearer', 'VIREO_AUTH_MISSING'],
    ['Bearer ', 'VIREO_AUTH_MISSING'],
    [OPS, 'VIREO_AUTH_MISSING'],
    [`Basic ${Buffer.from(`x:${OPS}`).toString('base64')}`, 'VIREO_AUTH_MISSING'],
    [`Bearer ${OPS} ${OPS}`, 'VIREO_AUTH_MISSING'],
    [`Bearer ${OPS}, Bearer ${OPS}`, 'VIREO_AUTH_MISSING'],
    [`Bearer ${OPS}x`, 'VIREO_AUTH_TOKEN'],
    [`Bearer ${'x'.repeat(5_000)}`, 'VIREO_AUTH_TOKEN'],
    [`Bearer${' '.repeat(50_000)}`, 'VIREO_AUTH_TOKEN'],
  ])('with Authorization %j is %s', async (authorization, expected) => {
    expect(await guarded().ask({ authorization })).toBe(expected);
  });

  it('is off, not refused, when there are no tokens, however often one asks', async () => {
    const { ask, denied } = guarded({ tokens: [] });
    for (let i = 0; i < 30; i++) expect(await ask({ authorization: `Bearer ${OPS}` })).toBe('VIREO_API_OFF');
    expect(denied).toEqual([]);
  });

  it('that is refused is told to the audit, without what was sent', async () => {
    const { ask, denied } = guarded();
    await ask();
    await ask({ authorization: `Bearer ${OPS}x` });
    await ask({ authorization: OPS });
    expect(denied).toEqual([
      {
        event: 'auth.denied',
        code: 'VIREO_AUTH_MISSING',
        reason: 'the header Authorization is missing; send Authorization: Bearer TOKEN',
        address: '10.0.0.9',
      },
      {
        event: 'auth.denied',
        code: 'VIREO_AUTH_TOKEN',
        reason: 'no configured token has this value',
        address: '10.0.0.9',
      },
      {
        event: 'auth.denied',
        code: 'VIREO_AUTH_MISSING',
        reason: 'the header Authorization has another form than Bearer TOKEN',
        address: '10.0.0.9',
      },
    ]);
    expect(JSON.stringify(denied)).not.toContain('planted');
  });
});

describe('too many failures of an address', () => {
  /** An address that has used up what it may fail. */
  async function failed() {
    const made = guarded();
    for (let i = 0; i < 10; i++) expect(await made.ask({ authorization: 'Bearer guess' })).toBe('VIREO_AUTH_TOKEN');
    return made;
  }

  it('are refused, with the time to wait, told to the audit once', async () => {
    const { guard, ask, denied } = await failed();
    const result = await guard.guard({ authorization: 'Bearer guess', grafanaId: undefined, address: '10.0.0.9' });
    expect(result).toEqual({
      code: 'VIREO_AUTH_RATE',
      detail: 'too many requests without a valid token from this address',
      retryAfterSeconds: 6,
    });
    for (let i = 0; i < 50; i++) expect(await ask()).toBe('VIREO_AUTH_RATE');
    expect(denied.map(({ code }) => code)).toEqual([
      ...Array.from({ length: 10 }, () => 'VIREO_AUTH_TOKEN'),
      'VIREO_AUTH_RATE',
    ]);
  });

  it('are counted one by one, with those the audit no longer hears of', async () => {
    const { ask, refused } = await failed();
    for (let i = 0; i < 5; i++) await ask();
    expect(refused).toEqual([
      ...Array.from({ length: 10 }, () => 'token unknown'),
      ...Array.from({ length: 5 }, () => 'token too_many'),
    ]);
  });

  it('end by waiting', async () => {
    const { ask, clock } = await failed();
    clock.ms += 6_000;
    expect(await ask({ authorization: `Bearer ${OPS}` })).toBe('ops');
  });

  it('do not tell a guesser that a guess was right', async () => {
    const { ask } = await failed();
    expect(await ask({ authorization: `Bearer ${OPS}` })).toBe('VIREO_AUTH_RATE');
  });

  it('concern that address only, of IPv6 its whole network', async () => {
    const { ask } = await failed();
    expect(await ask({ address: '10.0.0.10', authorization: `Bearer ${OPS}` })).toBe('ops');
    for (let i = 0; i < 10; i++) await ask({ address: `2001:db8:0:1::${String(i)}` });
    expect(await ask({ address: '2001:db8:0:1:ffff::1' })).toBe('VIREO_AUTH_RATE');
    expect(await ask({ address: '2001:db8:0:2::1' })).toBe('VIREO_AUTH_MISSING');
  });

  it('do not lock out a token that worked from there before, only others', async () => {
    const { ask } = guarded();
    expect(await ask({ authorization: `Bearer ${OPS}` })).toBe('ops');
    for (let i = 0; i < 20; i++) await ask({ authorization: 'Bearer guess' });
    expect(await ask({ authorization: `Bearer ${OPS}` })).toBe('ops');
    expect(await ask({ authorization: `Bearer ${OPS}` })).toBe('ops');
    expect(await ask({ authorization: `Bearer ${GRAFANA}` })).toBe('VIREO_AUTH_RATE');
  });

  it('are not what requests with a valid token count as', async () => {
    const { ask } = guarded();
    for (let i = 0; i < 100; i++) expect(await ask({ authorization: `Bearer ${OPS}` })).toBe('ops');
    expect(await ask()).toBe('VIREO_AUTH_MISSING');
  });
});

it('refuses more requests of a token than allowed, wherever from, and tells the audit once', async () => {
  const { guard, ask, denied, clock } = guarded({
    rateLimit: { requestsPerMinutePerToken: 3, failuresPerMinutePerAddress: 10 },
  });
  const outcomes = await Promise.all(
    ['1', '2', '3', '4', '5'].map((n) => ask({ authorization: `Bearer ${OPS}`, address: `10.0.0.${n}` })),
  );
  expect(outcomes).toEqual(['ops', 'ops', 'ops', 'VIREO_AUTH_RATE', 'VIREO_AUTH_RATE']);
  expect(await ask({ authorization: `Bearer ${GRAFANA}` })).toBe('grafana');
  expect(denied).toEqual([
    {
      event: 'auth.denied',
      code: 'VIREO_AUTH_RATE',
      reason: 'more requests than 3 a minute with this token',
      address: '10.0.0.4',
      tokenName: 'ops',
    },
  ]);
  const facts = { authorization: `Bearer ${OPS}`, grafanaId: undefined, address: '10.0.0.9' };
  expect(await guard.guard(facts)).toMatchObject({ retryAfterSeconds: 20 });
  clock.ms += 20_000;
  expect(await ask(facts)).toBe('ops');
});

describe('what a principal may not do', () => {
  async function principal() {
    const made = guarded();
    const result = await made.guard.guard({
      authorization: `Bearer ${OPS}`,
      grafanaId: undefined,
      address: '10.0.0.9',
    });
    if ('code' in result) throw new Error(result.detail);
    return { ...made, principal: result.principal };
  }

  it('is answered, and told to the audit with what was asked for', async () => {
    const { guard, principal: ops, denied } = await principal();
    const asked = { host: 'kvm1', domain: 'web-1', uuid: 'u-1', action: 'destroy' };
    expect(guard.authorize(ops, 'power', asked, '10.0.0.9')).toBeUndefined();
    expect(guard.reaches(ops, 'power', asked, '10.0.0.9')).toBe(true);
    expect(denied).toEqual([]);
    expect(guard.authorize(ops, 'force', asked, '10.0.0.9')).toEqual<Denial>({
      code: 'VIREO_AUTH_PRIVILEGE',
      detail: 'this needs the privilege force, which the token ops does not have',
    });
    expect(guard.authorize(ops, 'xml', {}, '10.0.0.9')).toBeDefined();
    const ada = ops.withUser({ login: 'ada', userId: 'user:2' });
    expect(guard.reaches(ada, 'power', { host: 'kvm1', domain: 'db-1' }, '10.0.0.9')).toBe(false);
    const common = { event: 'auth.denied', code: 'VIREO_AUTH_PRIVILEGE', address: '10.0.0.9', tokenName: 'ops' };
    expect(denied).toEqual([
      { ...common, reason: 'privilege not granted', privilege: 'force', ...asked },
      // Of no host, as a list is.
      { ...common, reason: 'privilege not granted', privilege: 'xml' },
      {
        ...common,
        reason: 'host or domain out of scope',
        user: 'ada',
        privilege: 'power',
        host: 'kvm1',
        domain: 'db-1',
      },
    ]);
  });

  it('changes with the configuration, at once', async () => {
    const { guard, principal: ops, ask } = await principal();
    expect(guard.isCurrent(ops)).toBe(true);
    guard.configure({ ...API, readOnly: true, tokens: [token('new', 'new'), token('grafana', GRAFANA)] });
    expect(guard.isCurrent(ops)).toBe(false);
    expect(guard.api.readOnly).toBe(true);
    expect(await ask({ authorization: `Bearer ${OPS}` })).toBe('VIREO_AUTH_TOKEN');
    expect(await ask({ authorization: 'Bearer new' })).toBe('new');
    guard.configure({ ...API, rateLimit: { requestsPerMinutePerToken: 1, failuresPerMinutePerAddress: 10 } });
    expect(await ask({ authorization: `Bearer ${OPS}` })).toBe('VIREO_AUTH_RATE');
  });
});

it('believes X-Forwarded-For of the proxies that the configuration in force trusts', () => {
  const { guard } = guarded();
  expect(guard.clientAddress('10.0.0.1', '192.0.2.7')).toBe('10.0.0.1');
  guard.configure({ ...API, trustedProxies: ['10.0.0.1'] });
  expect(guard.clientAddress('10.0.0.1', '192.0.2.7')).toBe('192.0.2.7');
});

describe('with Grafana', () => {
  const key = signingKey('k');
  const seconds = Math.floor(Date.now() / 1000);
  const claims = {
    iss: 'https://g/',
    sub: 'user:2',
    username: 'ada',
    iat: seconds,
    exp: seconds + 600,
    aud: ['org:1'],
  };
  const authorization = `Bearer ${OPS}`;
  let server: KeyServer;
  beforeEach(async () => {
    server = await KeyServer.start();
    server.publish([key.jwk]);
  });
  afterEach(async () => {
    await server.close();
  });
  const grafana = () => ({ url: 'https://g', issuer: 'https://g', jwksUrl: server.origin });
  const known = token('grafana', GRAFANA, { requireIdentity: true });

  it('knows the user', async () => {
    const { guard } = guarded({ grafana: grafana() });
    const facts = { authorization, grafanaId: identityToken(key, claims), address: '10.0.0.9' };
    expect(await guard.guard(facts)).toMatchObject({ principal: { tokenName: 'ops', user: { login: 'ada' } } });
  });

  it('refuses a bad identity with its code, tells the audit, and holds it against nobody', async () => {
    const { ask, denied, refused } = guarded({
      grafana: grafana(),
      tokens: [token('ops', OPS, { requireIdentity: true })],
    });
    const planted = identityToken(key, { ...claims, iss: 'https://evil.example' });
    expect(await ask({ authorization, grafanaId: planted })).toBe('VIREO_IDENTITY_INVALID');
    const expired = identityToken(key, { ...claims, exp: seconds - 3600 });
    expect(await ask({ authorization, grafanaId: expired })).toBe('VIREO_IDENTITY_EXPIRED');
    for (let i = 0; i < 30; i++) expect(await ask({ authorization })).toBe('VIREO_IDENTITY_REQUIRED');
    expect(await ask({ authorization, grafanaId: identityToken(key, claims) })).toBe('ops');
    expect(denied[0]).toEqual({
      event: 'auth.denied',
      code: 'VIREO_IDENTITY_INVALID',
      reason: 'the issuer is "https://evil.example", not "https://g"',
      address: '10.0.0.9',
      tokenName: 'ops',
    });
    expect(JSON.stringify(denied)).not.toContain(planted.slice(0, 20));
    expect(refused.slice(0, 3)).toEqual(
      ['invalid', 'expired', 'missing'].map((reason) => `grafana_identity ${reason}`),
    );
    expect(refused).toHaveLength(32);
  });

  it('wants an identity with the tokens that require one; one that is sent is checked with every token', async () => {
    const { ask, denied } = guarded({ grafana: grafana(), tokens: [token('script', OPS), known] });
    const withKnown = { authorization: `Bearer ${GRAFANA}` };
    expect(await ask({ authorization })).toBe('script');
    expect(await ask(withKnown)).toBe('VIREO_IDENTITY_REQUIRED');
    expect(denied).toMatchObject([
      { code: 'VIREO_IDENTITY_REQUIRED', tokenName: 'grafana', reason: 'no X-Grafana-Id' },
    ]);
    const expired = identityToken(key, { ...claims, exp: seconds - 3600 });
    for (const facts of [{ authorization }, withKnown]) {
      expect(await ask({ ...facts, grafanaId: expired })).toBe('VIREO_IDENTITY_EXPIRED');
    }
    expect(await ask({ ...withKnown, grafanaId: identityToken(key, claims) })).toBe('grafana');
  });

  it('asks Grafana for nothing before the token is known to be good', async () => {
    const { ask } = guarded({ grafana: grafana() });
    await ask({ authorization: 'Bearer guess', grafanaId: identityToken(key, claims) });
    expect(server.requests).toBe(0);
  });

  it('says for how long it cannot tell', async () => {
    server.answer = (_, response) => response.writeHead(503).end();
    const { guard } = guarded({ grafana: grafana() });
    const facts = { authorization, grafanaId: identityToken(key, claims), address: '10.0.0.9' };
    const result = await guard.guard(facts);
    expect(result).toMatchObject({ code: 'VIREO_IDENTITY_UNAVAILABLE', retryAfterSeconds: 5 });
    expect(result).not.toHaveProperty('reason');
  });

  it('refuses a token that was withdrawn while the keys were fetched', async () => {
    const { guard, ask } = guarded({ grafana: grafana() });
    server.answer = (_, response) => {
      guard.configure({ ...API, grafana: grafana(), tokens: [token('grafana', GRAFANA)] });
      response.end(JSON.stringify({ keys: [key.jwk] }));
    };
    expect(await ask({ authorization, grafanaId: identityToken(key, claims) })).toBe('VIREO_AUTH_TOKEN');
  });

  it('keeps the keys over a reload that does not concern them', async () => {
    const { guard, ask } = guarded({ grafana: grafana() });
    const facts = { authorization, grafanaId: identityToken(key, claims) };
    await ask(facts);
    guard.configure({ ...API, readOnly: true, grafana: grafana() });
    expect(await ask(facts)).toBe('ops');
    expect(server.requests).toBe(1);
    guard.configure({ ...API, grafana: { ...grafana(), audience: 'org:2' } });
    expect(await ask(facts)).toBe('VIREO_IDENTITY_INVALID');
    guard.configure(API);
    expect(await ask({ authorization })).toBe('ops');
  });
});
