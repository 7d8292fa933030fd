// SPDX-License-Identifier: Apache-2.0
// What becomes of clients refused for their certificate: there is no request yet, so no answer and no line of one.

import { failureKey } from './auth/client-address.ts';
import { RateLimiter } from './auth/rate-limit.ts';
import type { AuthRefusal } from './contract/auth-refusals.ts';
import type { RefusedClient } from './web/client-certificate.ts';

/** Whoever floods us shall not flood the log. */
const LINES_PER_MINUTE_AND_ADDRESS = 10;

/** What {@link refusedClients} needs. */
export interface RefusedClientsOptions {
  readonly onRefused: (refusal: AuthRefusal) => void;
  readonly logger: { warn(fields: object, message: string): void };
  /** Milliseconds, never going back; for tests. */
  readonly now?: () => number;
}

/** Counts every one, and writes a line of the audit, `auth.denied`. */
export function refusedClients({ onRefused, logger, now }: RefusedClientsOptions): (client: RefusedClient) => void {
  const lines = new RateLimiter({ perMinute: LINES_PER_MINUTE_AND_ADDRESS, ...(now === undefined ? {} : { now }) });
  return ({ reason, detail, ...whose }) => {
    onRefused({ method: 'client_certificate', reason });
    if (!lines.take(failureKey(whose.address)).allowed) return;
    logger.warn(
      { event: 'auth.denied', method: 'client_certificate', reason: detail, ...whose },
      `a client from ${whose.address} was refused for its certificate: ${detail}`,
    );
  };
}
