// SPDX-License-Identifier: Apache-2.0
// IP addresses of guests as their host knows them: what a DHCP server of libvirt gave out, and what the host's ARP table
// holds. Neither asks the guest nor its monitor, but both hold the domain's lock while they look.

import { RemoteError } from '@vireo/libvirt';
import type { GuestInterface } from '@vireo/libvirt';
import { observeEach } from './domain-calls.ts';
import type { DomainCallsContext } from './domain-calls.ts';
import { DomainRounds } from './domain-rounds.ts';
import { isUnsupported } from './driver-support.ts';
import type { InterfaceAddress } from './observations.ts';
import type { DomainSnapshot } from './snapshot.ts';

/** Addresses shown of one domain: a guest may take as many as it likes. */
export const ADDRESSES_MAX = 64;

/** Interfaces whose traffic the host does not see: no address of theirs is in its tables. */
const UNSEEN: ReadonlySet<string> = new Set([
  'user',
  'hostdev',
  'vhostuser',
  'vdpa',
  'null',
  'udp',
  'client',
  'server',
]);

/** Reads the addresses of one host's domains. */
export class InterfaceAddresses {
  /** Whose turn it is; an event puts its domain first. */
  readonly rounds: DomainRounds;
  readonly #context: DomainCallsContext;
  /** Tables this connection's driver has not, as it said once: Xen's knows leases alone. */
  readonly #missing = new Set<'lease' | 'arp'>();

  constructor(context: DomainCallsContext) {
    this.#context = context;
    this.rounds = new DomainRounds(context);
  }

  /** Rejects with the first failure; of a domain that did not answer nothing is shown. */
  async refresh(): Promise<'not due' | undefined> {
    const { domains } = this.#context;
    const due = this.rounds.due(domains.active().filter((domain) => this.#sources(domain).length > 0));
    const procedure = 'DOMAIN_INTERFACE_ADDRESSES';
    return await observeEach(this.#context, due, procedure, 'addresses', async (connection, domain, options) => {
      this.rounds.asked(domain.uuid);
      const found: InterfaceAddress[] = [];
      let isKnown = false;
      for (const source of this.#sources(domain)) {
        try {
          found.push(...ownAddresses(domain, await connection.guests.interfaces(domain, source, options), source));
          isKnown = true;
        } catch (error) {
          if (isUnreadTable(error)) continue;
          if (!isUnsupported(error) || (error instanceof Error && error.name === 'VIR_ERR_NO_SUPPORT')) throw error;
          this.#missing.add(source);
        }
      }
      return isKnown ? found.slice(0, ADDRESSES_MAX) : undefined;
    });
  }

  #sources(domain: DomainSnapshot): readonly ('lease' | 'arp')[] {
    return sources(domain).filter((source) => !this.#missing.has(source));
  }
}

/**
 * What libvirt 9.0 says of every domain of a host whose kernel is newer than it (seen with Linux 6.18): it takes a message
 * of the kernel's ARP table for a torn one. Nobody can mend that at the host, so it is no failure of the poll.
 */
function isUnreadTable(error: unknown): boolean {
  return error instanceof RemoteError && error.name === 'VIR_ERR_INTERNAL_ERROR' && error.message.includes('nlmsg len');
}

/** Only libvirt's own networks have leases. */
function sources({ xml }: DomainSnapshot): readonly ('lease' | 'arp')[] {
  const types = (xml?.interfaces ?? []).map(({ type }) => type).filter((type) => !UNSEEN.has(type));
  if (types.length === 0) return [];
  return types.includes('network') ? ['lease', 'arp'] : ['arp'];
}

/** The addresses of interfaces that the domain's XML has, each once; a guest's bridges and loopback are its own affair. */
export function ownAddresses(
  { xml }: DomainSnapshot,
  interfaces: readonly Pick<GuestInterface, 'mac' | 'addresses'>[],
  source: InterfaceAddress['source'],
): readonly InterfaceAddress[] {
  const own = new Set((xml?.interfaces ?? []).map(({ macAddress }) => macAddress));
  const found = new Map<string, InterfaceAddress>();
  for (const { mac, addresses } of interfaces) {
    const lower = mac?.toLowerCase();
    if (lower === undefined || !own.has(lower)) continue;
    for (const { family, address } of addresses) {
      found.set(`${lower} ${address}`, { mac: lower, family, address, source });
    }
  }
  return [...found.values()];
}
