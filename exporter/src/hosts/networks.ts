// SPDX-License-Identifier: Apache-2.0
// Virtual networks: which there are, by filtered lists, and what the DHCP server of each active one gave out.

import { RemoteError } from '@vireo/libvirt';
import type { CallOptions, Connection, DhcpLease } from '@vireo/libvirt';
import { forEachBounded } from './bounded.ts';
import { isHung } from './hung-calls.ts';
import type { PoolSource } from './pools.ts';
import type { NetworkSnapshot } from './snapshot.ts';

/** Leases of one network that are kept one by one. */
const LEASES_MAX = 256;

/**
 * Every network of the host; one that does not answer in time is there without bridge and leases.
 *
 * @param withLeases keeps the first leases of each network, by address, besides their number
 */
export async function fetchNetworks(
  { acquire, hung }: PoolSource,
  withLeases: boolean,
  options: CallOptions,
): Promise<readonly NetworkSnapshot[]> {
  const [all, active, autostart, persistent] = await hung.run(
    'lists of networks',
    acquire,
    async ({ networks }) =>
      [
        await networks.list({}, options),
        uuids(await networks.list({ active: true }, options)),
        uuids(await networks.list({ autostart: true }, options)),
        uuids(await networks.list({ persistent: true }, options)),
      ] as const,
  );
  const found: NetworkSnapshot[] = [];
  await forEachBounded(all, 2, async (network) => {
    const { uuid, name } = network;
    const ask = async <T>(what: string, question: (connection: Connection) => Promise<T>): Promise<T | undefined> => {
      try {
        return await hung.run(`${what} of network ${uuid}`, acquire, question);
      } catch (error) {
        // It has no bridge or no DHCP server, or went away between the list and the question.
        if (error instanceof RemoteError || isHung(error)) return undefined;
        throw error;
      }
    };
    const isActive = active.has(uuid);
    const bridge = await ask('bridge', ({ networks }) => networks.bridgeName(network, options));
    const leases = isActive ? await ask('leases', ({ networks }) => networks.leases(network, options)) : undefined;
    found.push({
      uuid,
      name,
      active: isActive,
      autostart: autostart.has(uuid),
      persistent: persistent.has(uuid),
      ...(bridge === undefined ? {} : { bridge }),
      ...(leases === undefined ? {} : { leases: leases.length }),
      ...(leases === undefined || !withLeases ? {} : { leaseList: byAddress(leases).slice(0, LEASES_MAX) }),
    });
  });
  return found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Without addresses that come twice, as a lease that was renewed while the list was made. */
function byAddress(leases: readonly DhcpLease[]): readonly DhcpLease[] {
  const unique = new Map(leases.map((lease) => [lease.address, lease]));
  return [...unique.values()].toSorted((a, b) => (a.address < b.address ? -1 : 1));
}

function uuids(networks: readonly { readonly uuid: string }[]): ReadonlySet<string> {
  return new Set(networks.map(({ uuid }) => uuid));
}
