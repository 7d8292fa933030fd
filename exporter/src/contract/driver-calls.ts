// SPDX-License-Identifier: Apache-2.0
// Which of libvirt's calls each of its drivers has, and since which version of libvirt. From the driver tables of the
// 9.0.0 source (src/*/*_driver.c: `.domainReset = ..., /* 0.9.7 */`) and the release notes from 9.1 to 12.5. Polls ask
// nothing that a driver lacks, actions refuse it, docs/hypervisors.md shows it. What a libvirt newer than this table may
// have learnt is tried, and not again when it is refused.
// @see https://libvirt.org/hvsupport.html

/** The drivers, by what CONNECT_GET_TYPE says, in lower case. */
export const DRIVER_NAMES = [
  'qemu',
  'xen',
  'lxc',
  'esx',
  'hyper-v',
  'vmware',
  'vbox',
  'bhyve',
  'ch',
  'vz',
  'openvz',
  'test',
] as const;
/** One of {@link DRIVER_NAMES}. */
export type DriverName = (typeof DRIVER_NAMES)[number];

/** The newest libvirt whose release notes were read for a driver; of all but these that is 12.5.0. */
const KNOWN_UP_TO: Readonly<Partial<Record<DriverName, string>>> & { readonly others: string } = {
  // They grow with nearly every release.
  bhyve: '9.0.0',
  ch: '9.0.0',
  others: '12.5.0',
};

/** Since when; one column a driver, `-` where it lacks the call. */
// Prettier would take the columns apart.
// prettier-ignore
const SINCE = {
  //                                          qemu    xen     lxc     esx     hyper-v vmware  vbox    bhyve   ch      vz      openvz  test
  CONNECT_GET_ALL_DOMAIN_STATS:               '1.2.8   -       -       -       -       -       -       -       -       3.1.0   -       7.8.0',
  CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY: '0.8.0   0.9.0   0.8.0   -       -       -       -       1.2.5   10.10.0 1.2.10  -       0.8.0',
  CONNECT_GET_HOSTNAME:                       '0.3.3   0.9.0   0.6.3   0.7.0   0.9.5   -       0.6.3   1.2.2   7.5.0   0.10.0  0.9.12  0.6.3',
  CONNECT_GET_CAPABILITIES:                   '0.2.1   0.9.0   0.6.5   0.7.1   6.9.0   -       0.6.3   1.2.2   7.5.0   0.10.0  0.4.6   0.2.1',
  NODE_GET_INFO:                              '0.2.0   0.9.0   0.6.5   0.7.0   0.9.5   -       0.6.3   1.2.3   7.5.0   0.10.0  0.3.2   0.1.1',
  NODE_GET_CPU_STATS:                         '0.9.3   -       0.9.3   -       -       -       -       1.2.2   -       1.2.21  0.9.12  2.3.0',
  NODE_GET_MEMORY_STATS:                      '0.9.3   -       0.9.3   -       -       -       -       1.2.2   -       1.2.21  0.9.12  -',
  NODE_GET_FREE_MEMORY:                       '0.4.4   0.9.0   0.6.5   0.7.2   6.9.0   -       0.6.5   1.2.3   -       1.2.21  0.9.12  2.3.0',
  NODE_GET_CELLS_FREE_MEMORY:                 '0.4.4   1.1.1   0.6.5   -       -       -       0.6.5   -       -       1.2.21  0.9.12  0.4.2',
  NODE_GET_FREE_PAGES:                        '1.2.6   -       1.2.6   -       -       -       1.2.6   -       -       -       -       2.3.0',
  DOMAIN_GET_INFO:                            '0.2.0   0.9.0   0.4.2   0.7.0   0.9.5   0.8.7   0.6.3   1.2.2   7.5.0   0.10.0  0.3.1   0.1.1',
  DOMAIN_GET_XML_DESC:                        '0.2.0   0.9.0   0.4.2   0.7.0   0.9.5   0.8.7   0.6.3   1.2.2   7.5.0   0.10.0  0.4.6   0.1.4',
  DOMAIN_MEMORY_STATS:                        '0.7.5   1.3.0   1.2.2   -       -       -       -       11.7.0  -       1.2.17  -       5.7.0',
  DOMAIN_BLOCK_STATS:                         '0.4.1   2.1.0   1.2.2   -       -       -       -       11.7.0  -       1.2.17  -       0.7.0',
  DOMAIN_INTERFACE_STATS:                     '0.4.1   1.3.2   0.7.3   -       -       -       -       11.7.0  -       1.2.17  0.9.12  0.7.0',
  DOMAIN_GET_VCPUS:                           '0.4.4   0.9.0   -       -       6.10.0  -       -       -       8.0.0   1.2.6   -       0.7.3',
  DOMAIN_GET_JOB_STATS:                       '1.0.3   1.3.1   -       -       -       -       -       -       -       2.2.0   -       -',
  DOMAIN_GET_BLOCK_JOB_INFO:                  '0.9.4   -       -       -       -       -       -       -       -       -       -       -',
  DOMAIN_GET_DISK_ERRORS:                     '0.9.10  -       -       -       -       -       -       -       -       -       -       5.4.0',
  // From leases and the ARP table. ESX (6.8.0) and Hyper-V (12.1.0) know what a guest agent says alone.
  DOMAIN_INTERFACE_ADDRESSES:                 '1.2.14  1.3.5   6.1.0   -       -       -       -       12.3.0  -       -       -       5.4.0',
  DOMAIN_GET_GUEST_INFO:                      '5.7.0   -       -       -       12.3.0  -       -       -       -       -       -       -',
  DOMAIN_LIST_ALL_SNAPSHOTS:                  '0.9.13  -       -       -       12.2.0  -       -       -       -       1.3.5   -       1.1.4',
  DOMAIN_LIST_ALL_CHECKPOINTS:                '5.6.0   -       -       -       -       -       -       -       -       -       -       5.6.0',
  DOMAIN_SCREENSHOT:                          '0.9.2   -       -       1.2.10  7.1.0   -       0.9.2   -       -       -       -       1.0.5',
  DOMAIN_OPEN_CONSOLE:                        '0.8.6   1.1.2   0.8.6   -       -       -       -       1.2.4   7.8.0   -       -       -',
  DOMAIN_SEND_KEY:                            '0.9.4   -       -       -       3.6.0   -       1.2.15  -       -       -       -       5.5.0',
  DOMAIN_CREATE:                              '0.2.0   0.9.0   0.4.4   0.7.0   0.9.5   0.8.7   0.6.3   1.2.2   7.5.0   0.10.0  0.3.1   0.1.11',
  DOMAIN_SHUTDOWN:                            '0.2.0   0.9.0   1.0.1   0.7.0   6.9.0   0.8.7   0.6.3   1.3.3   7.5.0   0.10.0  0.3.1   0.1.1',
  DOMAIN_REBOOT:                              '0.9.3   0.9.0   1.0.1   0.7.0   6.9.0   0.8.7   0.6.3   12.5.0  7.5.0   1.3.0   0.3.1   0.1.1',
  DOMAIN_RESET:                               '0.9.7   -       -       -       6.9.0   -       -       -       -       3.1.0   -       5.7.0',
  DOMAIN_SUSPEND:                             '0.2.0   0.9.0   0.7.2   0.7.0   0.9.5   0.8.7   0.6.3   -       7.5.0   0.10.0  0.8.3   0.1.1',
  DOMAIN_RESUME:                              '0.2.0   0.9.0   0.7.2   0.7.0   0.9.5   0.8.7   0.6.3   -       7.5.0   0.10.0  0.8.3   0.1.1',
  DOMAIN_DESTROY:                             '0.2.0   0.9.0   0.4.4   0.7.0   0.9.5   0.8.7   0.6.3   1.2.2   7.5.0   0.10.0  0.3.1   0.1.1',
  DOMAIN_MANAGED_SAVE:                        '0.8.0   0.9.2   -       -       0.9.5   -       -       -       -       1.2.14  -       1.1.4',
  DOMAIN_MANAGED_SAVE_REMOVE:                 '0.8.0   0.9.2   -       -       0.9.5   -       -       -       -       1.2.14  -       1.1.4',
  DOMAIN_INJECT_NMI:                          '0.9.2   -       -       -       -       -       -       -       -       -       -       5.6.0',
  DOMAIN_SET_AUTOSTART:                       '0.2.1   0.9.0   0.7.0   0.9.0   6.9.0   -       -       1.2.4   -       -       0.4.6   0.3.2',
} as const;

/** A call of which it is known which drivers have it. */
export type DriverCall = keyof typeof SINCE;

const COLUMNS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(SINCE).map(([call, columns]) => [call, columns.split(/ +/)]),
);

/** All of them. */
export const DRIVER_CALLS: readonly DriverCall[] = Object.keys(SINCE) as DriverCall[];

/** The version of libvirt since when a driver has a call; undefined where it lacks it. */
export function callSince(driver: DriverName, call: DriverCall): string | undefined {
  const since = COLUMNS.get(call)?.[DRIVER_NAMES.indexOf(driver)];
  return since === '-' ? undefined : since;
}

/**
 * Whether it is known that a driver lacks a call: false also for a driver, a call or a libvirt that is not known.
 * @param driver as CONNECT_GET_TYPE names it: "QEMU", "Hyper-V"
 * @param libvirtVersion the daemon's; without it the newest known
 */
export function driverLacks(driver: string, libvirtVersion: string | undefined, call: string): boolean {
  const name = DRIVER_NAMES.find((known) => known === driver.toLowerCase());
  const column = name === undefined ? undefined : COLUMNS.get(call)?.[DRIVER_NAMES.indexOf(name)];
  if (name === undefined || column === undefined) return false;
  if (column !== '-') return libvirtVersion !== undefined && isOlder(libvirtVersion, column);
  return libvirtVersion === undefined || !isOlder(KNOWN_UP_TO[name] ?? KNOWN_UP_TO.others, libvirtVersion);
}

function isOlder(a: string, b: string): boolean {
  const [left, right] = [numbers(a), numbers(b)];
  const index = left.findIndex((number, i) => number !== right[i]);
  return (left[index] ?? 0) < (right[index] ?? 0);
}

function numbers(version: string): readonly number[] {
  const [major = 0, minor = 0, micro = 0] = version.split('.').map(Number);
  return [major, minor, micro];
}
