// SPDX-License-Identifier: Apache-2.0
// What runs inside a domain, as its guest agent, its DHCP server or the host's ARP table tell. An agent may not answer
// (VIR_ERR_AGENT_UNRESPONSIVE) or not be configured (VIR_ERR_ARGUMENT_UNSUPPORTED).

import {
  DOMAIN_GET_FSINFO,
  DOMAIN_GET_GUEST_INFO,
  DOMAIN_GET_HOSTNAME,
  DOMAIN_GET_TIME,
  DOMAIN_INTERFACE_ADDRESSES,
} from '../protocol/domain-details.ts';
import { typedParamMap } from '../protocol/typed-params.ts';
import type { DomainRef } from '../protocol/types.ts';
import type { CallOptions, RpcClient } from '../rpc/rpc-client.ts';
import { SLOW_MS, flagBits } from './units.ts';
import type { FlagOptions } from './units.ts';

// virDomainGuestInfoTypes
const INFO_TYPES = {
  users: 1,
  os: 2,
  timezone: 4,
  hostname: 8,
  filesystem: 16,
  disks: 32,
  interfaces: 64,
  load: 128,
} as const;
/** What is asked; none is everything the agent knows. */
export type GuestInfoTypes = FlagOptions<typeof INFO_TYPES>;

// virDomainInterfaceAddressesSource
const SOURCES = { lease: 0, agent: 1, arp: 2 } as const;

/** An interface of a guest. */
export interface GuestInterface {
  /** 'vnet0', or the guest's own name when the agent says it. */
  readonly name: string;
  readonly mac: string | null;
  readonly addresses: readonly {
    readonly family: 'ipv4' | 'ipv6';
    readonly address: string;
    readonly prefixLength: number;
  }[];
}

/** A mounted file system of a guest. */
export interface GuestFileSystem {
  readonly mountPoint: string;
  readonly name: string;
  readonly type: string;
  /** 'vda' */
  readonly targets: readonly string[];
}

/** Guests. All but addresses from leases and ARP wants a read-write connection and an agent in the guest. */
export class GuestsApi {
  readonly #rpc: RpcClient;

  constructor(rpc: RpcClient) {
    this.#rpc = rpc;
  }

  /** By libvirt's names: 'os.pretty-name', 'user.0.name', 'fs.0.used-bytes', ... 64-bit values as doubles. */
  async info(
    dom: DomainRef,
    types: GuestInfoTypes = {},
    options?: CallOptions,
  ): Promise<ReadonlyMap<string, number | string | boolean>> {
    const args = { dom, types: flagBits(INFO_TYPES, types), flags: 0 };
    return typedParamMap((await this.#rpc.call(DOMAIN_GET_GUEST_INFO, args, agent(options))).params);
  }

  /** Addresses: what DHCP gave out, what the agent says, or what the host's ARP table holds. */
  async interfaces(
    dom: DomainRef,
    source: keyof typeof SOURCES,
    options?: CallOptions,
  ): Promise<readonly GuestInterface[]> {
    const args = { dom, source: SOURCES[source], flags: 0 };
    const { ifaces } = await this.#rpc.call(DOMAIN_INTERFACE_ADDRESSES, args, agent(options));
    return ifaces.map(({ name, hwaddr, addrs }) => ({
      name,
      mac: hwaddr,
      addresses: addrs.map(({ type, addr, prefix }) => ({
        family: type === 0 ? 'ipv4' : 'ipv6',
        address: addr,
        prefixLength: prefix,
      })),
    }));
  }

  async fileSystems(dom: DomainRef, options?: CallOptions): Promise<readonly GuestFileSystem[]> {
    const { info } = await this.#rpc.call(DOMAIN_GET_FSINFO, { dom, flags: 0 }, agent(options));
    return info.map(({ mountpoint, name, fstype, dev_aliases }) => ({
      mountPoint: mountpoint,
      name,
      type: fstype,
      targets: dev_aliases,
    }));
  }

  async hostname(dom: DomainRef, options?: CallOptions): Promise<string> {
    return (await this.#rpc.call(DOMAIN_GET_HOSTNAME, { dom, flags: 0 }, agent(options))).hostname;
  }

  /** The guest's clock. */
  async time(dom: DomainRef, options?: CallOptions): Promise<Date> {
    const { seconds, nseconds } = await this.#rpc.call(DOMAIN_GET_TIME, { dom, flags: 0 }, agent(options));
    return new Date(Number(seconds) * 1000 + nseconds / 1e6);
  }
}

/** Agents answer late or never, so they must not hold up anything else. */
function agent(options: CallOptions | undefined): CallOptions {
  return { deadlineMs: SLOW_MS, lane: 'bulk', ...options };
}
