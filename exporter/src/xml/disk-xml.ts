// SPDX-License-Identifier: Apache-2.0
// What one `<disk>` of a domain's XML says: what it is, where its data lives, the images below it, its limits.
// Source: libvirt docs/formatdomain, "Hard drives, floppy disks, CDROMs".

import { given, integer, nonEmpty, text } from './element-values.ts';
import type { XmlElement } from './parse-xml.ts';

/** Where an image lives. */
export interface ImageXml {
  /** Where its data lives: `file`, `block`, `dir`, `network`, `volume`, `nvme`, `vhostuser` ... */
  readonly type: string;
  /** Path of the file, block device or directory on the host; absent for an empty drive and for a network disk. */
  readonly sourceFile?: string;
  /** `rbd`, `iscsi`, `nbd` ... of a network disk. */
  readonly sourceProtocol?: string;
  /** `pool/image` for rbd, an IQN for iscsi; `pool/volume` for a disk of type volume. */
  readonly sourceName?: string;
  /** Servers of a network disk, `name:port` or a socket's path, sorted and joined by commas. */
  readonly sourceHosts?: string;
}

/** An image that another one is based on. */
export interface BackingImageXml extends ImageXml {
  /** As in statistics and block job events; absent while the domain is inactive. */
  readonly index?: number;
  /** Image format: `qcow2`, `raw` ... */
  readonly format?: string;
}

/** One `<disk>`. */
export interface DiskXml extends ImageXml {
  /** `vda`: the device name statistics use (`block.N.name`). */
  readonly targetDevice: string;
  /** `virtio`, `scsi`, `sata` ... */
  readonly bus?: string;
  /** `disk`, `cdrom`, `floppy` or `lun`; libvirt always writes it. */
  readonly device: string;
  readonly driverName?: string;
  /** Image format: `qcow2`, `raw` ... */
  readonly driverType?: string;
  readonly cache?: string;
  readonly discard?: string;
  readonly serial?: string;
  /**
   * The images below the top one, nearest first; empty when libvirt says there are none, absent when it does not say (an
   * inactive domain).
   */
  readonly backing?: readonly BackingImageXml[];
  /** I/O limits by their element names (`total_bytes_sec` ...), in bytes, requests and seconds; 0 is no limit. */
  readonly limits?: ReadonlyMap<string, number>;
  /** Disks that share the limits have the same one. */
  readonly limitGroup?: string;
}

/** One `<disk>`, or nothing: a disk without a target cannot be matched with any statistic. */
export function readDisk(disk: XmlElement): DiskXml[] {
  const target = disk.child('target');
  const targetDevice = target?.attribute('dev');
  if (targetDevice === undefined) return [];
  const driver = disk.child('driver');
  const iotune = disk.child('iotune');
  return [
    {
      targetDevice,
      ...readImage(disk),
      device: disk.attribute('device') ?? 'disk',
      ...given('bus', target?.attribute('bus')),
      ...given('driverName', driver?.attribute('name')),
      ...given('driverType', driver?.attribute('type')),
      ...given('cache', driver?.attribute('cache')),
      ...given('discard', driver?.attribute('discard')),
      ...given('serial', text(disk, 'serial')),
      ...given('backing', readBacking(disk)),
      ...given('limits', readLimits(iotune)),
      ...given('limitGroup', text(iotune, 'group_name')),
    },
  ];
}

function readImage(image: XmlElement): ImageXml {
  const source = image.child('source');
  const pool = source?.attribute('pool');
  const volume = source?.attribute('volume');
  const poolVolume = pool !== undefined && volume !== undefined ? `${pool}/${volume}` : undefined;
  return {
    type: image.attribute('type') ?? 'file',
    ...given('sourceFile', source?.attribute('file') ?? source?.attribute('dev') ?? source?.attribute('dir')),
    ...given('sourceProtocol', source?.attribute('protocol')),
    ...given('sourceName', source?.attribute('name') ?? poolVolume),
    ...given('sourceHosts', readHosts(source?.children('host') ?? [])),
  };
}

function readHosts(hosts: readonly XmlElement[]): string | undefined {
  const names = hosts.flatMap((host) => {
    const name = host.attribute('name') ?? host.attribute('socket');
    const port = host.attribute('port');
    if (name === undefined) return [];
    return [port === undefined ? name : `${name.includes(':') ? `[${name}]` : name}:${port}`];
  });
  return names.length === 0 ? undefined : names.sort().join(',');
}

/** An empty `<backingStore/>` ends a chain. */
function readBacking(disk: XmlElement): BackingImageXml[] | undefined {
  const images: BackingImageXml[] = [];
  let store = disk.child('backingStore');
  if (store === undefined) return undefined;
  for (; store?.child('source') !== undefined; store = store.child('backingStore')) {
    images.push({
      ...readImage(store),
      ...given('index', integer(store.attribute('index'))),
      ...given('format', store.child('format')?.attribute('type')),
    });
  }
  return images;
}

function readLimits(iotune: XmlElement | undefined): ReadonlyMap<string, number> | undefined {
  const limits = new Map<string, number>();
  for (const { name, text: value } of iotune?.elements ?? []) {
    const limit = integer(value.trim());
    if (limit !== undefined) limits.set(name, limit);
  }
  return nonEmpty(limits);
}
