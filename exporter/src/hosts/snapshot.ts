// SPDX-License-Identifier: Apache-2.0
// What is known of one host at one moment. A snapshot never changes: a poll or an event makes the next one. A field
// that libvirt did not give is absent; nothing here is a default.

import type {
  DhcpLease,
  DomainControlState,
  DomainJobType,
  DomainReason,
  DomainState,
  DomainStats,
  NodeInfo,
  StoragePoolState,
  StorageVolType,
} from '@vireo/libvirt';
import type { MetricGroup } from '../contract/groups.ts';
import type { DomainXml } from '../xml/domain-xml.ts';
import type { DomainObservations } from './observations.ts';

/** Where a host's connection stands. */
export type HostState =
  | { readonly kind: 'connecting'; readonly since: number }
  | { readonly kind: 'up'; readonly since: number }
  | { readonly kind: 'lost'; readonly since: number; readonly error: HostError; readonly nextAttemptAt: number };

/** Why a host is lost, fit for a page or a log: no secrets. */
export interface HostError {
  /** A code of the client (`LV_CONN_REFUSED`) or the daemon's error name (`VIR_ERR_NO_CONNECT`). */
  readonly code: string;
  readonly message: string;
}

/** What a host is; read once a connection. */
export interface HostFacts {
  /** As the daemon calls the host (CONNECT_GET_HOSTNAME). */
  readonly hostname?: string;
  /** "QEMU", "Xen", "LXC", "ESX", "TEST" ... (CONNECT_GET_TYPE). */
  readonly driver: string;
  /** "7.2.22" (CONNECT_GET_VERSION). */
  readonly hypervisorVersion?: string;
  /** "9.0.0" (CONNECT_GET_LIB_VERSION). */
  readonly libvirtVersion: string;
  readonly node?: NodeInfo;
}

/** Node statistics; units as named. */
export interface NodeSnapshot {
  /** Cumulative nanoseconds by mode, all CPUs together: kernel, user, idle, iowait ... (NODE_GET_CPU_STATS). */
  readonly cpuNsByMode?: ReadonlyMap<string, number>;
  /** Bytes by kind: total, free, buffers, cached (NODE_GET_MEMORY_STATS). */
  readonly memoryBytesByKind?: ReadonlyMap<string, number>;
  /** Bytes (NODE_GET_FREE_MEMORY). */
  readonly freeMemoryBytes?: number;
}

/** Why the statistics of a domain are incomplete. */
export interface DomainTrouble {
  /** Milliseconds since the epoch when Vireo first saw it. */
  readonly since: number;
  /** As GET_CONTROL_INFO says; absent when it did not answer either. */
  readonly controlState?: DomainControlState;
  /** How long the domain's monitor has been in that state, as GET_CONTROL_INFO says. */
  readonly controlStateMs?: number;
}

/** Progress of a domain job (migration, save, dump, backup); present only while one runs. Source: DOMAIN_GET_JOB_STATS. */
export interface DomainJob {
  readonly type: DomainJobType;
  /** libvirt's own field names and units (times in ms, sizes in bytes). */
  readonly fields: ReadonlyMap<string, number | string | boolean>;
}

/** One domain. */
export interface DomainSnapshot {
  readonly uuid: string;
  readonly name: string;
  /** The hypervisor's id; -1 when inactive. */
  readonly id: number;
  readonly state: DomainState;
  readonly reason: DomainReason;
  /** Milliseconds since the epoch when its process began; absent when nobody saw it begin, as libvirt does not tell. */
  readonly startedAt?: number;
  readonly persistent?: boolean;
  readonly autostart?: boolean;
  /** Whether the next start restores a saved image; absent where the driver does not tell. */
  readonly managedSave?: boolean;
  /** Facts parsed from the domain's XML; absent until it was read once. */
  readonly xml?: DomainXml;
  /** The newest statistics; absent for an inactive domain or before the first poll. */
  readonly stats?: DomainStats;
  /** Milliseconds since the epoch when the monitor groups (cpu, balloon, vcpu, block) were last read whole. */
  readonly statsAt?: number;
  /** Present while the domain is in quarantine. */
  readonly trouble?: DomainTrouble;
  readonly job?: DomainJob;
  readonly observed?: DomainObservations;
}

/** One storage pool. */
export interface PoolSnapshot {
  readonly uuid: string;
  readonly name: string;
  /** Absent, like the sizes, when the pool did not answer in time. */
  readonly state?: StoragePoolState;
  readonly capacityBytes?: number;
  readonly allocationBytes?: number;
  readonly availableBytes?: number;
  readonly autostart?: boolean;
  readonly persistent?: boolean;
  /** How many it has; absent for a pool that is not active. */
  readonly volumes?: number;
  /** The first of them by name; absent unless they were asked for. */
  readonly volumeList?: readonly VolumeSnapshot[];
  readonly timedOut: boolean;
}

/** One volume of a pool. */
export interface VolumeSnapshot {
  readonly name: string;
  readonly type: StorageVolType;
  readonly capacityBytes: number;
  readonly allocationBytes: number;
}

/** One virtual network. */
export interface NetworkSnapshot {
  readonly uuid: string;
  readonly name: string;
  readonly active: boolean;
  readonly autostart: boolean;
  readonly persistent: boolean;
  readonly bridge?: string;
  /** Addresses its DHCP server has given out; absent while it is inactive. */
  readonly leases?: number;
  /** The first of them by address; absent unless the group `lease` is on. */
  readonly leaseList?: readonly DhcpLease[];
}

/** One NUMA cell of the host. */
export interface NumaCellSnapshot {
  /** Its number, which need not be its position. */
  readonly cell: number;
  readonly memoryBytes?: number;
  readonly freeBytes?: number;
  readonly cpus?: number;
  /** Absent when they were not asked for. */
  readonly hugepages?: readonly HugepagesSnapshot[];
}

/** Huge pages of one size in one cell. */
export interface HugepagesSnapshot {
  readonly sizeBytes: number;
  readonly total: number;
  readonly free?: number;
}

/** How often one kind of event came. */
export interface EventCount {
  readonly event: string;
  /** Why, of a lifecycle event; otherwise empty. */
  readonly detail: string;
  readonly count: number;
}

/** The parts of a poll; each succeeds or fails for itself. */
export const POLL_GROUPS = [
  'inventory',
  'statistics',
  'node',
  'xml',
  'pools',
  'networks',
  'numa',
  'jobs',
  'block-jobs',
  'vcpu-placement',
  'disk-errors',
  'addresses',
  'snapshots',
  'checkpoints',
  'guest-agents',
] as const;
/** One of {@link POLL_GROUPS}. */
export type PollGroup = (typeof POLL_GROUPS)[number];

/** How the last run of one part of a poll went. */
export interface PollOutcome {
  readonly success: boolean;
  /** Seconds the last run took. */
  readonly durationSeconds: number;
  /** Milliseconds since the epoch of the last run that succeeded; absent before the first. */
  readonly lastSuccessAt?: number;
  /** Why it failed. */
  readonly error?: HostError;
}

/** One host. */
export interface HostSnapshot {
  /** The configured name: the value of the label `host`. */
  readonly host: string;
  /** The connection URI, without anything secret. */
  readonly uri: string;
  /** The URI of the daemon that opens `uri` for us, without anything secret; absent where `uri` leads to the daemon. */
  readonly via?: string;
  /** True when it is a member of the simulated fleet; shown wherever the host is. */
  readonly simulated: boolean;
  readonly state: HostState;
  /** The groups that are on for this host; of the others nothing is asked and nothing shown. */
  readonly groups: ReadonlySet<MetricGroup>;
  /** Whether inactive domains have series of their own; they have without it. */
  readonly inactiveSeries?: boolean;
  /** Grows with every snapshot of this host. */
  readonly generation: number;
  /** Absent until the first connection. */
  readonly facts?: HostFacts;
  readonly node?: NodeSnapshot;
  /** By UUID. Empty when nothing is known (yet, or any more: `domainsKnown` tells). */
  readonly domains: ReadonlyMap<string, DomainSnapshot>;
  /** False before the first inventory, and again once a lost host's last one is too old to show. */
  readonly domainsKnown: boolean;
  /** Domains that the configuration leaves out. */
  readonly filteredDomains?: number;
  readonly pools: readonly PoolSnapshot[];
  readonly networks?: readonly NetworkSnapshot[];
  readonly cells?: readonly NumaCellSnapshot[];
  /** Since Vireo started. */
  readonly events?: readonly EventCount[];
  readonly polls: ReadonlyMap<PollGroup, PollOutcome>;
}
