// SPDX-License-Identifier: Apache-2.0
// The fleet behind `vireo --demo`: hosts of four hypervisors on which things happen, one that nobody reaches, and a stuck
// domain. Everything is in this process and on private sockets.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { FakeDaemon } from './fake-daemon.ts';
import { driverOf } from './simulated/drivers.ts';
import { simulatedFleet } from './simulated/fleet.ts';
import type { SimulatedHost } from './simulated/host.ts';
import { startLife } from './simulated/life.ts';

/** A fleet that runs. */
export interface DemoFleet {
  /** What to connect to, and under which name. */
  readonly hosts: readonly { readonly name: string; readonly uri: string }[];
  /** Ends all of it. */
  close(): Promise<void>;
}

/** How large a fleet. */
export interface DemoFleetSize {
  readonly hosts: number;
  readonly domainsPerHost: number;
  /** Host names are this and a number; default `demo-kvm-`. */
  readonly namePrefix?: string;
}

/** Something happens at each host this often. */
const LIFE = { meanMs: 20_000, pauseMs: 15_000 };

/**
 * Starts a simulated fleet on unix sockets in private directories. Without a size it is the demonstration: `demo-kvm-1`
 * to `demo-kvm-3`, `demo-xen-1`, `demo-lxc-1` and `demo-esx-1` answer, each as its driver can; `demo-kvm-4` is a host
 * nobody reaches, and `queue-3` on `demo-kvm-3` does not answer its daemon. With a size all hosts are QEMU's and answer,
 * and nothing happens by itself: for measurements.
 */
export async function startDemoFleet(size?: DemoFleetSize): Promise<DemoFleet> {
  if (size !== undefined) return serve(simulatedFleet(size), []);
  const kvm = simulatedFleet();
  const others = [
    simulatedFleet({ driver: 'Xen', namePrefix: 'demo-xen-', hosts: 1, domainsPerHost: 8, after: 3 }),
    simulatedFleet({ driver: 'LXC', namePrefix: 'demo-lxc-', hosts: 1, domainsPerHost: 10, after: 4 }),
    simulatedFleet({ driver: 'ESX', namePrefix: 'demo-esx-', hosts: 1, domainsPerHost: 6, after: 5 }),
  ];
  kvm[2]?.freeze('queue-3');
  const all = [...kvm, ...others.flat()];
  for (const host of all) startLife(host, LIFE);
  return serve(all, ['demo-kvm-4']);
}

async function serve(simulated: readonly SimulatedHost[], lost: readonly string[]): Promise<DemoFleet> {
  const daemons = await Promise.all(simulated.map((host) => FakeDaemon.listen({ host })));
  const nowhere = await mkdtemp(join(tmpdir(), 'vireo-demo-'));
  const lostUri = `qemu+unix:///system?socket=${encodeURIComponent(join(nowhere, 'libvirt-sock'))}`;
  return {
    hosts: [
      ...simulated.map((host, index) => ({
        name: host.spec.hostname,
        uri: (daemons[index]?.uri ?? '').replace(/^qemu/u, driverOf(host).scheme),
      })),
      ...lost.map((name) => ({ name, uri: lostUri })),
    ],
    close: async () => {
      for (const host of simulated) host.close();
      await Promise.all([...daemons.map((daemon) => daemon.close()), rm(nowhere, { recursive: true, force: true })]);
    },
  };
}
