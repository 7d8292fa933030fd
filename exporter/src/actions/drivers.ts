// SPDX-License-Identifier: Apache-2.0
// What libvirt's drivers can do, as data: extracted from the driver tables of the 9.0.0 source, with the quirks that make
// an action mean something else there. A newer driver may do more: what is missing here is refused before it is sent, so
// the table errs on the side of what a driver was seen to refuse.

import type { ActionId, ShutdownMode } from '../contract/actions.ts';

/** How a driver tells that a guest has rebooted. `reboot`: an event of its own; `started`: the domain starts anew. */
export type RebootSignal = 'reboot' | 'started' | 'none';

/** One driver. */
export interface DriverSpec {
  readonly lacks: ReadonlySet<ActionId>;
  /** Besides `auto`, which leaves it to the driver. */
  readonly shutdownModes: readonly ShutdownMode[];
  readonly rebootModes: readonly ShutdownMode[];
  readonly rebootSignal: RebootSignal;
  /** Where an action does something else than its name says. */
  readonly notes: Readonly<Partial<Record<ActionId, string>>>;
  /** Whether a reboot that the guest ignores turns its next power-off into a reboot (QEMU's fake reboot). */
  readonly ignoredRebootSticks: boolean;
}

const SAVE = ['managed-save', 'managed-save-remove'] as const;

interface DriverRow {
  readonly lacks?: readonly ActionId[];
  readonly shutdownModes?: readonly ShutdownMode[];
  readonly rebootModes?: readonly ShutdownMode[];
  readonly rebootSignal?: RebootSignal;
  readonly notes?: DriverSpec['notes'];
  readonly ignoredRebootSticks?: true;
}

function driver(row: DriverRow): DriverSpec {
  return {
    lacks: new Set(row.lacks),
    shutdownModes: row.shutdownModes ?? [],
    rebootModes: row.rebootModes ?? [],
    rebootSignal: row.rebootSignal ?? 'none',
    notes: row.notes ?? {},
    ignoredRebootSticks: row.ignoredRebootSticks ?? false,
  };
}

/** By what CONNECT_GET_TYPE says, in lower case. */
export const DRIVERS: ReadonlyMap<string, DriverSpec> = new Map(
  Object.entries({
    qemu: driver({
      shutdownModes: ['acpi', 'agent'],
      rebootModes: ['acpi', 'agent'],
      rebootSignal: 'reboot',
      ignoredRebootSticks: true,
    }),
    xen: driver({
      lacks: ['reset', 'nmi'],
      shutdownModes: ['paravirt', 'acpi'],
      rebootModes: ['paravirt'],
      rebootSignal: 'started',
    }),
    lxc: driver({
      lacks: ['reset', 'nmi', ...SAVE],
      shutdownModes: ['initctl', 'signal'],
      rebootModes: ['initctl', 'signal'],
      rebootSignal: 'started',
      // Seen with 9.0.0: where a container has no initctl, `auto` and `initctl` succeed and tell it nothing.
      notes: { shutdown: 'through initctl, unless mode is signal' },
    }),
    esx: driver({
      lacks: ['reset', 'nmi', ...SAVE],
      notes: {
        shutdown: 'through VMware Tools',
        reboot: 'through VMware Tools',
        suspend: 'to disk',
      },
    }),
    'hyper-v': driver({
      lacks: ['nmi'],
      notes: { shutdown: 'through the integration services' },
    }),
    vmware: driver({
      lacks: ['reset', 'nmi', ...SAVE],
      notes: { destroy: 'not forced: this driver asks the guest' },
    }),
    vbox: driver({
      lacks: ['reset', 'nmi', ...SAVE, 'autostart'],
      notes: { reboot: 'as a hard reset: this driver does not ask the guest' },
    }),
    bhyve: driver({ lacks: ['reboot', 'reset', 'suspend', 'resume', 'nmi', ...SAVE] }),
    ch: driver({ lacks: ['reset', 'nmi', ...SAVE, 'autostart'] }),
    vz: driver({ lacks: ['nmi'], rebootSignal: 'none' }),
    test: driver({}),
  } satisfies Record<string, DriverSpec>),
);

/** A driver this table does not know: everything may be tried, nothing is promised. */
const UNKNOWN = driver({ shutdownModes: ['acpi', 'agent', 'paravirt', 'initctl', 'signal'] });

/** The row of a driver as CONNECT_GET_TYPE names it: "QEMU", "Xen", "Hyper-V". */
export function driverSpec(name: string): DriverSpec {
  return DRIVERS.get(name.toLowerCase()) ?? UNKNOWN;
}
