// SPDX-License-Identifier: Apache-2.0
// The identity Grafana signs for whoever asks, with a key made just now, and the key set that goes with it. Source of the
// claims: grafana/grafana pkg/services/auth/idimpl/service.go.
import { identityToken, signingKey } from '../../exporter/src/auth/grafana.fixture.ts';
import type { GrafanaUser } from './grafana-plugin-json.ts';

const TTL_SECONDS = 600;
const ORG_ID = 1;

/** See the head of this file. */
export interface IdentitySigner {
  /** What `X-Grafana-Id` holds for a user; `userId` is Grafana's number of theirs. */
  sign(user: GrafanaUser, userId: number): string;
  /** What GET /api/signing-keys/keys answers. */
  readonly keySet: object;
}

/** Signs for the Grafana whose `root_url` this is. */
export function identitySigner(rootUrl: string): IdentitySigner {
  const key = signingKey('lab-es256');
  return {
    sign: (user, userId) => {
      const now = Math.floor(Date.now() / 1000);
      const type = user.kind ?? 'user';
      return identityToken(key, {
        iss: rootUrl,
        aud: [`org:${String(ORG_ID)}`],
        sub: `${type}:${String(userId)}`,
        iat: now,
        exp: now + TTL_SECONDS,
        namespace: 'default',
        identifier: String(userId),
        type,
        role: user.role,
        ...(type === 'user'
          ? {
              email: `${user.login}@example.org`,
              email_verified: false,
              authenticatedBy: 'password',
              username: user.login,
              displayName: user.name,
            }
          : {}),
      });
    },
    keySet: { keys: [key.jwk] },
  };
}
