// SPDX-License-Identifier: Apache-2.0
// What a guest agent said (DOMAIN_GET_GUEST_INFO) as small typed facts. The guest wrote it: it may say anything, of any
// length and as often as it likes, so every list is bounded and every value checked.

import type { GuestInterface } from '@vireo/libvirt';
import { given } from '../xml/element-values.ts';
import { ADDRESSES_MAX, ownAddresses } from './interface-addresses.ts';
import type { GuestFileSystem, GuestReport } from './observations.ts';
import type { DomainSnapshot } from './snapshot.ts';

/** File systems taken of one guest; those that follow are left out. */
const FILE_SYSTEMS_MAX = 64;
/** Interfaces looked at; a guest full of containers has hundreds. */
const INTERFACES_MAX = 256;
/** Longest text kept, in characters. */
const TEXT_MAX = 256;

type Fields = ReadonlyMap<string, number | string | boolean>;

/** Reads an answer. */
export function readGuestReport(fields: Fields, domain: DomainSnapshot): GuestReport {
  const fileSystems = readFileSystems(fields);
  const addresses = fields.has('if.count')
    ? ownAddresses(domain, readInterfaces(fields), 'agent').slice(0, ADDRESSES_MAX)
    : undefined;
  return {
    responding: true,
    ...given('hostname', text(fields, 'hostname')),
    ...given('osId', text(fields, 'os.id')),
    ...given('osName', text(fields, 'os.pretty-name') ?? text(fields, 'os.name')),
    ...given('osVersionId', text(fields, 'os.version-id')),
    ...given('kernelRelease', text(fields, 'os.kernel-release')),
    ...given('machine', text(fields, 'os.machine')),
    ...given('timezone', text(fields, 'timezone.name')),
    ...given('timezoneOffsetSeconds', number(fields, 'timezone.offset')),
    ...given('userCount', number(fields, 'user.count')),
    ...given('fileSystems', fileSystems),
    ...given('addresses', addresses),
  };
}

function readFileSystems(fields: Fields): readonly GuestFileSystem[] | undefined {
  if (!fields.has('fs.count')) return undefined;
  const found = new Map<string, GuestFileSystem>();
  for (let i = 0; i < count(fields, 'fs.count', FILE_SYSTEMS_MAX); i++) {
    const at = `fs.${String(i)}`;
    const mountPoint = text(fields, `${at}.mountpoint`);
    // What is mounted last over another hides it, and that is what the guest's own tools show.
    if (mountPoint === undefined) continue;
    found.set(mountPoint, {
      mountPoint,
      ...given('device', text(fields, `${at}.name`)),
      ...given('type', text(fields, `${at}.fstype`)),
      ...given('totalBytes', number(fields, `${at}.total-bytes`)),
      ...given('usedBytes', number(fields, `${at}.used-bytes`)),
    });
  }
  return [...found.values()];
}

function readInterfaces(fields: Fields): readonly Pick<GuestInterface, 'mac' | 'addresses'>[] {
  return Array.from({ length: count(fields, 'if.count', INTERFACES_MAX) }, (_, i) => {
    const at = `if.${String(i)}`;
    const addresses = Array.from({ length: count(fields, `${at}.addr.count`, ADDRESSES_MAX) }, (__, j) => {
      const address = text(fields, `${at}.addr.${String(j)}.addr`);
      const family = fields.get(`${at}.addr.${String(j)}.type`) === 'ipv6' ? ('ipv6' as const) : ('ipv4' as const);
      return address === undefined ? [] : [{ family, address, prefixLength: 0 }];
    }).flat();
    return { mac: text(fields, `${at}.hwaddr`) ?? null, addresses };
  });
}

function count(fields: Fields, key: string, max: number): number {
  return Math.min(number(fields, key) ?? 0, max);
}

function number(fields: Fields, key: string): number | undefined {
  const value = fields.get(key);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function text(fields: Fields, key: string): string | undefined {
  const value = fields.get(key);
  return typeof value === 'string' && value !== '' ? value.slice(0, TEXT_MAX) : undefined;
}
