// SPDX-License-Identifier: Apache-2.0
// A host's snapshot as the API shows it.

import type { HostBrief, HostFull } from '../../contract/api-hosts.ts';
import { memoryOf } from '../../hosts/host-memory.ts';
import type { DomainSnapshot, HostSnapshot, HostState } from '../../hosts/snapshot.ts';
import { adviceFor } from '../advice.ts';

/** A moment as the API writes it. `ms` since the epoch. */
export function instantOf(ms: number): string {
  return new Date(ms).toISOString();
}

/** `{ [key]: value }`, or nothing at all for `undefined`: unknown is absent. */
export function given<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  if (value === undefined) return {};
  const fields: Partial<Record<K, V>> = {};
  fields[key] = value;
  return fields;
}

/** A host in brief. `visible` tells which of its domains are counted. */
export function viewHostBrief(snapshot: HostSnapshot, visible: (domain: DomainSnapshot) => boolean): HostBrief {
  const { host, uri, via, simulated, state, facts, domainsKnown } = snapshot;
  return {
    host,
    uri,
    ...given('via', via),
    simulated,
    state: state.kind,
    since: instantOf(state.since),
    ...given('error', viewError(state)),
    ...given('driver', facts?.driver),
    ...given('hypervisorVersion', facts?.hypervisorVersion),
    ...given('libvirtVersion', facts?.libvirtVersion),
    ...(domainsKnown ? { domains: countDomains(snapshot, visible) } : {}),
  };
}

/** A host in full. */
export function viewHost(snapshot: HostSnapshot, visible: (domain: DomainSnapshot) => boolean): HostFull {
  const { facts, pools, networks, polls } = snapshot;
  return {
    ...viewHostBrief(snapshot, visible),
    ...given('hostname', facts?.hostname),
    ...given('node', viewNode(snapshot)),
    pools: pools.map((pool) => ({
      name: pool.name,
      uuid: pool.uuid,
      ...given('state', pool.state),
      ...given('capacityBytes', pool.capacityBytes),
      ...given('allocationBytes', pool.allocationBytes),
      ...given('availableBytes', pool.availableBytes),
    })),
    ...given(
      'networks',
      networks?.map(({ name, uuid, active, autostart, persistent, bridge, leases }) => ({
        name,
        uuid,
        active,
        autostart,
        persistent,
        ...given('bridge', bridge),
        ...given('leases', leases),
      })),
    ),
    polls: Object.fromEntries(
      [...polls].map(([group, { success, durationSeconds, lastSuccessAt, error }]) => [
        group,
        {
          success,
          durationSeconds,
          ...(lastSuccessAt === undefined ? {} : { lastSuccessAt: instantOf(lastSuccessAt) }),
          ...given('error', error && { code: error.code, message: error.message }),
        },
      ]),
    ),
  };
}

function viewError(state: HostState): HostBrief['error'] {
  if (state.kind !== 'lost') return undefined;
  const { code, message } = state.error;
  return { code, message, advice: adviceFor(code), nextAttemptAt: instantOf(state.nextAttemptAt) };
}

function countDomains(
  snapshot: HostSnapshot,
  visible: (domain: DomainSnapshot) => boolean,
): NonNullable<HostBrief['domains']> {
  const byState: Record<string, number> = {};
  let total = 0;
  for (const domain of snapshot.domains.values()) {
    if (!visible(domain)) continue;
    total += 1;
    byState[domain.state] = (byState[domain.state] ?? 0) + 1;
  }
  // In an order that stays, whichever domain the hypervisor lists first: most first.
  const ordered = Object.entries(byState).sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  return { total, byState: Object.fromEntries(ordered) };
}

function viewNode(snapshot: HostSnapshot): HostFull['node'] {
  const info = snapshot.facts?.node;
  if (info === undefined) return undefined;
  const memory = memoryOf(snapshot);
  return {
    cpuModel: info.cpuModel,
    cpus: info.cpuCount,
    // libvirt says 0 for unknown.
    ...(info.mhz > 0 ? { mhz: info.mhz } : {}),
    numaNodes: info.numaNodeCount,
    socketsPerNumaNode: info.socketsPerNode,
    coresPerSocket: info.coresPerSocket,
    threadsPerCore: info.threadsPerCore,
    memoryBytes: memory.totalBytes ?? info.memoryBytes,
    ...given('freeMemoryBytes', memory.freeBytes),
  };
}
