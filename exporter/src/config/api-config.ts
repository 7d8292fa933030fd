// SPDX-License-Identifier: Apache-2.0
// The section `api`: defaults filled in, and what the schema cannot say. It alone is read again while vireo runs.

import { createHash } from 'node:crypto';
import type { ApiSection } from './api-schema.ts';
import type { ApiConfig, TokenConfig } from './config.ts';
import { ConfigError } from './config-error.ts';
import { readConfigFile } from './config-file.ts';
import type { KeyPath } from './config-file.ts';
import { DEFAULT_API, DEFAULT_TOKEN, GRAFANA_KEYS_PATH } from './defaults.ts';

type Report = (at: KeyPath, text: string) => unknown;

const SHA256_OF_NOTHING = createHash('sha256').update('').digest('hex');

/** The section of a file that fits the schema. */
export function decideApi(section: ApiSection, report: Report): ApiConfig {
  return {
    readOnly: section.readOnly ?? DEFAULT_API.readOnly,
    tokens: decideTokens(section, report),
    ...(section.grafana === undefined ? {} : { grafana: decideGrafana(section.grafana) }),
    rateLimit: {
      requestsPerMinutePerToken:
        section.rateLimit?.requestsPerMinutePerToken ?? DEFAULT_API.rateLimit.requestsPerMinutePerToken,
      failuresPerMinutePerAddress:
        section.rateLimit?.failuresPerMinutePerAddress ?? DEFAULT_API.rateLimit.failuresPerMinutePerAddress,
    },
    trustedProxies: section.trustedProxies ?? DEFAULT_API.trustedProxies,
  };
}

/**
 * Reads the file again for its section `api` alone; what is wrong elsewhere in it counts too, for it is no file to
 * trust then.
 *
 * @throws {@link ConfigError} with one line for every problem found
 */
export function loadApiConfig(path: string): ApiConfig {
  const file = readConfigFile(path);
  if (file.content === undefined) throw new ConfigError(file.problems);
  const problems: string[] = [];
  const api = decideApi(file.content.api ?? {}, (at, text) => problems.push(file.problem(at, text)));
  if (problems.length > 0) throw new ConfigError(problems);
  return api;
}

function decideTokens({ tokens = [], grafana }: ApiSection, report: Report): TokenConfig[] {
  const names = new Map<string, number>();
  const hashes = new Map<string, number>();
  return tokens.map((token, index) => {
    const at = (key: string): KeyPath => ['api', 'tokens', index, key];
    const sha256 = token.sha256.toLowerCase();
    const namesake = names.get(token.name);
    if (namesake !== undefined) {
      report(
        at('name'),
        `"${token.name}" is already the name of api.tokens[${String(namesake)}]; give every token its own`,
      );
    }
    const twin = hashes.get(sha256);
    if (twin !== undefined) {
      report(
        at('sha256'),
        `the same token as api.tokens[${String(twin)}]; make one for each, or nobody knows who it was`,
      );
    }
    if (sha256 === SHA256_OF_NOTHING) {
      report(at('sha256'), 'is the SHA-256 of an empty text; write that of a token, as vireo token prints it');
    }
    if (token.requireIdentity === true && grafana === undefined) {
      report(at('requireIdentity'), 'needs api.grafana, or nobody could use this token; say which Grafana vouches');
    }
    names.set(token.name, namesake ?? index);
    hashes.set(sha256, twin ?? index);
    return {
      name: token.name,
      sha256,
      privileges: [...new Set(token.privileges)],
      hosts: token.hosts ?? DEFAULT_TOKEN.hosts,
      domains: token.domains ?? DEFAULT_TOKEN.domains,
      requireIdentity: token.requireIdentity ?? grafana?.requireIdentity ?? DEFAULT_API.requireIdentity,
    };
  });
}

function decideGrafana(grafana: NonNullable<ApiSection['grafana']>): NonNullable<ApiConfig['grafana']> {
  return {
    url: grafana.url,
    jwksUrl: grafana.jwksUrl ?? grafana.url.replace(/\/+$/, '') + GRAFANA_KEYS_PATH,
    issuer: grafana.issuer ?? grafana.url,
    ...(grafana.audience === undefined ? {} : { audience: grafana.audience }),
  };
}
