// SPDX-License-Identifier: Apache-2.0
// The samples that a domain's XML makes. They are made once for each XML that is read and then only copied.

import type { DiskXml, DomainXml, InterfaceXml } from '../xml/domain-xml.ts';
import { closeLabels, familyIndex } from './exposition.ts';
import type { LabelPairs } from './exposition.ts';
import { addFields, planOf } from './statistic-plan.ts';
import { interfaceNameCandidates, UniqueNames } from './unique-names.ts';

const DOMAIN_INFO = familyIndex('libvirt_domain_info');
const OPENSTACK_INFO = familyIndex('libvirt_domain_openstack_info');
const OPENSTACK_CREATED = familyIndex('libvirt_domain_openstack_created_timestamp_seconds');
const METADATA_INFO = familyIndex('libvirt_domain_metadata_info');
const GRAPHICS_INFO = familyIndex('libvirt_domain_graphics_info');
const BALLOON_PERIOD = familyIndex('libvirt_domain_memory_stats_period_seconds');
const BALLOON_PERIOD_UNSET = familyIndex('libvirt_domain_memory_stats_period_unset');
const BLOCK_INFO = familyIndex('libvirt_domain_block_stats_info');
const BACKING_IMAGES = familyIndex('libvirt_domain_block_backing_images');
const BACKING_INFO = familyIndex('libvirt_domain_block_backing_info');
const INTERFACE_INFO = familyIndex('libvirt_domain_interface_stats_info');
const LINK_UP = familyIndex('libvirt_domain_interface_link_up');
const PLACEMENT_INFO = familyIndex('libvirt_domain_placement_info');
const VCPU_AFFINITY = familyIndex('libvirt_domain_vcpu_affinity_info');
const IOTHREAD_AFFINITY = familyIndex('libvirt_domain_iothread_affinity_info');
const NUMA_CELL = familyIndex('libvirt_domain_numa_cell_info');
const HUGEPAGES = familyIndex('libvirt_domain_hugepages_info');

const IOTUNE = planOf('iotune');
const BANDWIDTH = planOf('bandwidth');
const TUNE = planOf('tune');

/** One sample, as a writer takes it. */
export interface Sample {
  readonly family: number;
  readonly labels: string;
  readonly value: number;
}

/** All samples of one domain's XML. */
export interface XmlSamples {
  readonly samples: readonly Sample[];
  /** Disks and interfaces left out for want of a name. */
  readonly unlabelled: number;
}

/**
 * Makes the samples of a domain's XML; of one whose XML was not read yet, the info series only.
 *
 * @param open The labels host and domain, as openLabels makes them.
 */
export function xmlSamples(open: string, uuid: string, xml: DomainXml | undefined): XmlSamples {
  const samples = new Samples(open);
  samples.info(DOMAIN_INFO, [
    ['uuid', uuid],
    ['title', xml?.title],
    ['hypervisor_type', xml?.hypervisorType],
    ['os_type', xml?.osType],
    ['os_type_arch', xml?.osArch],
    ['os_type_machine', xml?.osMachine],
  ]);
  if (xml === undefined) return { samples: samples.all, unlabelled: 0 };

  addOpenstack(samples, uuid, xml);
  if (xml.metadata !== undefined) samples.info(METADATA_INFO, [...xml.metadata]);
  addGraphics(samples, xml);
  addBalloon(samples, xml);
  addTuning(samples, xml);
  const disks = new UniqueNames();
  for (const disk of xml.disks) {
    const name = disks.take([disk.targetDevice]);
    if (name !== undefined) addDisk(samples, name, disk);
  }
  const interfaces = new UniqueNames();
  for (const iface of xml.interfaces) {
    const name = interfaces.take(interfaceNameCandidates(iface));
    if (name !== undefined) addInterface(samples, name, iface);
  }
  return { samples: samples.all, unlabelled: disks.refused + interfaces.refused };
}

/** Collects samples of one domain. */
class Samples {
  readonly all: Sample[] = [];
  readonly plain: string;
  private readonly open: string;

  constructor(open: string) {
    this.open = open;
    this.plain = closeLabels(open);
  }

  add(family: number, labels: string, value: number): void {
    this.all.push({ family, labels, value });
  }

  info(family: number, labels: LabelPairs): void {
    this.add(family, closeLabels(this.open, labels), 1);
  }

  /** The labels of one disk or interface. */
  device(name: string): string {
    return closeLabels(this.open, [['target_device', name]]);
  }
}

function addOpenstack(samples: Samples, uuid: string, { nova }: DomainXml): void {
  if (nova === undefined) return;
  samples.info(OPENSTACK_INFO, [
    ['instance_name', nova.instanceName],
    ['instance_id', uuid],
    ['flavor_name', nova.flavorName],
    ['user_name', nova.userName],
    ['user_id', nova.userId],
    ['project_name', nova.projectName],
    ['project_id', nova.projectId],
    ['root_type', nova.rootType],
    ['root_id', nova.rootId],
  ]);
  if (nova.createdAt !== undefined) samples.add(OPENSTACK_CREATED, samples.plain, nova.createdAt / 1000);
}

function addGraphics(samples: Samples, { graphics }: DomainXml): void {
  graphics.forEach(({ type, listen, port, socket }, index) => {
    samples.info(GRAPHICS_INFO, [
      ['index', String(index)],
      ['graphics_type', type],
      ['listen', listen],
      ['port', textOf(port)],
      ['socket', socket],
    ]);
  });
}

/** Only virtio's balloons have statistics. */
function addBalloon(samples: Samples, { balloonModel, balloonStatsPeriodSeconds }: DomainXml): void {
  if (balloonStatsPeriodSeconds !== undefined) samples.add(BALLOON_PERIOD, samples.plain, balloonStatsPeriodSeconds);
  if (balloonModel?.startsWith('virtio') !== true) return;
  samples.add(BALLOON_PERIOD_UNSET, samples.plain, balloonStatsPeriodSeconds === undefined ? 1 : 0);
}

function addTuning(samples: Samples, { tuning }: DomainXml): void {
  if (tuning === undefined) return;
  const { limits, placement, vcpuPins, iothreadPins, numaCells, hugepages } = tuning;
  if (limits !== undefined) addFields(samples, TUNE, samples.plain, limits);
  if (placement.size > 0) samples.info(PLACEMENT_INFO, [...placement]);
  for (const { id, cpuset } of vcpuPins) {
    samples.info(VCPU_AFFINITY, [
      ['vcpu', String(id)],
      ['cpuset', cpuset],
    ]);
  }
  for (const { id, cpuset } of iothreadPins) {
    samples.info(IOTHREAD_AFFINITY, [
      ['iothread', String(id)],
      ['cpuset', cpuset],
    ]);
  }
  for (const { cell, mode, nodeset } of numaCells) {
    samples.info(NUMA_CELL, [
      ['cell', String(cell)],
      ['numa_mode', mode],
      ['numa_nodeset', nodeset],
    ]);
  }
  for (const { sizeBytes, nodeset } of hugepages) {
    samples.info(HUGEPAGES, [
      ['page_size_bytes', textOf(sizeBytes)],
      ['cells', nodeset],
    ]);
  }
}

function addDisk(samples: Samples, name: string, disk: DiskXml): void {
  samples.info(BLOCK_INFO, [
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
    ['source_hosts', disk.sourceHosts],
    ['serial', disk.serial],
    ['limit_group', disk.limitGroup],
  ]);
  if (disk.limits !== undefined) addFields(samples, IOTUNE, samples.device(name), disk.limits);
  if (disk.backing === undefined) return;
  samples.add(BACKING_IMAGES, samples.device(name), disk.backing.length);
  disk.backing.forEach((image, above) => {
    samples.info(BACKING_INFO, [
      ['target_device', name],
      ['depth', String(above + 1)],
      ['index', textOf(image.index)],
      ['format', image.format],
      ['disk_type', image.type],
      ['source_file', image.sourceFile],
      ['source_protocol', image.sourceProtocol],
      ['source_name', image.sourceName],
      ['source_hosts', image.sourceHosts],
    ]);
  });
}

function addInterface(samples: Samples, name: string, iface: InterfaceXml): void {
  samples.info(INTERFACE_INFO, [
    ['target_device', name],
    ['interface_type', iface.type],
    ['source_bridge', iface.sourceBridge],
    ['mac_address', iface.macAddress],
    ['model_type', iface.modelType],
    ['mtu_size', textOf(iface.mtuBytes)],
    ['virtual_interface', iface.portId],
  ]);
  // libvirt documents `up` as what no <link> means, but has no say over the cable of a passed-through card.
  if (iface.type !== 'hostdev') samples.add(LINK_UP, samples.device(name), iface.linkState === 'down' ? 0 : 1);
  if (iface.bandwidth !== undefined) addFields(samples, BANDWIDTH, samples.device(name), iface.bandwidth);
}

function textOf(value: number | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}
