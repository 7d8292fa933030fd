// SPDX-License-Identifier: Apache-2.0
// What a simulated host and its domains are made of, before time passes. All of it plain data.

import type { DriverName } from './drivers.ts';

/** One disk; a cdrom without `path` is empty. */
export interface DiskSpec {
  /** `vda` */
  readonly target: string;
  readonly device: 'disk' | 'cdrom';
  readonly path?: string;
  readonly format: 'qcow2' | 'raw';
  /** A qcow2 overlay's base image. */
  readonly backingPath?: string;
  readonly capacityBytes: number;
  /** Means over time. */
  readonly readBytesPerSecond: number;
  readonly writeBytesPerSecond: number;
}

/** One network card. */
export interface NicSpec {
  readonly mac: string;
  /** A libvirt network, or a bridge of the host. */
  readonly source: { readonly network: string } | { readonly bridge: string };
  readonly rxBytesPerSecond: number;
  readonly txBytesPerSecond: number;
}

/** What OpenStack writes into a domain's metadata. */
export interface NovaSpec {
  readonly name: string;
  readonly flavor: string;
  readonly user: string;
  readonly project: string;
}

/** How a guest takes an ACPI request: some ignore it, as a guest without an operating system does. */
export type Obedience = 'obeys' | 'ignores';

/** One domain at the beginning. */
export interface DomainSpec {
  readonly name: string;
  readonly uuid: string;
  /** virDomainState and its reason. */
  readonly state: number;
  readonly reason: number;
  readonly persistent: boolean;
  readonly autostart: boolean;
  readonly managedSave: boolean;
  readonly vcpuCount: number;
  readonly vcpuMaximum: number;
  readonly memoryKiB: number;
  /** Share of its virtual CPUs it uses, from 0 to 1. */
  readonly load: number;
  /** How long it has run when the simulation begins. */
  readonly uptimeSeconds: number;
  readonly disks: readonly DiskSpec[];
  readonly nics: readonly NicSpec[];
  readonly graphics: 'vnc' | 'spice' | null;
  readonly iothreadCount: number;
  /** Whether the guest's balloon driver tells about its memory. */
  readonly balloonDriver: boolean;
  readonly obedience: Obedience;
  /** A job that runs without end. */
  readonly job: 'backup' | null;
  /** Of its host. */
  readonly driver: DriverName;
  readonly title?: string;
  readonly nova?: NovaSpec;
}

/** A storage pool; `volumes` are files in it. */
export interface PoolSpec {
  readonly name: string;
  readonly uuid: string;
  readonly type: 'dir' | 'logical' | 'netfs';
  readonly path: string;
  /** virStoragePoolState */
  readonly state: number;
  readonly autostart: boolean;
  readonly capacityBytes: number;
  readonly allocationBytes: number;
}

/** A virtual network. */
export interface NetworkSpec {
  readonly name: string;
  readonly uuid: string;
  readonly bridge: string;
  readonly active: boolean;
  readonly autostart: boolean;
  /** `192.168.122` */
  readonly prefix: string;
}

/** A host. */
export interface HostSpec {
  readonly hostname: string;
  readonly driver: DriverName;
  /** major * 1000000 + minor * 1000 + micro */
  readonly libvirtVersion: number;
  readonly hypervisorVersion: number;
  /** At most 31 bytes. */
  readonly cpuModel: string;
  readonly cpuCount: number;
  readonly mhz: number;
  readonly memoryKiB: number;
  readonly uptimeSeconds: number;
  readonly domains: readonly DomainSpec[];
  readonly pools: readonly PoolSpec[];
  readonly networks: readonly NetworkSpec[];
}
