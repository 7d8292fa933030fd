// SPDX-License-Identifier: Apache-2.0
// Names for the devices of a domain, in values and facts alike.

import type { InterfaceXml } from '../xml/domain-xml.ts';

/** What an interface may be called, best first: its tap on the host, its alias, its MAC address. */
export function interfaceNameCandidates(iface: InterfaceXml | undefined): readonly (string | undefined)[] {
  return [iface?.targetDevice, iface?.alias, iface?.macAddress];
}

/** Gives each device of a domain a name no other has; the same series twice would spoil the whole page. */
export class UniqueNames {
  /** How many got none. */
  refused = 0;
  private readonly taken = new Set<string>();

  /** How many got one. */
  get count(): number {
    return this.taken.size;
  }

  /** Whether one has it. */
  has(name: string): boolean {
    return this.taken.has(name);
  }

  /** The first candidate that is not empty and not taken. */
  take(candidates: readonly (string | undefined)[]): string | undefined {
    for (const name of candidates) {
      if (name === undefined || name === '' || this.taken.has(name)) continue;
      this.taken.add(name);
      return name;
    }
    this.refused++;
    return undefined;
  }
}
