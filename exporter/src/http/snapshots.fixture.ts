// SPDX-License-Identifier: Apache-2.0
// Snapshots for tests of this room.

import { DEFAULT_GROUPS } from '../contract/groups.ts';
import type { DomainSnapshot, HostSnapshot } from '../hosts/snapshot.ts';

/** A fixed moment: milliseconds since the epoch. */
export const NOW = Date.UTC(2026, 10, 24, 12, 0, 0);

/** A host that is up, with what the test wants different. */
export function hostSnapshot(host: string, different: Partial<HostSnapshot> = {}): HostSnapshot {
  return {
    host,
    uri: `qemu+ssh://${host}/system`,
    simulated: false,
    state: { kind: 'up', since: NOW - 7_500_000 },
    groups: DEFAULT_GROUPS,
    generation: 1,
    facts: { hostname: host, driver: 'QEMU', hypervisorVersion: '7.2.22', libvirtVersion: '9.0.0' },
    domains: new Map(),
    domainsKnown: true,
    pools: [],
    polls: new Map([['inventory', { success: true, durationSeconds: 0.1, lastSuccessAt: NOW - 3000 }]]),
    ...different,
  };
}

/** A host that has never been up. */
export function unreachedHost(host: string, state: HostSnapshot['state']): HostSnapshot {
  return {
    host,
    uri: `qemu+ssh://${host}/system`,
    simulated: false,
    state,
    groups: DEFAULT_GROUPS,
    generation: 1,
    domains: new Map(),
    domainsKnown: false,
    pools: [],
    polls: new Map(),
  };
}

/** The state of a host that cannot be reached. */
export function lost(code: string, message: string): HostSnapshot['state'] {
  return { kind: 'lost', since: NOW - 65_000, error: { code, message }, nextAttemptAt: NOW + 4000 };
}

/** So many domains, by state. */
export function domains(
  counts: Partial<Record<'running' | 'shutoff' | 'paused', number>>,
): Map<string, DomainSnapshot> {
  const all = new Map<string, DomainSnapshot>();
  for (const state of ['running', 'shutoff', 'paused'] as const) {
    for (let i = 0; i < (counts[state] ?? 0); i++) {
      const uuid = `00000000-0000-4000-8000-${String(all.size).padStart(12, '0')}`;
      all.set(uuid, { uuid, name: `d${String(all.size)}`, id: 1, state, reason: 'unknown' });
    }
  }
  return all;
}
