// SPDX-License-Identifier: Apache-2.0
// Every default of the configuration, and nothing else: the only place where one appears.

import type { ApiConfig, ConsoleConfig, LogLevel, PollConfig, TokenConfig } from './config.ts';

/** Loopback, because `/metrics` is open to whoever reaches it. */
export const DEFAULT_LISTEN_ADDRESS = '127.0.0.1:9177';

export const DEFAULT_LOG_LEVEL: LogLevel = 'info';

/** `statisticsDeadlineSeconds` is shortened to the interval when that is below it. */
export const DEFAULT_POLL: PollConfig = {
  intervalSeconds: 5,
  statisticsDeadlineSeconds: 2,
  // Measured with 60 KVM guests on two cores: one call for all 650-890 ms, chunks of 10 to 20 in parallel 260-480 ms.
  chunkDomains: 16,
  staleAfterPolls: 3,
  detailsIntervalSeconds: 60,
  // libvirtd stops reading a connection at its max_client_requests, 5 unless configured: even keepalive then stalls.
  maxInFlight: 4,
};

/** Without tokens the API is off. */
export const DEFAULT_API: Pick<ApiConfig, 'readOnly' | 'rateLimit' | 'trustedProxies'> &
  Pick<TokenConfig, 'requireIdentity'> = {
  readOnly: false,
  requireIdentity: false,
  rateLimit: {
    requestsPerMinutePerToken: 600,
    failuresPerMinutePerAddress: 10,
  },
  trustedProxies: [],
};

/** Enough for a team, and no more than a machine of two cores carries; docs/performance.md has the figures. */
export const DEFAULT_CONSOLE: ConsoleConfig = {
  allowedOrigins: [],
  sessionsPerDomain: 4,
  sessionsPerUser: 10,
  sessions: 100,
  longestSessionSeconds: 8 * 3600,
  directAccess: false,
  // Where libvirt's own viewers look.
  tls: { caFile: '/etc/pki/CA/cacert.pem' },
};

/** A token is limited by its privileges; its patterns narrow it further. */
export const DEFAULT_TOKEN: Pick<TokenConfig, 'hosts' | 'domains'> = { hosts: ['*'], domains: ['*'] };

/** Where Grafana publishes its keys, below its URL. */
export const GRAFANA_KEYS_PATH = '/api/signing-keys/keys';
