// SPDX-License-Identifier: Apache-2.0
// What is particular about libvirt's drivers, as data: the ways an action takes, where it means something else, what to
// use where there is no console. Which calls a driver has is in driver-calls.ts.

import type { ActionId, ShutdownMode } from './actions.ts';
import type { DriverCall, DriverName } from './driver-calls.ts';
import type { ConsoleRefusalCode } from './refusals.ts';
import type { TaskStepCode } from './task-steps.ts';

/** How a driver tells that a guest has rebooted. `reboot`: an event of its own; `started`: the domain starts anew. */
export type RebootSignal = 'reboot' | 'started' | 'none';

/** One driver. */
export interface DriverSpec {
  /** What people call it. */
  readonly title: string;
  /** How URIs that lead to it look. */
  readonly uri: string;
  /** `library`: it lives in libvirt's C library and reaches its hypervisor itself, so a daemon opens it: `via`. */
  readonly livesIn: 'daemon' | 'library';
  /** Besides `auto`, which leaves it to the driver. */
  readonly shutdownModes: readonly ShutdownMode[];
  readonly rebootModes: readonly ShutdownMode[];
  readonly rebootSignal: RebootSignal;
  /** Whether it calls a domain off while it restarts it, seconds before any event tells that it stopped. */
  readonly offBetweenRuns: boolean;
  /** Where an action does something else than its name says. */
  readonly notes: Readonly<Partial<Record<ActionId, TaskStepCode>>>;
  /** Whether a reboot that the guest ignores turns its next power-off into a reboot (QEMU's fake reboot). */
  readonly ignoredRebootSticks: boolean;
  /** What it means, and what helps, when a shutdown or reboot of an active domain is an invalid operation. */
  readonly unaddressed?: string;
  /** Where a browser console cannot be, what to use. */
  readonly consoleInstead?: Extract<ConsoleRefusalCode, `use-${string}`>;
}

/** The call behind each action. */
export const ACTION_CALLS: Readonly<Record<ActionId, DriverCall>> = {
  start: 'DOMAIN_CREATE',
  shutdown: 'DOMAIN_SHUTDOWN',
  reboot: 'DOMAIN_REBOOT',
  reset: 'DOMAIN_RESET',
  suspend: 'DOMAIN_SUSPEND',
  resume: 'DOMAIN_RESUME',
  destroy: 'DOMAIN_DESTROY',
  'managed-save': 'DOMAIN_MANAGED_SAVE',
  'managed-save-remove': 'DOMAIN_MANAGED_SAVE_REMOVE',
  nmi: 'DOMAIN_INJECT_NMI',
  autostart: 'DOMAIN_SET_AUTOSTART',
};

type DriverRow = Partial<DriverSpec> & Pick<DriverSpec, 'title' | 'uri'>;

function driver(row: DriverRow): DriverSpec {
  return {
    livesIn: 'daemon',
    shutdownModes: [],
    rebootModes: [],
    rebootSignal: 'none',
    offBetweenRuns: false,
    notes: {},
    ignoredRebootSticks: false,
    ...row,
  };
}

/** By what CONNECT_GET_TYPE says, in lower case. */
export const DRIVERS: Readonly<Record<DriverName, DriverSpec>> = {
  qemu: driver({
    title: 'QEMU/KVM',
    uri: 'qemu:///system',
    shutdownModes: ['acpi', 'agent'],
    rebootModes: ['acpi', 'agent'],
    rebootSignal: 'reboot',
    ignoredRebootSticks: true,
  }),
  xen: driver({
    title: 'Xen',
    uri: 'xen:///system',
    shutdownModes: ['paravirt', 'acpi'],
    rebootModes: ['paravirt'],
    rebootSignal: 'started',
    offBetweenRuns: true,
  }),
  lxc: driver({
    title: 'LXC',
    uri: 'lxc:///system',
    shutdownModes: ['initctl', 'signal'],
    rebootModes: ['initctl', 'signal'],
    rebootSignal: 'started',
    // Seen with 9.0.0: where a container has no initctl, `auto` and `initctl` succeed and tell it nothing.
    notes: { shutdown: 'through-initctl' },
    // Its event is lost when it comes before libvirt listens for it (virLXCMonitorNew of 9.0.0).
    unaddressed:
      'libvirt knows a container’s first process a moment after its start, or never when it missed to hear of it: try ' +
      'again, and if this stays, force it off and start it',
  }),
  esx: driver({
    title: 'VMware ESX, vCenter',
    uri: 'esx://HOST/, vpx://VCENTER/DATACENTER/HOST',
    livesIn: 'library',
    notes: {
      shutdown: 'through-vmware-tools',
      reboot: 'through-vmware-tools',
      suspend: 'suspends-to-disk',
    },
    consoleInstead: 'use-vsphere',
  }),
  'hyper-v': driver({
    title: 'Hyper-V',
    uri: 'hyperv://HOST/',
    livesIn: 'library',
    notes: { shutdown: 'through-integration-services' },
    consoleInstead: 'use-vmconnect',
  }),
  vmware: driver({
    title: 'VMware Workstation, Player, Fusion',
    uri: 'vmwarews:///session, vmwareplayer:///session',
    livesIn: 'library',
    notes: {
      destroy: 'not-forced',
      suspend: 'workstation-only',
      resume: 'workstation-only',
    },
    consoleInstead: 'use-vmware-window',
  }),
  vbox: driver({
    title: 'VirtualBox',
    uri: 'vbox:///session',
    notes: { reboot: 'hard-reset' },
    consoleInstead: 'use-virtualbox',
  }),
  bhyve: driver({ title: 'bhyve', uri: 'bhyve:///system' }),
  ch: driver({ title: 'Cloud Hypervisor', uri: 'ch:///system' }),
  vz: driver({ title: 'Virtuozzo', uri: 'vz:///system' }),
  openvz: driver({ title: 'OpenVZ', uri: 'openvz:///system', livesIn: 'library' }),
  test: driver({ title: 'libvirt’s test driver', uri: 'test:///default', livesIn: 'library' }),
};

/** A driver this table does not know: everything may be tried, nothing is promised. */
const UNKNOWN = driver({
  title: 'unknown',
  uri: '',
  shutdownModes: ['acpi', 'agent', 'paravirt', 'initctl', 'signal'],
});

const BY_NAME: ReadonlyMap<string, DriverSpec> = new Map(Object.entries(DRIVERS));

/** The row of a driver as CONNECT_GET_TYPE names it: "QEMU", "Xen", "Hyper-V". */
export function driverSpec(name: string): DriverSpec {
  return BY_NAME.get(name.toLowerCase()) ?? UNKNOWN;
}
