// SPDX-License-Identifier: Apache-2.0
// The simulated fleet in processes of its own, so that what it costs is not counted as ours. This file is both sides:
// the bench imports it, and each process runs it.
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startDemoFleet } from '@vireo/libvirt/testing';

/** A host to connect to. */
export interface FleetHost {
  readonly name: string;
  readonly uri: string;
}

/** A fleet that runs elsewhere. */
export interface FleetElsewhere {
  readonly hosts: readonly FleetHost[];
  close(): Promise<void>;
}

/** As many daemons one process serves. */
const HOSTS_PER_PROCESS = 250;

/** Starts `hosts` simulated hosts of `domainsPerHost` domains each. */
export async function startFleetElsewhere(hosts: number, domainsPerHost: number): Promise<FleetElsewhere> {
  const processes: ChildProcess[] = [];
  const found: FleetHost[] = [];
  for (let from = 0; from < hosts; from += HOSTS_PER_PROCESS) {
    const count = Math.min(HOSTS_PER_PROCESS, hosts - from);
    const child = fork(fileURLToPath(import.meta.url), [String(count), String(domainsPerHost), `sim-${String(from)}-`]);
    processes.push(child);
    const [answer] = await new Promise<[readonly FleetHost[]]>((resolve, reject) => {
      child.once('message', (message) => {
        resolve([message as readonly FleetHost[]]);
      });
      child.once('exit', (code) => {
        reject(new Error(`the fleet's process ended with ${String(code)}`));
      });
    });
    found.push(...answer);
  }
  return {
    hosts: found,
    close: async () => {
      await Promise.all(
        processes.map(async (child) => {
          const ended = new Promise((resolve) => child.once('exit', resolve));
          child.disconnect();
          await ended;
        }),
      );
    },
  };
}

if (process.send !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , hosts, domainsPerHost, namePrefix] = process.argv;
  const fleet = await startDemoFleet({
    hosts: Number(hosts),
    domainsPerHost: Number(domainsPerHost),
    namePrefix: namePrefix ?? 'sim-',
  });
  process.once('disconnect', () => {
    void fleet.close().then(() => process.exit(0));
  });
  process.send(fleet.hosts);
}
