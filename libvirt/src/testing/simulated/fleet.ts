// SPDX-License-Identifier: Apache-2.0
// Invented hosts and domains that look like a small company's: every state QEMU's driver knows, some trouble, numbers
// that move. The same seed gives the same fleet.

import { VIR_DOMAIN_STATE as STATE } from '../../protocol/enums.ts';
import { SIMULATED_DRIVERS } from './drivers.ts';
import type { DriverName } from './drivers.ts';
import { SimulatedHost } from './host.ts';
import type { SimulationOptions } from './host.ts';
import { Noise } from './noise.ts';
import type { DiskSpec, DomainSpec, HostSpec, NetworkSpec, NicSpec, PoolSpec } from './spec.ts';

/** What to invent. */
export interface FleetOptions extends SimulationOptions {
  /** Default 3. */
  readonly hosts?: number;
  /** Default 12. */
  readonly domainsPerHost?: number;
  /** Default `vireo`. */
  readonly seed?: string;
  /** Host names are this and a number; default `demo-kvm-`. */
  readonly namePrefix?: string;
  /** Default `QEMU`. */
  readonly driver?: DriverName;
  /** Hosts of the same company that others invent: names of domains are counted on from there. Default 0. */
  readonly after?: number;
}

/** Invents hosts. Nothing listens yet: give each to a FakeDaemon. */
export function simulatedFleet(options: FleetOptions = {}): readonly SimulatedHost[] {
  const {
    hosts = 3,
    domainsPerHost = 12,
    seed = 'vireo',
    namePrefix = 'demo-kvm-',
    driver = 'QEMU',
    after = 0,
  } = options;
  return Array.from({ length: hosts }, (_, index) => {
    const hostname = `${namePrefix}${String(index + 1)}`;
    const noise = new Noise(`${seed}/${hostname}`);
    return new SimulatedHost(
      inventHost({ hostname, hostIndex: after + index, domainCount: domainsPerHost, driver, noise }),
      options,
    );
  });
}

const GIB = 1024 ** 3;
const GIB_KIB = 1024 ** 2;
const IMAGES = '/var/lib/libvirt/images';

interface Invention {
  readonly hostname: string;
  readonly hostIndex: number;
  readonly domainCount: number;
  readonly driver: DriverName;
  readonly noise: Noise;
}

function inventHost({ hostname, hostIndex, domainCount, driver, noise }: Invention): HostSpec {
  const uptimeSeconds = noise.integer('uptime', 3, 90) * 86_400;
  const domains = Array.from({ length: domainCount }, (_, index) => {
    const invented = suited(inventDomain(hostIndex, index, domainCount, noise), driver);
    return { ...invented, uptimeSeconds: Math.min(invented.uptimeSeconds, uptimeSeconds - 3600) };
  });
  const guestsKiB = domains.reduce((sum, domain) => sum + domain.memoryKiB, 0);
  return {
    hostname,
    driver,
    libvirtVersion: 9_000_000,
    hypervisorVersion: SIMULATED_DRIVERS[driver].version,
    cpuModel: 'x86_64',
    cpuCount: noise.pick('cpus', [16, 32, 64]),
    mhz: 2600,
    memoryKiB: Math.ceil((guestsKiB * 1.2) / (16 * GIB_KIB)) * 16 * GIB_KIB,
    uptimeSeconds,
    domains,
    pools: inventPools(noise),
    networks: inventNetworks(noise),
  };
}

const ROLES = ['web', 'db', 'cache', 'queue', 'build', 'mail', 'git', 'ldap', 'dns', 'proxy', 'backup', 'lab'] as const;

/** virDomain*Reason */
const RUNNING_BOOTED = 1;

/** What a domain that is not simply running is like; by position on its host, so every twelve are alike. */
const UNUSUAL: ReadonlyMap<number, Partial<DomainSpec>> = new Map<number, Partial<DomainSpec>>([
  [4, { state: STATE.VIR_DOMAIN_SHUTOFF, reason: 1, autostart: false }],
  [6, { state: STATE.VIR_DOMAIN_PAUSED, reason: 1 }],
  [7, { state: STATE.VIR_DOMAIN_SHUTOFF, reason: 5, managedSave: true }],
  [8, { persistent: false, autostart: false }],
  [10, { job: 'backup' }],
]);

/** The twelfth domain of each host is in trouble, each host in another kind. */
const TROUBLES: readonly Partial<DomainSpec>[] = [
  { state: STATE.VIR_DOMAIN_CRASHED, reason: 1 },
  { state: STATE.VIR_DOMAIN_PAUSED, reason: 5 },
  { state: STATE.VIR_DOMAIN_PMSUSPENDED, reason: 0 },
  { state: STATE.VIR_DOMAIN_SHUTDOWN, reason: 1, obedience: 'ignores' },
  { state: STATE.VIR_DOMAIN_SHUTOFF, reason: 3 },
];

function inventDomain(hostIndex: number, index: number, perHost: number, noise: Noise): DomainSpec {
  const role = ROLES[index % ROLES.length] ?? 'lab';
  // Counted over the fleet, so that names differ between hosts.
  const rounds = Math.ceil(perHost / ROLES.length);
  const name = `${role}-${String(hostIndex * rounds + Math.floor(index / ROLES.length) + 1)}`;
  const own = new Noise(noise.uuid(name));
  const vcpuCount = own.pick('vcpus', [1, 2, 2, 4, 8]);
  const slot = index % ROLES.length;
  const load = own.between('load', 0.02, 0.75);
  return {
    name,
    uuid: own.uuid('domain'),
    state: STATE.VIR_DOMAIN_RUNNING,
    reason: RUNNING_BOOTED,
    persistent: true,
    autostart: own.fraction('autostart') < 0.7,
    managedSave: false,
    vcpuCount,
    vcpuMaximum: own.fraction('hotplug') < 0.2 ? vcpuCount * 2 : vcpuCount,
    memoryKiB: own.pick('memory', [1, 2, 4, 8, 16]) * GIB_KIB,
    load,
    uptimeSeconds: own.integer('uptime', 600, 40 * 86_400),
    disks: inventDisks(name, own, load),
    nics: inventNics(own, load),
    graphics: own.pick('graphics', ['vnc', 'vnc', 'spice', null]),
    iothreadCount: own.integer('iothreads', 0, 2),
    balloonDriver: own.fraction('balloon') < 0.8,
    obedience: own.fraction('acpi') < 0.9 ? 'obeys' : 'ignores',
    job: null,
    driver: 'QEMU',
    ...(slot % 3 === 0 ? { title: `The ${role} server of team ${own.pick('team', ['blue', 'green', 'red'])}` } : {}),
    ...(slot % 4 === 1
      ? {
          nova: {
            name: `${role}-instance`,
            flavor: `m1.${own.pick('flavor', ['small', 'medium', 'large'])}`,
            user: own.pick('user', ['alice', 'bob', 'carol']),
            project: own.pick('project', ['shop', 'intranet', 'research']),
          },
        }
      : {}),
    ...UNUSUAL.get(slot),
    ...(slot === 11 ? TROUBLES[hostIndex % TROUBLES.length] : {}),
  };
}

/** Without what the driver does not know. */
function suited(domain: DomainSpec, driver: DriverName): DomainSpec {
  if (!SIMULATED_DRIVERS[driver].plain) return { ...domain, driver };
  const known = [STATE.VIR_DOMAIN_RUNNING, STATE.VIR_DOMAIN_PAUSED, STATE.VIR_DOMAIN_SHUTOFF].some(
    (state) => state === domain.state,
  );
  const plain = {
    ...domain,
    driver,
    job: null,
    managedSave: false,
    iothreadCount: 0,
    ...(known ? {} : { state: STATE.VIR_DOMAIN_SHUTOFF, reason: 1 }),
  };
  // A container has directories for disks and a terminal for a screen.
  return driver === 'LXC' ? { ...plain, disks: [], graphics: null } : plain;
}

function inventDisks(name: string, own: Noise, load: number): readonly DiskSpec[] {
  const capacityBytes = own.pick('disk', [20, 40, 80]) * GIB;
  const io = own.between('io', 20_000, 4_000_000) * (0.2 + load);
  const root: DiskSpec = {
    target: 'vda',
    device: 'disk',
    path: `${IMAGES}/${name}.qcow2`,
    format: 'qcow2',
    capacityBytes,
    readBytesPerSecond: io,
    writeBytesPerSecond: io * 0.6,
    ...(own.fraction('overlay') < 0.3 ? { backingPath: `${IMAGES}/debian-12-base.img` } : {}),
  };
  const data: DiskSpec = {
    target: 'vdb',
    device: 'disk',
    path: `/srv/fast/${name}-data.raw`,
    format: 'raw',
    capacityBytes: capacityBytes * 5,
    readBytesPerSecond: io * 3,
    writeBytesPerSecond: io * 2,
  };
  const cdrom: DiskSpec = {
    target: 'sda',
    device: 'cdrom',
    format: 'raw',
    capacityBytes: 0,
    readBytesPerSecond: 0,
    writeBytesPerSecond: 0,
  };
  return [root, ...(own.fraction('data') < 0.4 ? [data] : []), ...(own.fraction('cdrom') < 0.3 ? [cdrom] : [])];
}

function inventNics(own: Noise, load: number): readonly NicSpec[] {
  const rate = own.between('net', 5_000, 6_000_000) * (0.2 + load);
  const first: NicSpec = {
    mac: own.mac('net0'),
    source: own.fraction('nat') < 0.4 ? { network: 'default' } : { bridge: 'br0' },
    rxBytesPerSecond: rate,
    txBytesPerSecond: rate * 0.7,
  };
  const second: NicSpec = {
    mac: own.mac('net1'),
    source: { bridge: 'br-storage' },
    rxBytesPerSecond: rate * 2,
    txBytesPerSecond: rate * 2,
  };
  return own.fraction('storage') < 0.3 ? [first, second] : [first];
}

function inventPools(noise: Noise): readonly PoolSpec[] {
  const pool = (name: string, type: PoolSpec['type'], path: string, gib: number, state: number): PoolSpec => ({
    name,
    uuid: noise.uuid(`pool ${name}`),
    type,
    path,
    state,
    autostart: state !== 0,
    capacityBytes: state === 0 ? 0 : gib * GIB,
    allocationBytes: state === 0 ? 0 : Math.floor(gib * GIB * noise.between(`used ${name}`, 0.3, 0.93)),
  });
  return [
    pool('default', 'dir', IMAGES, 2000, 2),
    pool('fast', 'dir', '/srv/fast', 4000, 2),
    pool('archive', 'netfs', '/srv/archive', 16_000, 0),
  ];
}

function inventNetworks(noise: Noise): readonly NetworkSpec[] {
  const network = (name: string, bridge: string, prefix: string, active: boolean): NetworkSpec => ({
    name,
    uuid: noise.uuid(`network ${name}`),
    bridge,
    active,
    autostart: active,
    prefix,
  });
  return [network('default', 'virbr0', '192.168.122', true), network('isolated', 'virbr1', '192.168.99', false)];
}
