// SPDX-License-Identifier: Apache-2.0
// A domain's XML (DOMAIN_GET_XML_DESC) as the small typed facts that metrics and pages show. Not the whole document, and
// never its secrets. An element that is not there is an absent field, whatever libvirt would assume in its place.

import { readNovaMetadata } from './nova-metadata.ts';
import type { NovaMetadata } from './nova-metadata.ts';
import { parseXml } from './parse-xml.ts';
import type { XmlElement } from './parse-xml.ts';
import { XmlError } from './xml-error.ts';

export type { NovaMetadata } from './nova-metadata.ts';

/** What one `<disk>` says. Source: libvirt docs/formatdomain, "Hard drives, floppy disks, CDROMs". */
export interface DiskXml {
  /** `vda`: the device name statistics use (`block.N.name`). */
  readonly targetDevice: string;
  /** `virtio`, `scsi`, `sata` ... */
  readonly bus?: string;
  /** Where its data lives: `file`, `block`, `dir`, `network`, `volume`, `nvme`, `vhostuser` ... */
  readonly type: string;
  /** `disk`, `cdrom`, `floppy` or `lun`; libvirt always writes it. */
  readonly device: string;
  readonly driverName?: string;
  /** Image format: `qcow2`, `raw` ... */
  readonly driverType?: string;
  readonly cache?: string;
  readonly discard?: string;
  /** Path of the file, block device or directory on the host; absent for an empty drive and for a network disk. */
  readonly sourceFile?: string;
  /** `rbd`, `iscsi`, `nbd` ... of a network disk. */
  readonly sourceProtocol?: string;
  /** `pool/image` for rbd, an IQN for iscsi; `pool/volume` for a disk of type volume. */
  readonly sourceName?: string;
  readonly serial?: string;
}

/** What one `<interface>` says. */
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
  /** `net0` */
  readonly alias?: string;
}

/** What one `<graphics>` says; never its password. */
export interface GraphicsXml {
  /** `vnc`, `spice`, `rdp`, `sdl`, `egl-headless` ... */
  readonly type: string;
  /** TCP port; absent while libvirt has not chosen one yet (it writes -1). */
  readonly port?: number;
  /** The listen address; absent when it listens on a socket or nowhere. */
  readonly listen?: string;
  /** Path of a Unix socket. */
  readonly socket?: string;
}

/** The facts of one domain. */
export interface DomainXml {
  /** `kvm`, `qemu`, `xen`, `lxc`, `test` ... */
  readonly hypervisorType: string;
  /** In lower case, with hyphens. */
  readonly uuid: string;
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  /** `hvm`, `linux`, `exe` ... */
  readonly osType?: string;
  readonly osArch?: string;
  readonly osMachine?: string;
  /** In the document's order, which is that of the statistics. */
  readonly disks: readonly DiskXml[];
  readonly interfaces: readonly InterfaceXml[];
  readonly graphics: readonly GraphicsXml[];
  /** Maximum memory of the domain, bytes. */
  readonly memoryBytes?: number;
  /** What the balloon is set to, bytes. */
  readonly currentMemoryBytes?: number;
  readonly vcpuMaximum?: number;
  /** What OpenStack Nova wrote into the metadata. */
  readonly nova?: NovaMetadata;
  /** Seconds between balloon statistics; absent when the balloon reports none. */
  readonly balloonStatsPeriodSeconds?: number;
  /** Whether the domain has a channel for the QEMU guest agent. */
  readonly guestAgentChannel: boolean;
}

/**
 * Reads a domain's XML.
 *
 * @throws {@link XmlError} when it is not well-formed, over a limit, has a DTD, or is not a `<domain>` with uuid and name.
 */
export function parseDomainXml(xml: string): DomainXml {
  const domain = parseXml(xml);
  if (domain.name !== 'domain') throw new XmlError(`expected <domain>, found <${domain.name}>`);
  const os = domain.child('os');
  const osType = os?.child('type');
  const devices = domain.child('devices');
  const balloonPeriod = positive(integer(devices?.child('memballoon')?.child('stats')?.attribute('period')));
  return {
    hypervisorType: required(domain.attribute('type'), 'the attribute type'),
    uuid: required(text(domain, 'uuid'), '<uuid>').toLowerCase(),
    name: required(domain.child('name')?.text, '<name>'),
    ...given('title', text(domain, 'title')),
    ...given('description', text(domain, 'description')),
    ...given('osType', text(os, 'type')),
    ...given('osArch', osType?.attribute('arch')),
    ...given('osMachine', osType?.attribute('machine')),
    disks: devices?.children('disk').flatMap(readDisk) ?? [],
    interfaces: devices?.children('interface').map(readInterface) ?? [],
    graphics: devices?.children('graphics').map(readGraphics) ?? [],
    ...given('memoryBytes', bytes(domain.child('memory'))),
    ...given('currentMemoryBytes', bytes(domain.child('currentMemory'))),
    ...given('vcpuMaximum', positive(integer(text(domain, 'vcpu')))),
    ...given('nova', readNovaMetadata(domain)),
    ...given('balloonStatsPeriodSeconds', balloonPeriod),
    guestAgentChannel: devices?.children('channel').some(isGuestAgentChannel) ?? false,
  };
}

function readDisk(disk: XmlElement): DiskXml[] {
  const target = disk.child('target');
  const targetDevice = target?.attribute('dev');
  // A disk without a target cannot be matched with any statistic.
  if (targetDevice === undefined) return [];
  const driver = disk.child('driver');
  const source = disk.child('source');
  const pool = source?.attribute('pool');
  const volume = source?.attribute('volume');
  const poolVolume = pool !== undefined && volume !== undefined ? `${pool}/${volume}` : undefined;
  return [
    {
      targetDevice,
      type: disk.attribute('type') ?? 'file',
      device: disk.attribute('device') ?? 'disk',
      ...given('bus', target?.attribute('bus')),
      ...given('driverName', driver?.attribute('name')),
      ...given('driverType', driver?.attribute('type')),
      ...given('cache', driver?.attribute('cache')),
      ...given('discard', driver?.attribute('discard')),
      ...given('sourceFile', source?.attribute('file') ?? source?.attribute('dev') ?? source?.attribute('dir')),
      ...given('sourceProtocol', source?.attribute('protocol')),
      ...given('sourceName', source?.attribute('name') ?? poolVolume),
      ...given('serial', text(disk, 'serial')),
    },
  ];
}

function readInterface(nic: XmlElement): InterfaceXml {
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
    ...given('alias', nic.child('alias')?.attribute('name')),
  };
}

function readGraphics(graphics: XmlElement): GraphicsXml {
  const listen = graphics.child('listen');
  return {
    type: graphics.attribute('type') ?? 'unknown',
    ...given('port', positive(integer(graphics.attribute('port')))),
    ...given('listen', listen?.attribute('address') ?? graphics.attribute('listen')),
    ...given('socket', listen?.attribute('socket') ?? graphics.attribute('socket')),
  };
}

function isGuestAgentChannel(channel: XmlElement): boolean {
  return channel.child('target')?.attribute('name') === 'org.qemu.guest_agent.0';
}

/** Factors of `unit`, as virScaleInteger reads it; libvirt itself always writes KiB. */
const UNIT_BYTES: ReadonlyMap<string, number> = new Map([
  ['b', 1],
  ['bytes', 1],
  ['KB', 1e3],
  ['k', 1024],
  ['KiB', 1024],
  ['MB', 1e6],
  ['M', 1024 ** 2],
  ['MiB', 1024 ** 2],
  ['GB', 1e9],
  ['G', 1024 ** 3],
  ['GiB', 1024 ** 3],
  ['TB', 1e12],
  ['T', 1024 ** 4],
  ['TiB', 1024 ** 4],
]);

function bytes(element: XmlElement | undefined): number | undefined {
  const count = integer(element?.text.trim());
  const factor = UNIT_BYTES.get(element?.attribute('unit') ?? 'KiB');
  return count === undefined || factor === undefined ? undefined : count * factor;
}

function text(parent: XmlElement | undefined, name: string): string | undefined {
  const value = parent?.child(name)?.text.trim();
  return value === '' ? undefined : value;
}

function integer(value: string | undefined): number | undefined {
  if (value === undefined || !/^-?\d{1,15}$/.test(value)) return undefined;
  return Number(value);
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined;
}

function required(value: string | undefined, what: string): string {
  if (value === undefined || value === '') throw new XmlError(`<domain> lacks ${what}`);
  return value;
}

/** `{ [key]: value }`, or nothing at all for `undefined`: unknown is absent. */
function given<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  if (value === undefined) return {};
  const fields: Partial<Record<K, V>> = {};
  fields[key] = value;
  return fields;
}
