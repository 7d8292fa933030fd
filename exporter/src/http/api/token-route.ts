// SPDX-License-Identifier: Apache-2.0
// GET /token: for whoever sets up a client, and wants to know before the first outage whether its token is the right one.

import type { RequestHandler } from 'express';
import { noQuery } from '../../contract/api.ts';
import type { TokenFacts } from '../../contract/api.ts';
import { callerOf } from './authentication.ts';
import { queryOf } from './parameters.ts';
import { sendJson } from './send.ts';

/** The caller's token, for any token. */
export const tokenRoute: RequestHandler = (request, response) => {
  const { grant, user } = callerOf(request).principal;
  queryOf(request, noQuery);
  const facts: TokenFacts = {
    name: grant.tokenName,
    privileges: [...grant.privileges],
    hosts: [...grant.scope.hosts],
    domains: [...grant.scope.domains],
    ...(user === undefined ? {} : { user: user.login }),
  };
  sendJson(response, facts);
};
