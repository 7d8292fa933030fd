// SPDX-License-Identifier: Apache-2.0
// What one `<interface>` of a domain's XML says: what it is, what it is plugged into, its cable, its limits.
// Source: libvirt docs/formatdomain, "Network interfaces".

import { given, integer, nonEmpty, positive } from './element-values.ts';
import type { XmlElement } from './parse-xml.ts';

/** One `<interface>`. */
export interface InterfaceXml {
  /** `bridge`, `network`, `direct`, `ethernet`, `hostdev`, `vhostuser` ... */
  readonly type: string;
  /** What it is plugged into on the host: a bridge, a libvirt network or a device, by `type`. */
  readonly sourceBridge?: string;
  /** `vnet0`: the device name statistics use (`net.N.name`); absent while the domain is inactive and for passed-through cards. */
  readonly targetDevice?: string;
  readonly macAddress?: string;
  readonly modelType?: string;
  readonly mtuBytes?: number;
  /** `up` or `down`, as configured; absent when nobody configured it. */
  readonly linkState?: string;
  /** Id of its port at Open vSwitch, the port of OpenStack Neutron. */
  readonly portId?: string;
  /** `net0` */
  readonly alias?: string;
  /** `inbound.average` ..., by the elements' and attributes' names and in their kilobytes; inbound is what the guest receives. */
  readonly bandwidth?: ReadonlyMap<string, number>;
}

/** Reads one `<interface>`. */
export function readInterface(nic: XmlElement): InterfaceXml {
  const source = nic.child('source');
  // A running interface of type network names both: the bridge is where its frames go.
  const sourceBridge = source?.attribute('bridge') ?? source?.attribute('network') ?? source?.attribute('dev');
  return {
    type: nic.attribute('type') ?? 'unknown',
    ...given('sourceBridge', sourceBridge),
    ...given('targetDevice', nic.child('target')?.attribute('dev')),
    ...given('macAddress', nic.child('mac')?.attribute('address')?.toLowerCase()),
    ...given('modelType', nic.child('model')?.attribute('type')),
    ...given('mtuBytes', positive(integer(nic.child('mtu')?.attribute('size')))),
    ...given('linkState', nic.child('link')?.attribute('state')),
    ...given('portId', nic.child('virtualport')?.child('parameters')?.attribute('interfaceid')),
    ...given('alias', nic.child('alias')?.attribute('name')),
    ...given('bandwidth', readBandwidth(nic.child('bandwidth'))),
  };
}

function readBandwidth(bandwidth: XmlElement | undefined): ReadonlyMap<string, number> | undefined {
  const limits = new Map<string, number>();
  for (const element of bandwidth?.elements ?? []) {
    for (const [name, value] of element.attributes) {
      const limit = integer(value);
      if (limit !== undefined) limits.set(`${element.name}.${name}`, limit);
    }
  }
  return nonEmpty(limits);
}
