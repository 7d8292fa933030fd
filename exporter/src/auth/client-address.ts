// SPDX-License-Identifier: Apache-2.0
// Whose address a request comes from, when proxies stand between, and which addresses count as one.

import { BlockList, isIP } from 'node:net';

/** Most entries of `X-Forwarded-For` looked at, from its end. */
const HOPS_MAX = 20;
const IPV4_MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** Reads `X-Forwarded-For` as far as it comes from proxies that are trusted. */
export class ClientAddress {
  readonly #trusted = new BlockList();

  /** @param trustedProxies IP addresses and networks, as the configuration checked them */
  constructor(trustedProxies: readonly string[]) {
    for (const proxy of trustedProxies) {
      const [address = '', prefix] = proxy.split('/');
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      if (prefix === undefined) this.#trusted.addAddress(address, family);
      else this.#trusted.addSubnet(address, Number(prefix), family);
    }
  }

  /**
   * The address that a trusted proxy saw, else that of the connection; `unknown` when the connection is gone. Entries
   * left of one that no trusted proxy wrote are whatever the client likes.
   */
  of(socketAddress: string | undefined, forwardedFor: string | undefined): string {
    let address = plain(socketAddress ?? '');
    if (address === undefined) return 'unknown';
    const hops = (forwardedFor ?? '').split(',').slice(-HOPS_MAX).reverse();
    for (const hop of hops) {
      if (!this.#trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')) return address;
      const before = plain(hop.trim());
      if (before === undefined) return address;
      address = before;
    }
    return address;
  }
}

/** Without the form of IPv4 that sockets of IPv6 show, and without a zone; absent for what is no address. */
function plain(text: string): string | undefined {
  const [address = ''] = (IPV4_MAPPED.exec(text)?.[1] ?? text).split('%');
  return isIP(address) === 0 ? undefined : address;
}

/**
 * What failures are counted by: an IPv4 address, or the /64 of an IPv6 one, since who has one address of it has them
 * all.
 */
export function failureKey(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = address.toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const after = tail === '' ? [] : tail.split(':');
    // A dotted end stands for two groups.
    const count = after.length + (tail.includes('.') ? 1 : 0);
    groups.push(...Array.from({ length: Math.max(0, 8 - groups.length - count) }, () => '0'), ...after);
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
