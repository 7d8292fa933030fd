// SPDX-License-Identifier: Apache-2.0
// Every default of the configuration, and nothing else: the only place where one appears.

import type { LogLevel, PollConfig } from './config.ts';

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
