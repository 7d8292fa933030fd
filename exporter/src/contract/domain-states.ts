// SPDX-License-Identifier: Apache-2.0
// The states a domain can be in, as labels. The position of a name is libvirt's number (virDomainState).

/** Every domain state libvirt has a number for; `DOMAIN_STATES[1]` is `running`. */
export const DOMAIN_STATES = [
  'nostate',
  'running',
  'blocked',
  'paused',
  'shutdown',
  'shutoff',
  'crashed',
  'pmsuspended',
] as const;
/** One of {@link DOMAIN_STATES}. */
export type KnownDomainState = (typeof DOMAIN_STATES)[number];
