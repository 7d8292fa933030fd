// SPDX-License-Identifier: Apache-2.0
// The fleet behind `vireo --demo`: four hosts, of which three answer, with one stuck domain. Everything is in this
// process and on private sockets.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { FakeDaemon } from './fake-daemon.ts';
import { simulatedFleet } from './simulated/fleet.ts';

/** A fleet that runs. */
export interface DemoFleet {
  /** What to connect to, and under which name. */
  readonly hosts: readonly { readonly name: string; readonly uri: string }[];
  /** Ends all of it. */
  close(): Promise<void>;
}

/**
 * Starts a small simulated fleet on unix sockets in a private directory: `demo-kvm-1` to `demo-kvm-3` answer,
 * `demo-kvm-4` is a host nobody reaches, and `queue-3` on `demo-kvm-3` does not answer its daemon.
 */
export async function startDemoFleet(): Promise<DemoFleet> {
  const simulated = simulatedFleet();
  const [, , third] = simulated;
  third?.freeze('queue-3');
  const daemons = await Promise.all(simulated.map((host) => FakeDaemon.listen({ host })));
  const nowhere = await mkdtemp(join(tmpdir(), 'vireo-demo-'));
  const lostUri = `qemu+unix:///system?socket=${encodeURIComponent(join(nowhere, 'libvirt-sock'))}`;
  return {
    hosts: [
      ...daemons.map((daemon, index) => ({ name: simulated[index]?.spec.hostname ?? '', uri: daemon.uri })),
      { name: `demo-kvm-${String(daemons.length + 1)}`, uri: lostUri },
    ],
    close: async () => {
      for (const host of simulated) host.close();
      await Promise.all([...daemons.map((daemon) => daemon.close()), rm(nowhere, { recursive: true, force: true })]);
    },
  };
}
