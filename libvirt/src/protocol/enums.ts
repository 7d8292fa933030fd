// SPDX-License-Identifier: Apache-2.0
// libvirt's numbers with libvirt's names. A label ('paused') is the C name without what the names of a table have in
// common; it is derived here, once.

/** A C enum: its constants in libvirt's order. */
export type EnumTable = Readonly<Record<string, number>>;

/** What a number outside its table is called: newer daemons know more than this package. */
export type Unknown = `unknown-${number}`;

/** virDomainState */
export const VIR_DOMAIN_STATE = {
  VIR_DOMAIN_NOSTATE: 0,
  VIR_DOMAIN_RUNNING: 1,
  VIR_DOMAIN_BLOCKED: 2,
  VIR_DOMAIN_PAUSED: 3,
  VIR_DOMAIN_SHUTDOWN: 4,
  VIR_DOMAIN_SHUTOFF: 5,
  VIR_DOMAIN_CRASHED: 6,
  VIR_DOMAIN_PMSUSPENDED: 7,
} as const;

type Label<C extends string, Prefix extends string> = C extends `${Prefix}${infer Rest}` ? Lowercase<Rest> : never;

/** A domain's state; 'shutdown' is being shut down, 'shutoff' is off. */
export type DomainState = Label<keyof typeof VIR_DOMAIN_STATE, 'VIR_DOMAIN_'> | Unknown;

/** virDomain*Reason, one enum a state. */
export const VIR_DOMAIN_STATE_REASON = {
  nostate: { VIR_DOMAIN_NOSTATE_UNKNOWN: 0 },
  running: {
    VIR_DOMAIN_RUNNING_UNKNOWN: 0,
    VIR_DOMAIN_RUNNING_BOOTED: 1,
    VIR_DOMAIN_RUNNING_MIGRATED: 2,
    VIR_DOMAIN_RUNNING_RESTORED: 3,
    VIR_DOMAIN_RUNNING_FROM_SNAPSHOT: 4,
    VIR_DOMAIN_RUNNING_UNPAUSED: 5,
    VIR_DOMAIN_RUNNING_MIGRATION_CANCELED: 6,
    VIR_DOMAIN_RUNNING_SAVE_CANCELED: 7,
    VIR_DOMAIN_RUNNING_WAKEUP: 8,
    VIR_DOMAIN_RUNNING_CRASHED: 9,
    VIR_DOMAIN_RUNNING_POSTCOPY: 10,
    VIR_DOMAIN_RUNNING_POSTCOPY_FAILED: 11,
  },
  blocked: { VIR_DOMAIN_BLOCKED_UNKNOWN: 0 },
  paused: {
    VIR_DOMAIN_PAUSED_UNKNOWN: 0,
    VIR_DOMAIN_PAUSED_USER: 1,
    VIR_DOMAIN_PAUSED_MIGRATION: 2,
    VIR_DOMAIN_PAUSED_SAVE: 3,
    VIR_DOMAIN_PAUSED_DUMP: 4,
    VIR_DOMAIN_PAUSED_IOERROR: 5,
    VIR_DOMAIN_PAUSED_WATCHDOG: 6,
    VIR_DOMAIN_PAUSED_FROM_SNAPSHOT: 7,
    VIR_DOMAIN_PAUSED_SHUTTING_DOWN: 8,
    VIR_DOMAIN_PAUSED_SNAPSHOT: 9,
    VIR_DOMAIN_PAUSED_CRASHED: 10,
    VIR_DOMAIN_PAUSED_STARTING_UP: 11,
    VIR_DOMAIN_PAUSED_POSTCOPY: 12,
    VIR_DOMAIN_PAUSED_POSTCOPY_FAILED: 13,
    VIR_DOMAIN_PAUSED_API_ERROR: 14,
  },
  shutdown: { VIR_DOMAIN_SHUTDOWN_UNKNOWN: 0, VIR_DOMAIN_SHUTDOWN_USER: 1 },
  shutoff: {
    VIR_DOMAIN_SHUTOFF_UNKNOWN: 0,
    VIR_DOMAIN_SHUTOFF_SHUTDOWN: 1,
    VIR_DOMAIN_SHUTOFF_DESTROYED: 2,
    VIR_DOMAIN_SHUTOFF_CRASHED: 3,
    VIR_DOMAIN_SHUTOFF_MIGRATED: 4,
    VIR_DOMAIN_SHUTOFF_SAVED: 5,
    VIR_DOMAIN_SHUTOFF_FAILED: 6,
    VIR_DOMAIN_SHUTOFF_FROM_SNAPSHOT: 7,
    VIR_DOMAIN_SHUTOFF_DAEMON: 8,
  },
  crashed: { VIR_DOMAIN_CRASHED_UNKNOWN: 0, VIR_DOMAIN_CRASHED_PANICKED: 1 },
  pmsuspended: { VIR_DOMAIN_PMSUSPENDED_UNKNOWN: 0 },
} as const;

/** Why a domain is in its state, in libvirt's words: 'booted', 'user', 'ioerror', ...; 'unknown-17' if newer. */
export type DomainReason = string;

/** virDomainControlState: whether the domain answers its daemon. */
export const VIR_DOMAIN_CONTROL_STATE = {
  VIR_DOMAIN_CONTROL_OK: 0,
  VIR_DOMAIN_CONTROL_JOB: 1,
  VIR_DOMAIN_CONTROL_OCCUPIED: 2,
  VIR_DOMAIN_CONTROL_ERROR: 3,
} as const;
/** 'occupied' with a growing time is a hung emulator. */
export type DomainControlState = Label<keyof typeof VIR_DOMAIN_CONTROL_STATE, 'VIR_DOMAIN_CONTROL_'> | Unknown;

/** virDomainControlErrorReason */
export const VIR_DOMAIN_CONTROL_ERROR_REASON = {
  VIR_DOMAIN_CONTROL_ERROR_REASON_NONE: 0,
  VIR_DOMAIN_CONTROL_ERROR_REASON_UNKNOWN: 1,
  VIR_DOMAIN_CONTROL_ERROR_REASON_MONITOR: 2,
  VIR_DOMAIN_CONTROL_ERROR_REASON_INTERNAL: 3,
} as const;

/** virDomainJobType */
export const VIR_DOMAIN_JOB_TYPE = {
  VIR_DOMAIN_JOB_NONE: 0,
  VIR_DOMAIN_JOB_BOUNDED: 1,
  VIR_DOMAIN_JOB_UNBOUNDED: 2,
  VIR_DOMAIN_JOB_COMPLETED: 3,
  VIR_DOMAIN_JOB_FAILED: 4,
  VIR_DOMAIN_JOB_CANCELLED: 5,
} as const;
/** 'bounded' and 'unbounded' are running jobs, with and without a known end. */
export type DomainJobType = Label<keyof typeof VIR_DOMAIN_JOB_TYPE, 'VIR_DOMAIN_JOB_'> | Unknown;

/** virDomainJobOperation */
export const VIR_DOMAIN_JOB_OPERATION = {
  VIR_DOMAIN_JOB_OPERATION_UNKNOWN: 0,
  VIR_DOMAIN_JOB_OPERATION_START: 1,
  VIR_DOMAIN_JOB_OPERATION_SAVE: 2,
  VIR_DOMAIN_JOB_OPERATION_RESTORE: 3,
  VIR_DOMAIN_JOB_OPERATION_MIGRATION_IN: 4,
  VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT: 5,
  VIR_DOMAIN_JOB_OPERATION_SNAPSHOT: 6,
  VIR_DOMAIN_JOB_OPERATION_SNAPSHOT_REVERT: 7,
  VIR_DOMAIN_JOB_OPERATION_DUMP: 8,
  VIR_DOMAIN_JOB_OPERATION_BACKUP: 9,
  VIR_DOMAIN_JOB_OPERATION_SNAPSHOT_DELETE: 10,
} as const;
/** What a job does. */
export type DomainJobOperation = Label<keyof typeof VIR_DOMAIN_JOB_OPERATION, 'VIR_DOMAIN_JOB_OPERATION_'> | Unknown;

/** virVcpuState */
export const VIR_VCPU_STATE = { VIR_VCPU_OFFLINE: 0, VIR_VCPU_RUNNING: 1, VIR_VCPU_BLOCKED: 2 } as const;
/** What a virtual CPU does. */
export type VcpuState = Label<keyof typeof VIR_VCPU_STATE, 'VIR_VCPU_'> | Unknown;

/** virDomainMemoryStatTags: KiB, but for faults and hugetlb (counts) and last_update (seconds since the epoch). */
export const VIR_DOMAIN_MEMORY_STAT = {
  VIR_DOMAIN_MEMORY_STAT_SWAP_IN: 0,
  VIR_DOMAIN_MEMORY_STAT_SWAP_OUT: 1,
  VIR_DOMAIN_MEMORY_STAT_MAJOR_FAULT: 2,
  VIR_DOMAIN_MEMORY_STAT_MINOR_FAULT: 3,
  VIR_DOMAIN_MEMORY_STAT_UNUSED: 4,
  VIR_DOMAIN_MEMORY_STAT_AVAILABLE: 5,
  VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON: 6,
  VIR_DOMAIN_MEMORY_STAT_RSS: 7,
  VIR_DOMAIN_MEMORY_STAT_USABLE: 8,
  VIR_DOMAIN_MEMORY_STAT_LAST_UPDATE: 9,
  VIR_DOMAIN_MEMORY_STAT_DISK_CACHES: 10,
  VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGALLOC: 11,
  VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGFAIL: 12,
} as const;

/** virStoragePoolState */
export const VIR_STORAGE_POOL_STATE = {
  VIR_STORAGE_POOL_INACTIVE: 0,
  VIR_STORAGE_POOL_BUILDING: 1,
  VIR_STORAGE_POOL_RUNNING: 2,
  VIR_STORAGE_POOL_DEGRADED: 3,
  VIR_STORAGE_POOL_INACCESSIBLE: 4,
} as const;
/** A storage pool's state. */
export type StoragePoolState = Label<keyof typeof VIR_STORAGE_POOL_STATE, 'VIR_STORAGE_POOL_'> | Unknown;

/** virStorageVolType */
export const VIR_STORAGE_VOL_TYPE = {
  VIR_STORAGE_VOL_FILE: 0,
  VIR_STORAGE_VOL_BLOCK: 1,
  VIR_STORAGE_VOL_DIR: 2,
  VIR_STORAGE_VOL_NETWORK: 3,
  VIR_STORAGE_VOL_NETDIR: 4,
  VIR_STORAGE_VOL_PLOOP: 5,
} as const;
/** What a volume is made of. */
export type StorageVolType = Label<keyof typeof VIR_STORAGE_VOL_TYPE, 'VIR_STORAGE_VOL_'> | Unknown;

/** Every state a domain can be in, in the order of their numbers. */
export const DOMAIN_STATES = Object.keys(VIR_DOMAIN_STATE).map((name) =>
  name.slice('VIR_DOMAIN_'.length).toLowerCase(),
) as readonly DomainState[];

/** Turns a C enum's numbers into labels: 'paused' for VIR_DOMAIN_PAUSED, 'unknown-9' for what the table lacks. */
export function labels<T extends EnumTable, P extends string>(
  table: T,
  prefix: P,
): (value: number) => Label<keyof T & string, P> | Unknown {
  type L = Label<keyof T & string, P>;
  const byValue = new Map<number, L>();
  for (const [name, value] of Object.entries(table)) {
    byValue.set(value, name.slice(prefix.length).toLowerCase() as L);
  }
  return (value) => byValue.get(value) ?? (`unknown-${String(value)}` as Unknown);
}

/** virDomainState's number to its label. */
export const domainState = labels(VIR_DOMAIN_STATE, 'VIR_DOMAIN_');

const REASONS: ReadonlyMap<string, (reason: number) => DomainReason> = new Map(
  Object.entries(VIR_DOMAIN_STATE_REASON).map(([state, table]: [string, EnumTable]) => [
    state,
    labels(table, `VIR_DOMAIN_${state.toUpperCase()}_`),
  ]),
);

/** The number of a virDomain*Reason to its label; which enum it is depends on the state. */
export function domainReason(state: DomainState, reason: number): DomainReason {
  return REASONS.get(state)?.(reason) ?? `unknown-${String(reason)}`;
}

export const domainControlState = labels(VIR_DOMAIN_CONTROL_STATE, 'VIR_DOMAIN_CONTROL_');
export const domainControlErrorReason = labels(VIR_DOMAIN_CONTROL_ERROR_REASON, 'VIR_DOMAIN_CONTROL_ERROR_REASON_');
export const domainJobType = labels(VIR_DOMAIN_JOB_TYPE, 'VIR_DOMAIN_JOB_');
export const domainJobOperation = labels(VIR_DOMAIN_JOB_OPERATION, 'VIR_DOMAIN_JOB_OPERATION_');
export const vcpuState = labels(VIR_VCPU_STATE, 'VIR_VCPU_');
export const memoryStat = labels(VIR_DOMAIN_MEMORY_STAT, 'VIR_DOMAIN_MEMORY_STAT_');
export const storagePoolState = labels(VIR_STORAGE_POOL_STATE, 'VIR_STORAGE_POOL_');
export const storageVolType = labels(VIR_STORAGE_VOL_TYPE, 'VIR_STORAGE_VOL_');
