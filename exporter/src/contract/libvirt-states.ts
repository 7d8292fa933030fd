// SPDX-License-Identifier: Apache-2.0
// libvirt's states as labels, in libvirt's order: the position of a label is libvirt's number. A state newer than this
// code is called `unknown-N` everywhere.

/** virDomainState */
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

/** virDomainControlState */
export const CONTROL_STATES = ['ok', 'job', 'occupied', 'error'] as const;

/** virDomainJobType */
export const JOB_TYPES = ['none', 'bounded', 'unbounded', 'completed', 'failed', 'cancelled'] as const;

/** virStoragePoolState */
export const STORAGE_POOL_STATES = ['inactive', 'building', 'running', 'degraded', 'inaccessible'] as const;

/**
 * libvirt's number of a label.
 *
 * @returns `undefined` for a text that is neither in the list nor `unknown-N`.
 */
export function libvirtNumber(states: readonly string[], label: string): number | undefined {
  const index = states.indexOf(label);
  if (index !== -1) return index;
  const unknown = /^unknown-(\d+)$/.exec(label)?.[1];
  return unknown === undefined ? undefined : Number(unknown);
}
