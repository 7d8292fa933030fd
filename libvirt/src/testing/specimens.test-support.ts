// SPDX-License-Identifier: Apache-2.0
// Plain specimens for the tests of this room.

import { parseConnectionUri } from '../uri.ts';
import type { DomainSpec, HostSpec } from './simulated/spec.ts';

/** A running domain with one of everything. */
export function domainSpec(overrides: Partial<DomainSpec> = {}): DomainSpec {
  return {
    name: 'one',
    uuid: '11111111-1111-4111-8111-111111111111',
    state: 1,
    reason: 1,
    persistent: true,
    autostart: false,
    managedSave: false,
    vcpuCount: 2,
    vcpuMaximum: 4,
    memoryKiB: 65_536,
    load: 0.5,
    uptimeSeconds: 100,
    disks: [
      {
        target: 'vda',
        device: 'disk',
        path: '/images/one.qcow2',
        format: 'qcow2',
        capacityBytes: 67_108_864,
        readBytesPerSecond: 1_000_000,
        writeBytesPerSecond: 500_000,
      },
      {
        target: 'sda',
        device: 'cdrom',
        format: 'raw',
        capacityBytes: 0,
        readBytesPerSecond: 0,
        writeBytesPerSecond: 0,
      },
    ],
    nics: [{ mac: '52:54:00:aa:bb:01', source: { bridge: 'br0' }, rxBytesPerSecond: 10_000, txBytesPerSecond: 5000 }],
    graphics: 'vnc',
    iothreadCount: 1,
    balloonDriver: false,
    obedience: 'obeys',
    job: null,
    driver: 'QEMU',
    ...overrides,
  };
}

/** A small host, without pools and networks. */
export function hostSpec(overrides: Partial<HostSpec> = {}): HostSpec {
  return {
    hostname: 'specimen',
    driver: 'QEMU',
    libvirtVersion: 9_000_000,
    hypervisorVersion: 7_002_022,
    cpuModel: 'x86_64',
    cpuCount: 2,
    mhz: 2600,
    memoryKiB: 5_073_100,
    uptimeSeconds: 1000,
    domains: [domainSpec()],
    pools: [],
    networks: [],
    ...overrides,
  };
}

/** The socket file of a fake daemon's URI. */
export function socketPath(uri: string): string {
  const { socket } = parseConnectionUri(uri).params;
  if (socket === undefined) throw new Error(`${uri} names no socket`);
  return socket;
}
