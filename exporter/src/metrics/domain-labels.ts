// SPDX-License-Identifier: Apache-2.0
// The label text of one domain's series, made once and kept until the domain goes: a poll then only adds numbers.

import { DOMAIN_STATES } from '../contract/libvirt-states.ts';
import type { DomainSnapshot } from '../hosts/snapshot.ts';
import type { DiskXml, DomainXml, InterfaceXml } from '../xml/domain-xml.ts';
import { closeLabels, openLabels } from './exposition.ts';

/** Label text of the info series of one domain; changes only with its XML, uuid or state. */
export interface InfoLabels {
  readonly domain: string;
  /** Present for domains of OpenStack Nova. */
  readonly openstack?: string;
  readonly disks: readonly string[];
  readonly interfaces: readonly string[];
  /** Disks and interfaces that have no usable name. */
  readonly unlabelled: number;
}

/** The devices a domain may have so many more texts of than it uses before the cache is emptied. */
const CACHE_SLACK = 16;

/** Label text of one domain. */
export class DomainLabels {
  /** `{host="kvm1",domain="web"} ` */
  readonly plain: string;
  private readonly open: string;
  private readonly states: ReadonlyMap<string, string>;
  private readonly devices = new Map<string, string>();
  private readonly numbered = { vcpu: new Map<number, string>(), iothread: new Map<number, string>() };
  private info: { readonly xml: DomainXml | undefined; readonly uuid: string; readonly labels: InfoLabels } | undefined;
  private reason: { readonly key: string; readonly text: string } | undefined;

  constructor(host: string, domain: string) {
    this.open = openLabels([
      ['host', host],
      ['domain', domain],
    ]);
    this.plain = closeLabels(this.open);
    this.states = new Map(DOMAIN_STATES.map((state) => [state, closeLabels(this.open, [['state', state]])]));
  }

  /** The known states with their label text, in libvirt's order. */
  get stateTexts(): ReadonlyMap<string, string> {
    return this.states;
  }

  /** With a label `state`. */
  state(state: string): string {
    return this.states.get(state) ?? closeLabels(this.open, [['state', state]]);
  }

  /** With the labels `state` and `reason`. */
  stateReason(state: string, reason: string): string {
    const key = `${state} ${reason}`;
    if (this.reason?.key !== key) {
      const text = closeLabels(this.open, [
        ['state', state],
        ['reason', reason],
      ]);
      this.reason = { key, text };
    }
    return this.reason.text;
  }

  /** With a label `target_device`. */
  device(name: string): string {
    let text = this.devices.get(name);
    if (text === undefined) {
      text = closeLabels(this.open, [['target_device', name]]);
      this.devices.set(name, text);
    }
    return text;
  }

  /** With a label whose value is a number: a vCPU or an IOThread. */
  number(label: 'vcpu' | 'iothread', index: number): string {
    const texts = this.numbered[label];
    let text = texts.get(index);
    if (text === undefined) {
      text = closeLabels(this.open, [[label, String(index)]]);
      texts.set(index, text);
    }
    return text;
  }

  /** Forgets the texts of devices that were unplugged; `used` is how many the domain has now. */
  trim(used: number): void {
    if (this.devices.size > used + CACHE_SLACK) this.devices.clear();
  }

  /** Of the info series; made again only when the XML was read again (a new object) or the uuid changed. */
  infoLabels(domain: DomainSnapshot): InfoLabels {
    if (this.info?.xml !== domain.xml || this.info?.uuid !== domain.uuid) {
      this.info = { xml: domain.xml, uuid: domain.uuid, labels: this.buildInfo(domain.uuid, domain.xml) };
    }
    return this.info.labels;
  }

  private buildInfo(uuid: string, xml: DomainXml | undefined): InfoLabels {
    const domain = closeLabels(this.open, [
      ['uuid', uuid],
      ['title', xml?.title],
      ['hypervisor_type', xml?.hypervisorType],
      ['os_type', xml?.osType],
      ['os_type_arch', xml?.osArch],
      ['os_type_machine', xml?.osMachine],
    ]);
    if (xml === undefined) return { domain, disks: [], interfaces: [], unlabelled: 0 };

    const diskNames = new UniqueNames();
    const disks = xml.disks.flatMap((disk) => {
      const name = diskNames.take([disk.targetDevice]);
      return name === undefined ? [] : [this.diskInfo(name, disk)];
    });
    const interfaceNames = new UniqueNames();
    const interfaces = xml.interfaces.flatMap((iface) => {
      const name = interfaceNames.take(interfaceNameCandidates(iface));
      return name === undefined ? [] : [this.interfaceInfo(name, iface)];
    });
    const unlabelled = diskNames.refused + interfaceNames.refused;
    if (xml.nova === undefined) return { domain, disks, interfaces, unlabelled };
    return { domain, openstack: this.openstackInfo(uuid, xml.nova), disks, interfaces, unlabelled };
  }

  private diskInfo(name: string, disk: DiskXml): string {
    return closeLabels(this.open, [
      ['target_device', name],
      ['device', disk.device],
      ['disk_type', disk.type],
      ['target_bus', disk.bus],
      ['driver_name', disk.driverName],
      ['driver_type', disk.driverType],
      ['driver_cache', disk.cache],
      ['driver_discard', disk.discard],
      ['source_file', disk.sourceFile],
      ['source_protocol', disk.sourceProtocol],
      ['source_name', disk.sourceName],
      ['serial', disk.serial],
    ]);
  }

  private interfaceInfo(name: string, iface: InterfaceXml): string {
    return closeLabels(this.open, [
      ['target_device', name],
      ['interface_type', iface.type],
      ['source_bridge', iface.sourceBridge],
      ['mac_address', iface.macAddress],
      ['model_type', iface.modelType],
      ['mtu_size', iface.mtuBytes === undefined ? undefined : String(iface.mtuBytes)],
    ]);
  }

  private openstackInfo(uuid: string, nova: NonNullable<DomainXml['nova']>): string {
    return closeLabels(this.open, [
      ['instance_name', nova.instanceName],
      ['instance_id', uuid],
      ['flavor_name', nova.flavorName],
      ['user_name', nova.userName],
      ['user_id', nova.userId],
      ['project_name', nova.projectName],
      ['project_id', nova.projectId],
    ]);
  }
}

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
