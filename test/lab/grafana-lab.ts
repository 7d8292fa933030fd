// SPDX-License-Identifier: Apache-2.0
// What a journey through the Grafana app needs: a real libvirtd with QEMU domains, a host that nobody reaches, and the
// app over both (grafana-app.ts).
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { defineDomains, startDomains } from './domains.ts';
import { startGrafanaApp } from './grafana-app.ts';
import type { AppHost, GrafanaApp } from './grafana-app.ts';
import { openLab } from './lab.ts';
import type { Lab } from './lab.ts';
import { startLibvirtd } from './libvirtd.ts';
import type { Libvirtd } from './libvirtd.ts';
import { waitFor } from './wait-for.ts';

/** The hosts: one that is up and one that nobody reaches. */
export const HOSTS = { up: 'kvm1', lost: 'kvm2' } as const;

/** The domains of {@link HOSTS}.up; their guests ignore a shutdown. `spare` is off. */
export const DOMAINS = ['web-1', 'web-2', 'deaf', 'spare'] as const;

/** The storage pool of {@link HOSTS}.up. */
export const POOL = 'images';

/** See the head of this file. */
export interface GrafanaLab extends GrafanaApp {
  readonly lab: Lab;
  readonly libvirtd: Libvirtd;
  /** The state of a domain as virsh tells it. */
  state(name: string): Promise<string>;
  /** Waits until virsh tells this state. */
  becomes(name: string, state: string): Promise<void>;
  uuidOf(name: string): Promise<string>;
  /** The page of a domain in the app. */
  pathOf(name: string): Promise<string>;
}

/** Opens it. Closing `lab` closes everything. */
export async function openGrafanaLab(): Promise<GrafanaLab> {
  const lab = await openLab();
  try {
    return await furnish(lab);
  } catch (error) {
    await lab.close();
    throw error;
  }
}

async function furnish(lab: Lab): Promise<GrafanaLab> {
  const starting = startLibvirtd(lab);
  const app = await startGrafanaApp(
    lab,
    starting.then(async (daemon) => await populate(lab, daemon)),
  );
  const libvirtd = await starting;
  await waitFor(async () => (await app.prometheus.query('libvirt_domain_info')).length === DOMAINS.length, {
    what: 'Prometheus has every domain',
    deadlineMs: 30_000,
    intervalMs: 200,
  });

  async function state(name: string): Promise<string> {
    return (await libvirtd.virsh('domstate', name)).trim();
  }

  async function uuidOf(name: string): Promise<string> {
    return (await libvirtd.virsh('domuuid', name)).trim();
  }

  return {
    ...app,
    lab,
    libvirtd,
    state,
    becomes: async (name, wanted) => {
      await waitFor(async () => (await state(name)) === wanted, {
        what: `${name} is ${wanted}`,
        deadlineMs: 30_000,
        intervalMs: 50,
      });
    },
    uuidOf,
    pathOf: async (name) => `/hosts/${HOSTS.up}/domains/${await uuidOf(name)}`,
  };
}

/** Gives the daemon its pool and domains, and the hosts to watch. */
async function populate(lab: Lab, libvirtd: Libvirtd): Promise<readonly AppHost[]> {
  const pool = join(lab.directory, 'pool');
  await mkdir(pool, { recursive: true });
  await libvirtd.virsh('pool-create-as', POOL, 'dir', '--target', pool);
  await defineDomains(lab, libvirtd, ['spare']);
  await startDomains(lab, libvirtd, ['web-1', 'web-2', 'deaf']);
  return [
    { name: HOSTS.up, uri: 'qemu:///system' },
    { name: HOSTS.lost, uri: 'qemu+tcp://127.0.0.1:9/system' },
  ];
}
