// SPDX-License-Identifier: Apache-2.0
// The filter bits of lists: bits of one group are alternatives, groups must all agree.

import { VIR_DOMAIN_STATE as STATE } from '../../protocol/enums.ts';
import type { SimulatedDomain } from './domain.ts';

/** One filter group: each bit with what it asks. */
type Group<T> = readonly (readonly [bit: number, test: (thing: T) => boolean])[];

/** Whether something passes. */
export function passes<T>(thing: T, flags: number, groups: readonly Group<T>[]): boolean {
  return groups.every((group) => {
    const asked = group.filter(([bit]) => (flags & bit) !== 0);
    return asked.length === 0 || asked.some(([, test]) => test(thing));
  });
}

const isOther = (domain: SimulatedDomain): boolean =>
  domain.state !== STATE.VIR_DOMAIN_RUNNING &&
  domain.state !== STATE.VIR_DOMAIN_PAUSED &&
  domain.state !== STATE.VIR_DOMAIN_SHUTOFF;

/** virConnectListAllDomainsFlags; the first 8 bits filter bulk statistics too. */
export const DOMAIN_FILTERS: readonly Group<SimulatedDomain>[] = [
  [
    [1, (domain) => domain.isActive],
    [2, (domain) => !domain.isActive],
  ],
  [
    [4, (domain) => domain.persistent],
    [8, (domain) => !domain.persistent],
  ],
  [
    [16, (domain) => domain.state === STATE.VIR_DOMAIN_RUNNING],
    [32, (domain) => domain.state === STATE.VIR_DOMAIN_PAUSED],
    [64, (domain) => domain.state === STATE.VIR_DOMAIN_SHUTOFF],
    [128, isOther],
  ],
  [
    [256, (domain) => domain.managedSave],
    [512, (domain) => !domain.managedSave],
  ],
  [
    [1024, (domain) => domain.autostart],
    [2048, (domain) => !domain.autostart],
  ],
  [
    [4096, () => false],
    [8192, () => true],
  ],
  [
    [16_384, () => false],
    [32_768, () => true],
  ],
];

/** Pools and networks share the meaning of their first 6 bits. */
export const OBJECT_FILTERS: readonly Group<{
  readonly active: boolean;
  readonly persistent: boolean;
  readonly autostart: boolean;
}>[] = [
  [
    [1, (object) => !object.active],
    [2, (object) => object.active],
  ],
  [
    [4, (object) => object.persistent],
    [8, (object) => !object.persistent],
  ],
  [
    [16, (object) => object.autostart],
    [32, (object) => !object.autostart],
  ],
];
