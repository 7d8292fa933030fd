// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import type { TokenConfig } from '../config/config.ts';
import { Principal } from './principal.ts';
import { TOKEN_LENGTH_MAX, TokenStore } from './tokens.ts';

function token(name: string, bearer: string, more: Partial<TokenConfig> = {}): TokenConfig {
  const sha256 = createHash('sha256').update(bearer).digest('hex');
  return { name, sha256, privileges: ['read'], hosts: ['*'], domains: ['*'], requireIdentity: false, ...more };
}

function nameOf(store: TokenStore, bearer: string | undefined): string {
  const result = store.authenticate(bearer);
  return result instanceof Principal ? result.tokenName : result.code;
}

describe('the token store', () => {
  it('finds whose token it is, wherever in the list', () => {
    const names = Array.from({ length: 50 }, (_, i) => `t${String(i)}`);
    const store = new TokenStore(names.map((name) => token(name, `secret of ${name}`)));
    for (const name of names) expect(nameOf(store, `secret of ${name}`)).toBe(name);
  });

  it('knows the SHA-256 that sha256sum makes', () => {
    // printf %s hunter2 | sha256sum
    const sha256 = 'f52fbd32b2b3b86ff88ef6c490628285f482af15ddcb29541f94bcf526a3f6c7';
    const store = new TokenStore([token('a', '', { sha256 })]);
    expect(nameOf(store, 'hunter2')).toBe('a');
  });

  it.each([
    ['absent', undefined, 'VIREO_AUTH_MISSING'],
    ['empty', '', 'VIREO_AUTH_MISSING'],
    ['wrong', 'secrey', 'VIREO_AUTH_TOKEN'],
    ['too short by one', 'secre', 'VIREO_AUTH_TOKEN'],
    ['too long by one', 'secret ', 'VIREO_AUTH_TOKEN'],
    ['in another case', 'Secret', 'VIREO_AUTH_TOKEN'],
    ['its hash', createHash('sha256').update('secret').digest('hex'), 'VIREO_AUTH_TOKEN'],
    ['the name', 'a', 'VIREO_AUTH_TOKEN'],
  ])('refuses a token that is %s', (_, bearer, code) => {
    expect(nameOf(new TokenStore([token('a', 'secret')]), bearer)).toBe(code);
  });

  it('compares the whole hash', () => {
    const { sha256 } = token('a', 'secret');
    const changed = [0, 1, 31, 32, 62, 63].map((at) => {
      const digit = sha256[at] === '0' ? '1' : '0';
      return token(`t${String(at)}`, '', { sha256: sha256.slice(0, at) + digit + sha256.slice(at + 1) });
    });
    expect(nameOf(new TokenStore(changed), 'secret')).toBe('VIREO_AUTH_TOKEN');
  });

  it('does not look at a token longer than any', () => {
    const long = 'x'.repeat(TOKEN_LENGTH_MAX);
    const store = new TokenStore([token('long', long), token('longer', `${long}x`)]);
    expect(nameOf(store, long)).toBe('long');
    expect(nameOf(store, `${long}x`)).toBe('VIREO_AUTH_TOKEN');
  });

  it('is off without tokens, whatever is sent', () => {
    expect(nameOf(new TokenStore([]), 'secret')).toBe('VIREO_API_OFF');
    expect(nameOf(new TokenStore([]), undefined)).toBe('VIREO_API_OFF');
  });

  it('forgets withdrawn tokens and knows new ones at once', () => {
    const store = new TokenStore([token('a', 'one'), token('b', 'two')]);
    store.replace([token('b', 'two'), token('c', 'three')]);
    expect(['one', 'two', 'three'].map((bearer) => nameOf(store, bearer))).toEqual(['VIREO_AUTH_TOKEN', 'b', 'c']);
    store.replace([]);
    expect(nameOf(store, 'two')).toBe('VIREO_API_OFF');
  });

  it('tells the principals of unchanged tokens from those of changed and withdrawn ones', () => {
    const store = new TokenStore([token('same', 'one'), token('narrowed', 'two'), token('gone', 'three')]);
    const principals = ['one', 'two', 'three'].flatMap((bearer) => {
      const result = store.authenticate(bearer);
      return result instanceof Principal ? [result.withUser({ login: 'ada', userId: 'user:1' })] : [];
    });
    expect(principals.map((principal) => store.isCurrent(principal))).toEqual([true, true, true]);
    store.replace([token('narrowed', 'two', { domains: ['web'] }), token('same', 'one')]);
    expect(principals.map((principal) => store.isCurrent(principal))).toEqual([true, false, false]);
  });
});
