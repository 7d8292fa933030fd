// SPDX-License-Identifier: Apache-2.0
// What the test button finds out: for each route, whether Grafana reaches Vireo, whether the token is known there, and
// whether it may do what the route is for, no less and no more.

import { t } from '@grafana/i18n';
import type { HostList, Privilege, TokenFacts } from '@vireo/exporter/contract';
import { callApi, type Route } from '../../api/client';
import { type ApiError, toApiError } from '../../api/problem';
import type { TokenKey } from '../../settings';

/** What was found out about one token. */
export interface Finding {
  readonly key: TokenKey;
  readonly severity: 'success' | 'warning' | 'error';
  readonly message: string;
  /** Why it failed, whole. */
  readonly problem?: ApiError;
}

interface RouteNeeds {
  readonly route: Route;
  readonly needs: readonly Privilege[];
  /** Whoever may use the route may do this, too: more than the route is for. */
  readonly excess: readonly Privilege[];
}

const ROUTE_NEEDS: Readonly<Record<TokenKey, RouteNeeds>> = {
  readToken: { route: 'v1', needs: ['read', 'xml'], excess: ['power', 'force', 'console.control'] },
  operateToken: { route: 'operate', needs: ['read', 'xml', 'power', 'force'], excess: [] },
  consoleToken: { route: 'console', needs: ['console.view', 'console.control'], excess: ['force'] },
};

/** Asks Vireo about one token, through the route that uses it. Never rejects. */
export async function checkToken(key: TokenKey): Promise<Finding> {
  const { route } = ROUTE_NEEDS[key];
  try {
    const facts = await callApi<TokenFacts>({ route, path: '/token' });
    const hosts = key === 'readToken' ? await callApi<HostList>({ route, path: '/hosts' }) : undefined;
    return judgeToken(key, facts, hosts);
  } catch (error) {
    const problem = toApiError(error);
    const message = problem?.message ?? t('config.cancelled', 'The request was cancelled.');
    return { key, severity: 'error', message, ...(problem && { problem }) };
  }
}

/** What a token that Vireo knows is good for. */
export function judgeToken(key: TokenKey, facts: TokenFacts, hosts?: HostList): Finding {
  const { needs, excess } = ROUTE_NEEDS[key];
  const missing = needs.filter((privilege) => !facts.privileges.includes(privilege));
  const tooMany = excess.filter((privilege) => facts.privileges.includes(privilege));
  const { name, user } = facts;
  if (missing.length > 0) {
    const privileges = missing.join(', ');
    const message = t('config.lacks', 'Token "{{name}}" lacks: {{privileges}}.', { name, privileges });
    return { key, severity: 'warning', message };
  }
  if (tooMany.length > 0) {
    const privileges = tooMany.join(', ');
    return {
      key,
      severity: 'warning',
      message: t('config.excess', 'Token "{{name}}" may do more than this is for: {{privileges}}.', {
        name,
        privileges,
      }),
    };
  }
  if (user === undefined) {
    const message = t(
      'config.no-identity',
      'Token "{{name}}" works, but Vireo is not told who is signed in: its log names the token alone. Set api.grafana.url in Vireo\'s configuration.',
      { name },
    );
    return { key, severity: 'warning', message };
  }
  const lost = hosts?.items.filter(({ state }) => state === 'lost').length ?? 0;
  const seen = hosts?.items.length;
  if (seen === 0) {
    return { key, severity: 'warning', message: t('config.no-hosts', 'Token "{{name}}" sees no host.', { name }) };
  }
  const message =
    seen === undefined
      ? t('config.works', 'Token "{{name}}" works, and Vireo knows you as {{user}}.', { name, user })
      : t(
          'config.works-hosts',
          'Token "{{name}}" works, and Vireo knows you as {{user}}. Hosts: {{seen}}, lost: {{lost}}.',
          {
            name,
            user,
            seen,
            lost,
          },
        );
  return { key, severity: 'success', message };
}
