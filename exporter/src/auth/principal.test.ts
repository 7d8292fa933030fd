// SPDX-License-Identifier: Apache-2.0

import type { TokenConfig } from '../config/config.ts';
import { PRIVILEGES } from '../contract/privileges.ts';
import { Grant, Principal } from './principal.ts';
import { matchesByTable, pick, random, text } from './scopes.fixture.ts';
import type { Random } from './scopes.fixture.ts';

const OF_HOSTS = ['read', 'xml'];

function principal(token: Partial<TokenConfig>): Principal {
  const defaults = {
    name: 'ops',
    sha256: '',
    privileges: PRIVILEGES,
    hosts: ['*'],
    domains: ['*'],
    requireIdentity: false,
  };
  return new Principal(new Grant({ ...defaults, ...token }));
}

describe('what a principal can', () => {
  it('is exactly what its privileges, a host pattern and a domain pattern allow', () => {
    const next = random(3);
    const names = ['a', 'b', '-', '1'];
    const patterns = (of: Random): string[] =>
      Array.from({ length: 1 + of(3) }, () => text(of, [...names, '*', '*', '?'], 4));
    let granted = 0;
    const wrong: unknown[] = [];
    for (let i = 0; i < 20_000; i++) {
      const token = {
        privileges: PRIVILEGES.filter(() => next(4) > 0),
        hosts: patterns(next),
        domains: patterns(next),
      };
      const privilege = pick(next, PRIVILEGES);
      const host = text(next, names, 4);
      const domainName = next(4) === 0 ? undefined : text(next, names, 4);
      const expected =
        token.privileges.includes(privilege) &&
        token.hosts.some((pattern) => matchesByTable(pattern, host)) &&
        (domainName === undefined
          ? OF_HOSTS.includes(privilege)
          : token.domains.some((pattern) => matchesByTable(pattern, domainName)));
      const target = domainName === undefined ? { host } : { host, domainName };
      const can = principal(token).can(privilege, target);
      if (can) granted++;
      if (can !== expected) wrong.push({ token, privilege, target, can });
    }
    expect(wrong).toEqual([]);
    expect(granted).toBeGreaterThan(1_000);
    expect(granted).toBeLessThan(10_000);
  });

  it('never grows by what another privilege, host or domain allows', () => {
    const web = principal({ privileges: ['read', 'force'], hosts: ['kvm1'], domains: ['web'] });
    expect(web.can('force', { host: 'kvm1', domainName: 'web' })).toBe(true);
    expect(web.can('power', { host: 'kvm1', domainName: 'web' })).toBe(false);
    expect(web.can('force', { host: 'web', domainName: 'kvm1' })).toBe(false);
    expect(web.can('force', { host: 'kvm1', domainName: 'kvm1' })).toBe(false);
  });

  it('is no action when the name of the domain was forgotten', () => {
    const all = principal({});
    expect(PRIVILEGES.filter((privilege) => all.can(privilege, { host: 'kvm1' }))).toEqual(OF_HOSTS);
  });
});

it('carries the user of Grafana, without being another token for it', () => {
  const token = principal({ name: 'grafana' });
  const ada = token.withUser({ login: 'ada', userId: 'user:2', orgId: 1 });
  expect(ada.grant).toBe(token.grant);
  expect(token.user).toBeUndefined();
  expect(token.actor('10.0.0.1')).toEqual({ token: 'grafana', address: '10.0.0.1' });
  expect(ada.actor('10.0.0.1')).toEqual({ token: 'grafana', user: 'ada', address: '10.0.0.1' });
});
