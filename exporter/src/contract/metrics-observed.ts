// SPDX-License-Identifier: Apache-2.0
// Families read by calls of their own for each domain, now and then: block jobs, disk errors, addresses, snapshots,
// checkpoints, and what the guest's agent says.

import { SAME } from './metric-family.ts';
import type { FactSpec } from './metric-family.ts';

/** Block jobs; all absent for a disk without one. */
export const BLOCK_JOB_FACTS = {
  libvirt_domain_block_job_info: {
    type: 'info',
    labels: ['host', 'domain', 'target_device', 'job_type'],
    what: 'The job that runs on a disk, always 1; job_type is pull, copy, commit, active-commit or backup',
    from: 'libvirt DOMAIN_GET_BLOCK_JOB_INFO type',
  },
  libvirt_domain_block_job_position: {
    type: 'gauge',
    labels: ['host', 'domain', 'target_device'],
    what: 'How far the job on a disk is, on its way to libvirt_domain_block_job_end; bytes with QEMU',
    from: 'libvirt DOMAIN_GET_BLOCK_JOB_INFO cur',
  },
  libvirt_domain_block_job_end: {
    type: 'gauge',
    labels: ['host', 'domain', 'target_device'],
    what: 'Where the job on a disk is done or ready; it moves while the guest writes',
    from: 'libvirt DOMAIN_GET_BLOCK_JOB_INFO end',
  },
  libvirt_domain_block_job_bandwidth_bytes_per_second: {
    type: 'gauge',
    labels: ['host', 'domain', 'target_device'],
    what: 'Limit of the speed of the job on a disk; absent without one',
    from: 'libvirt DOMAIN_GET_BLOCK_JOB_INFO bandwidth',
  },
} as const satisfies Record<string, FactSpec>;

/** Where vCPUs run. */
export const VCPU_PLACEMENT_FACTS = {
  libvirt_domain_vcpu_cpu: {
    type: 'gauge',
    labels: ['host', 'domain', 'vcpu'],
    what: 'Number of the host CPU the vCPU was on at the last poll; absent while it is on none',
    from: 'libvirt DOMAIN_GET_VCPUS cpu',
    peers: { tinkoff: SAME },
  },
} as const satisfies Record<string, FactSpec>;

/** Disk errors. */
export const DISK_ERROR_FACTS = {
  libvirt_domain_disk_errors: {
    type: 'gauge',
    labels: ['host', 'domain'],
    what: 'Number of disks of an active domain that have an error now',
    from: 'libvirt DOMAIN_GET_DISK_ERRORS',
  },
  libvirt_domain_disk_error_info: {
    type: 'info',
    labels: ['host', 'domain', 'target_device', 'error'],
    what: 'A disk that has an error now, always 1; error is no-space or unspecified',
    from: 'libvirt DOMAIN_GET_DISK_ERRORS error',
  },
} as const satisfies Record<string, FactSpec>;

/** Addresses of interfaces. */
export const ADDRESS_FACTS = {
  libvirt_domain_interface_address_info: {
    type: 'info',
    labels: ['host', 'domain', 'target_device', 'family', 'address', 'source'],
    what: 'An IP address of an interface, always 1; source is lease, arp or, with the group agent, agent',
    from: 'libvirt DOMAIN_INTERFACE_ADDRESSES and DOMAIN_GET_GUEST_INFO if.N.addr',
  },
} as const satisfies Record<string, FactSpec>;

/** Snapshots and checkpoints, of inactive domains too. */
export const SNAPSHOT_FACTS = {
  libvirt_domain_snapshots: {
    type: 'gauge',
    labels: ['host', 'domain'],
    what: 'Number of snapshots of the domain',
    from: 'libvirt DOMAIN_LIST_ALL_SNAPSHOTS',
  },
  libvirt_domain_snapshots_newest_timestamp_seconds: {
    type: 'gauge',
    labels: ['host', 'domain'],
    what: 'When the newest snapshot was made; absent without one',
    from: 'libvirt DOMAIN_SNAPSHOT_GET_XML_DESC creationTime',
  },
  libvirt_domain_snapshots_oldest_timestamp_seconds: {
    type: 'gauge',
    labels: ['host', 'domain'],
    what: 'When the oldest snapshot was made; absent without one',
    from: 'libvirt DOMAIN_SNAPSHOT_GET_XML_DESC creationTime',
  },
  libvirt_domain_snapshot_current_info: {
    type: 'info',
    labels: ['host', 'domain', 'snapshot'],
    what: 'The snapshot the domain is at, always 1',
    from: 'libvirt DOMAIN_SNAPSHOT_CURRENT',
  },
  libvirt_domain_checkpoints: {
    type: 'gauge',
    labels: ['host', 'domain'],
    what: 'Number of checkpoints of the domain',
    from: 'libvirt DOMAIN_LIST_ALL_CHECKPOINTS',
  },
  libvirt_domain_checkpoints_newest_timestamp_seconds: {
    type: 'gauge',
    labels: ['host', 'domain'],
    what: 'When the newest checkpoint was made; absent without one',
    from: 'libvirt DOMAIN_CHECKPOINT_GET_XML_DESC creationTime',
  },
  libvirt_domain_checkpoints_oldest_timestamp_seconds: {
    type: 'gauge',
    labels: ['host', 'domain'],
    what: 'When the oldest checkpoint was made; absent without one',
    from: 'libvirt DOMAIN_CHECKPOINT_GET_XML_DESC creationTime',
  },
} as const satisfies Record<string, FactSpec>;

/** What is known of the agent without asking it. */
export const AGENT_CHANNEL_FACTS = {
  libvirt_domain_guest_agent_connected: {
    type: 'gauge',
    labels: ['host', 'domain'],
    what: 'Whether a guest agent has opened its end of the channel, 1 or 0; absent for a domain without that channel',
    from: 'libvirt domain XML devices/channel/target state',
  },
} as const satisfies Record<string, FactSpec>;

/** What the agent says; it is the guest that says so. */
export const GUEST_FACTS = {
  libvirt_domain_guest_agent_responding: {
    type: 'gauge',
    labels: ['host', 'domain'],
    what: 'Whether the connected guest agent answered the last time it was asked, 1 or 0',
    from: 'deadline and errors of libvirt DOMAIN_GET_GUEST_INFO',
  },
  libvirt_domain_guest_info: {
    type: 'info',
    labels: [
      'host',
      'domain',
      'hostname',
      'os_id',
      'os_name',
      'os_version_id',
      'kernel_release',
      'machine',
      'timezone',
    ],
    what: 'What the guest is, always 1',
    from: 'libvirt DOMAIN_GET_GUEST_INFO hostname, os and timezone',
  },
  libvirt_domain_guest_timezone_offset_seconds: {
    type: 'gauge',
    labels: ['host', 'domain'],
    what: 'How far the clock of the guest is ahead of UTC by its time zone',
    from: 'libvirt DOMAIN_GET_GUEST_INFO timezone.offset',
  },
  libvirt_domain_guest_users: {
    type: 'gauge',
    labels: ['host', 'domain'],
    what: 'Number of users that are logged in to the guest',
    from: 'libvirt DOMAIN_GET_GUEST_INFO user.count',
  },
  libvirt_domain_guest_filesystem_info: {
    type: 'info',
    labels: ['host', 'domain', 'mountpoint', 'device', 'fstype'],
    what: 'A mounted file system of the guest, always 1',
    from: 'libvirt DOMAIN_GET_GUEST_INFO fs.N.name and fs.N.fstype',
  },
  libvirt_domain_guest_filesystem_size_bytes: {
    type: 'gauge',
    labels: ['host', 'domain', 'mountpoint'],
    what: 'Size of a file system of the guest',
    from: 'libvirt DOMAIN_GET_GUEST_INFO fs.N.total-bytes',
  },
  libvirt_domain_guest_filesystem_used_bytes: {
    type: 'gauge',
    labels: ['host', 'domain', 'mountpoint'],
    what: 'Used space of a file system of the guest',
    from: 'libvirt DOMAIN_GET_GUEST_INFO fs.N.used-bytes',
  },
} as const satisfies Record<string, FactSpec>;

/** The name of a family of this file. */
export type ObservedFactName =
  | keyof typeof BLOCK_JOB_FACTS
  | keyof typeof DISK_ERROR_FACTS
  | keyof typeof VCPU_PLACEMENT_FACTS
  | keyof typeof ADDRESS_FACTS
  | keyof typeof SNAPSHOT_FACTS
  | keyof typeof AGENT_CHANNEL_FACTS
  | keyof typeof GUEST_FACTS;
