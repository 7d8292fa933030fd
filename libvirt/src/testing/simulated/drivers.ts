// SPDX-License-Identifier: Apache-2.0
// The hypervisors a simulated host may have, and what libvirt's driver for each lacks: after the driver tables of its
// 9.0.0 source. What is lacking is answered with VIR_ERR_NO_SUPPORT, as libvirt does.

import * as connect from '../../protocol/connect.ts';
import * as details from '../../protocol/domain-details.ts';
import { CONNECT_GET_ALL_DOMAIN_STATS } from '../../protocol/domain-stats.ts';
import * as domains from '../../protocol/domain.ts';
import * as events from '../../protocol/events.ts';
import type { Procedure } from '../../protocol/procedure.ts';
import { DOMAIN_LIST_ALL_CHECKPOINTS, DOMAIN_LIST_ALL_SNAPSHOTS } from '../../protocol/snapshot.ts';
import { ERROR_FROM, daemonError } from '../daemon-error.ts';
import type { HandlerTable } from '../handlers.ts';
import type { SimulatedHost } from './host.ts';

/** What CONNECT_GET_TYPE says. */
export type DriverName = 'QEMU' | 'Xen' | 'LXC' | 'ESX';

/** A driver. */
export interface SimulatedDriver {
  /** Of its URIs. */
  readonly scheme: string;
  /** major * 1000000 + minor * 1000 + micro */
  readonly version: number;
  /** `<domain type='kvm'>` */
  readonly domainType: string;
  /** The element `type` within `os`. */
  readonly osType: string;
  readonly emulator: string;
  /** Its domains' states are these four only: running, paused, shutoff, crashed. */
  readonly plain: boolean;
  readonly lacks: readonly Lack[];
}

type Lack = (table: HandlerTable) => void;

function lack<A, R>(procedure: Procedure<A, R>): Lack {
  const words = procedure.name.toLowerCase().split('_');
  const apiFunction = `vir${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}`;
  return (table) => {
    table.on(procedure, () => daemonError('NO_SUPPORT', ERROR_FROM.NONE, apiFunction));
  };
}

const QEMU_ONLY: readonly Lack[] = [
  lack(CONNECT_GET_ALL_DOMAIN_STATS),
  lack(domains.DOMAIN_GET_CONTROL_INFO),
  lack(domains.DOMAIN_RESET),
  lack(details.DOMAIN_INJECT_NMI),
  lack(details.DOMAIN_GET_GUEST_INFO),
  lack(details.DOMAIN_GET_MESSAGES),
  lack(DOMAIN_LIST_ALL_CHECKPOINTS),
];
const SAVE: readonly Lack[] = [
  lack(domains.DOMAIN_MANAGED_SAVE),
  lack(domains.DOMAIN_HAS_MANAGED_SAVE_IMAGE),
  lack(domains.DOMAIN_MANAGED_SAVE_REMOVE),
];
const NODE: readonly Lack[] = [lack(connect.NODE_GET_CPU_STATS), lack(connect.NODE_GET_MEMORY_STATS)];

/** By what CONNECT_GET_TYPE says. */
export const SIMULATED_DRIVERS: Readonly<Record<DriverName, SimulatedDriver>> = {
  QEMU: {
    scheme: 'qemu',
    version: 7_002_022,
    domainType: 'kvm',
    osType: `<type arch='x86_64' machine='pc-q35-7.2'>hvm</type>`,
    emulator: '/usr/bin/qemu-system-x86_64',
    plain: false,
    lacks: [],
  },
  Xen: {
    scheme: 'xen',
    version: 4_017_000,
    domainType: 'xen',
    osType: `<type arch='x86_64' machine='xenfv'>hvm</type>`,
    emulator: '/usr/lib/xen-4.17/bin/qemu-system-i386',
    plain: true,
    lacks: [...QEMU_ONLY, ...NODE, lack(details.DOMAIN_SCREENSHOT), lack(DOMAIN_LIST_ALL_SNAPSHOTS)],
  },
  LXC: {
    scheme: 'lxc',
    version: 6_001_000,
    domainType: 'lxc',
    osType: `<type arch='x86_64'>exe</type>`,
    emulator: '/usr/lib/libvirt/libvirt_lxc',
    plain: true,
    lacks: [
      ...QEMU_ONLY,
      ...SAVE,
      lack(details.DOMAIN_GET_JOB_STATS),
      lack(details.DOMAIN_SCREENSHOT),
      lack(details.DOMAIN_GET_VCPUS),
      lack(details.DOMAIN_INTERFACE_ADDRESSES),
      lack(domains.DOMAIN_PM_WAKEUP),
      lack(DOMAIN_LIST_ALL_SNAPSHOTS),
    ],
  },
  ESX: {
    scheme: 'esx',
    version: 7_000_003,
    domainType: 'vmware',
    osType: `<type arch='x86_64'>hvm</type>`,
    emulator: '',
    plain: true,
    lacks: [
      ...QEMU_ONLY,
      ...SAVE,
      ...NODE,
      lack(details.DOMAIN_GET_JOB_STATS),
      lack(details.DOMAIN_MEMORY_STATS),
      lack(details.DOMAIN_BLOCK_STATS),
      lack(details.DOMAIN_INTERFACE_STATS),
      lack(details.DOMAIN_GET_VCPUS),
      lack(details.DOMAIN_INTERFACE_ADDRESSES),
      lack(domains.DOMAIN_PM_WAKEUP),
      lack(events.CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY),
      lack(events.CONNECT_STORAGE_POOL_EVENT_REGISTER_ANY),
      lack(events.CONNECT_NETWORK_EVENT_REGISTER_ANY),
    ],
  },
};

/** The driver of a host. */
export function driverOf({ spec }: SimulatedHost): SimulatedDriver {
  return SIMULATED_DRIVERS[spec.driver];
}

/** Takes away what the host's driver does not have. */
export function serveDriver(table: HandlerTable, host: SimulatedHost): void {
  for (const takeAway of driverOf(host).lacks) takeAway(table);
}
