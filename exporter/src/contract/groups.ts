// SPDX-License-Identifier: Apache-2.0
// The one table of groups. What is asked of libvirt, what the page shows, `collect[]` and `exclude[]`, the key `groups`
// of the configuration and the docs all go by it.

/** One group of families. */
export interface GroupSpec {
  readonly name: string;
  /** Whether it is on when the configuration does not say. */
  readonly on: boolean;
  /** What it shows. */
  readonly what: string;
  /** What it asks of a daemon, and how many series it makes. */
  readonly cost: string;
}

/** Every group, in the order of the page. Off: its calls are not made, and its families are not on the page. */
export const GROUPS = [
  {
    name: 'host',
    on: true,
    what: 'The host: CPUs, memory, versions, what its domains were promised of it',
    cost: 'three short calls a poll; about 30 series a host',
  },
  {
    name: 'numa',
    on: true,
    what: 'NUMA cells: memory, free memory, CPUs',
    cost: 'two short calls a minute; 3 series a cell',
  },
  {
    name: 'hugepage',
    on: true,
    what: 'Huge pages of NUMA cells, by size',
    cost: 'two short calls a minute and one more a cell; 2 series a cell and size',
  },
  {
    name: 'domain',
    on: true,
    what: 'What a domain is and its state',
    cost: 'none besides the inventory; about 20 series a domain',
  },
  {
    name: 'cpu',
    on: true,
    what: 'CPU time of a domain',
    cost: 'part of the bulk call; 3 to 5 series a domain',
  },
  {
    name: 'memory',
    on: true,
    what: 'Memory of a domain',
    cost: 'part of the bulk call, asks the monitor; about 16 series a domain',
  },
  {
    name: 'vcpu',
    on: true,
    what: 'vCPUs: state, time, steal',
    cost: 'part of the bulk call, asks the monitor; about 6 series a vCPU',
  },
  {
    name: 'kvm',
    on: false,
    what: 'KVM’s own statistics of a domain and of each vCPU',
    cost: 'part of the bulk call, asks the monitor; dozens of series a vCPU',
  },
  {
    name: 'placement',
    on: false,
    what: 'The host CPU each vCPU is on now',
    cost: 'one short call a running domain a poll, which asks no monitor; a series a vCPU',
  },
  {
    name: 'block',
    on: true,
    what: 'Disks: bytes, requests, times, sizes',
    cost: 'part of the bulk call, asks the monitor; about 13 series a disk',
  },
  {
    name: 'backing',
    on: false,
    what: 'Images below a disk: sizes',
    cost: 'makes the bulk call ask for each image of a chain; 3 series an image',
  },
  {
    name: 'interface',
    on: true,
    what: 'Network interfaces: bytes, packets, errors, drops, link',
    cost: 'part of the bulk call; about 9 series an interface',
  },
  {
    name: 'iothread',
    on: true,
    what: 'Polling of IOThreads',
    cost: 'part of the bulk call, asks the monitor; 3 series an IOThread',
  },
  {
    name: 'limit',
    on: true,
    what: 'Limits of CPU, memory, disks and interfaces',
    cost: 'none, from the XML; a series for each limit that is set',
  },
  {
    name: 'metadata',
    on: true,
    what: 'What the XML’s metadata says at the paths the configuration names',
    cost: 'none, from the XML; one series a domain',
  },
  {
    name: 'job',
    on: true,
    what: 'Progress of migrations, saves, dumps and backups',
    cost: 'one call a domain a minute, and a poll while a job runs; series only while one runs',
  },
  {
    name: 'blockjob',
    on: true,
    what: 'Progress of block jobs: commit, copy, pull, backup',
    cost: 'one call a disk a minute, and a poll while a job runs on it; series only while one runs',
  },
  {
    name: 'diskerror',
    on: true,
    what: 'Disks that had an I/O error',
    cost: 'one call a running domain a minute, asks the monitor; a series a domain, and one a disk with an error',
  },
  {
    name: 'dirtyrate',
    on: false,
    what: 'Dirty rate of the memory, as last measured',
    cost: 'part of the bulk call, asks the monitor; 4 series a domain that was measured',
  },
  {
    name: 'perf',
    on: true,
    what: 'perf events',
    cost: 'part of the bulk call; a series for each event that is enabled in the domain',
  },
  {
    name: 'snapshot',
    on: true,
    what: 'Snapshots and checkpoints: how many, how old',
    cost: 'two short lists a minute, some calls a minute for a domain that has any; 2 to 7 series a domain',
  },
  {
    name: 'address',
    on: true,
    what: 'IP addresses of interfaces, from leases and the ARP table',
    cost: 'two calls a running domain a minute; a series an address',
  },
  {
    name: 'agent',
    on: false,
    what: 'What the guest agent says: file systems, users, operating system',
    cost: 'one call a guest a minute that waits for its agent, on a read-write connection of its own; 5 series a guest, 3 a file system',
  },
  {
    name: 'pool',
    on: true,
    what: 'Storage pools: state, sizes, number of volumes',
    cost: 'two calls a pool and three lists a minute; 8 series a pool',
  },
  {
    name: 'volume',
    on: false,
    what: 'Volumes of storage pools: type, sizes',
    cost: 'a call a volume a minute, which looks at the storage; 3 series a volume, of 100 volumes a pool at most',
  },
  {
    name: 'network',
    on: true,
    what: 'Virtual networks: active, autostart, persistent, number of DHCP leases',
    cost: 'two calls a network and four lists a minute; 5 series a network',
  },
  {
    name: 'lease',
    on: false,
    what: 'DHCP leases of virtual networks, one by one',
    cost: 'part of the calls of `network`; 2 series a lease, of 256 leases a network at most',
  },
  {
    name: 'event',
    on: true,
    what: 'Events of the daemon, counted',
    cost: 'none; a series for each kind of event, some sixty a host, 200 at most',
  },
  {
    name: 'vireo',
    on: true,
    what: 'Vireo about itself',
    cost: 'none; about 40 series a host',
  },
] as const satisfies readonly GroupSpec[];

/** The name of one of {@link GROUPS}. */
export type MetricGroup = (typeof GROUPS)[number]['name'];

/** All names, in order. */
export const METRIC_GROUPS: readonly MetricGroup[] = GROUPS.map(({ name }) => name);

/** What is on unless the configuration says otherwise. */
export const DEFAULT_GROUPS: ReadonlySet<MetricGroup> = new Set(GROUPS.flatMap(({ name, on }) => (on ? [name] : [])));

/** The group of that name, or nothing. */
export function metricGroup(name: string): MetricGroup | undefined {
  return METRIC_GROUPS.find((group) => group === name);
}
