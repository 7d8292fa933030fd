// SPDX-License-Identifier: Apache-2.0
// What is known of a domain only by calls of its own, which are made now and then and not at every poll. Each part is
// absent until it was asked for, and again when the newest question had no answer.

import type { BlockJob, DiskError, GuestInterface } from '@vireo/libvirt';

/** A job on one disk. Source: DOMAIN_GET_BLOCK_JOB_INFO. */
export interface DiskBlockJob extends BlockJob {
  /** `vda` */
  readonly target: string;
}

/** One address of an interface. */
export interface InterfaceAddress {
  /** In lower case, as in the domain's XML. */
  readonly mac: string;
  readonly family: GuestInterface['addresses'][number]['family'];
  readonly address: string;
  /** `lease`: a DHCP server of libvirt gave it out; `arp`: the host saw it; `agent`: the guest says so. */
  readonly source: 'lease' | 'arp' | 'agent';
}

/** Snapshots, or checkpoints, of one domain. */
export interface PointsInTime {
  readonly count: number;
  /** Seconds since the epoch, like `oldestAt`; both absent when there are none, or too many to have been read yet. */
  readonly newestAt?: number;
  readonly oldestAt?: number;
  /** The one the domain is at; checkpoints have none. */
  readonly current?: string;
}

/** A mounted file system of a guest. */
export interface GuestFileSystem {
  readonly mountPoint: string;
  /** The guest's name of what is mounted: `sda1`. */
  readonly device?: string;
  readonly type?: string;
  readonly totalBytes?: number;
  readonly usedBytes?: number;
}

/** What a guest's agent says; written by the guest, so nothing in it is trusted. Source: DOMAIN_GET_GUEST_INFO. */
export interface GuestReport {
  /** Whether the agent answered the newest question; when it did not, the rest is absent. */
  readonly responding: boolean;
  readonly hostname?: string;
  readonly osId?: string;
  readonly osName?: string;
  readonly osVersionId?: string;
  readonly kernelRelease?: string;
  readonly machine?: string;
  readonly timezone?: string;
  /** Seconds east of UTC. */
  readonly timezoneOffsetSeconds?: number;
  /** Users that are logged in. */
  readonly userCount?: number;
  readonly fileSystems?: readonly GuestFileSystem[];
  readonly addresses?: readonly InterfaceAddress[];
}

/** See the head of this file. */
export interface DomainObservations {
  /** Empty: asked, and there is none. The same holds for the other lists. */
  readonly blockJobs?: readonly DiskBlockJob[];
  /** The host CPU each vCPU is on, by its number; one that is on none is not there. Source: DOMAIN_GET_VCPUS. */
  readonly cpuOfVcpu?: ReadonlyMap<number, number>;
  readonly diskErrors?: readonly DiskError[];
  readonly addresses?: readonly InterfaceAddress[];
  readonly guest?: GuestReport;
  readonly snapshots?: PointsInTime;
  readonly checkpoints?: PointsInTime;
}
