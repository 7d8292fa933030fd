// SPDX-License-Identifier: Apache-2.0
// What differs between a running domain's XML and its configuration without anybody having changed anything: what libvirt
// chose, expanded or learned when it started the domain. Seen with libvirt 9.0 and QEMU 7.2, or read in libvirt's
// src/conf/domain_conf.c (virDomain*DefFormat) and src/qemu/qemu_process.c. Everything else is taken for a change.

import { settleCpu } from './cpu-noise.ts';
import { childAttribute, childOf } from './diff-node.ts';
import type { DiffNode } from './diff-node.ts';

const CHARACTER_DEVICES: ReadonlySet<string> = new Set(['serial', 'parallel', 'console', 'channel']);

/** Takes out of one document what says nothing about the configuration, whichever of the two it is. */
export function dropRuntime(domain: DiffNode): void {
  domain.attributes.delete('id');
  dropWhere(domain, isDefaultPartition);
  // The balloon moves; what it is set to at the next start stands in the configuration. Without one, it is a setting.
  const devices = childOf(domain, 'devices');
  const balloon = devices?.children.find(({ name }) => name === 'memballoon');
  if (balloon !== undefined && balloon.attributes.get('model') !== 'none') {
    dropWhere(domain, ({ name }) => name === 'currentMemory');
  }
  if (childOf(domain, 'vcpu')?.attributes.get('placement') === 'auto') {
    childOf(domain, 'vcpu')?.attributes.delete('cpuset');
  }
  const clock = childOf(domain, 'clock');
  if (clock?.attributes.get('offset') === 'variable') clock.attributes.delete('adjustment');
  for (const device of devices?.children ?? []) dropDeviceRuntime(device);
}

/** `<resource><partition>/machine</partition></resource>` */
function isDefaultPartition({ name, children }: DiffNode): boolean {
  const [partition, more] = children;
  return name === 'resource' && partition?.name === 'partition' && partition.text === '/machine' && more === undefined;
}

function dropDeviceRuntime(device: DiffNode): void {
  // Aliases are libvirt's own, but for those that begin with ua-.
  dropWhere(device, ({ name, attributes }) => name === 'alias' && attributes.get('name')?.startsWith('ua-') !== true);
  const { name, attributes } = device;
  if (name === 'disk') {
    childOf(device, 'target')?.attributes.delete('tray');
    // A block job's other end.
    dropWhere(device, (child) => child.name === 'mirror');
    dropBackingIndexes(device);
    dropWhere(device, isEmptySource);
  }
  if (CHARACTER_DEVICES.has(name)) {
    attributes.delete('tty');
    const target = childOf(device, 'target');
    target?.attributes.delete('state');
    // libvirt numbers consoles on virtio anew at each start.
    if (name === 'console' && target?.attributes.get('type') === 'virtio') target.attributes.delete('port');
    if (attributes.get('type') === 'pty') {
      childOf(device, 'source')?.attributes.delete('path');
      dropWhere(device, isEmptySource);
    }
  }
  if (name === 'graphics') {
    if (attributes.get('autoport') === 'yes') for (const port of ['port', 'tlsPort']) attributes.delete(port);
    for (const listen of device.children) {
      if (listen.attributes.get('type') === 'network') listen.attributes.delete('address');
    }
  }
  if (name === 'vsock' && childAttribute(device, 'cid', 'auto') === 'yes') {
    childOf(device, 'cid')?.attributes.delete('address');
  }
  if (name === 'memory') {
    childOf(device, 'address')?.attributes.delete('base');
    const target = childOf(device, 'target');
    if (target !== undefined) dropWhere(target, (child) => child.name === 'current' || child.name === 'address');
  }
}

function dropBackingIndexes(layer: DiffNode): void {
  childOf(layer, 'source')?.attributes.delete('index');
  for (const backing of layer.children.filter(({ name }) => name === 'backingStore')) {
    backing.attributes.delete('index');
    dropBackingIndexes(backing);
  }
  dropWhere(layer, (child) => child.name === 'backingStore' && isEmpty(child));
}

/** Whether a child of `live` that `config` lacks came from libvirt. */
type IsNoise = (live: DiffNode, config: DiffNode, child: DiffNode) => boolean;

/** Elements, by `parent/name`, that only the running domain has because libvirt put them there. */
const LIVE_ELEMENTS: ReadonlyMap<string, IsNoise> = new Map<string, IsNoise>([
  ['domain/cpu', always],
  ['domain/vcpus', always],
  ['domain/iothreadids', always],
  ['domain/seclabel', (_live, _config, child) => (child.attributes.get('type') ?? 'dynamic') === 'dynamic'],
  ['seclabel/label', always],
  ['seclabel/imagelabel', always],
  ['os/nvram', always],
  ['os/loader', isFirmwareChosen],
  ['os/firmware', isFirmwareChosen],
  ['hyperv/*', (_live, config) => config.attributes.get('mode') === 'passthrough'],
  ['launchSecurity/cbitpos', always],
  ['launchSecurity/reducedPhysBits', always],
  ['disk/backingStore', always],
  ['backingStore/backingStore', always],
  ['source/reservations', always],
  ['source/seclabel', always],
  ['hostdev/driver', always],
  ['source/address', always],
  ['interface/target', (_live, _config, child) => isGeneratedName(child)],
  ['interface/driver', (_live, config) => config.attributes.get('type') === 'hostdev'],
  ...['virtualport', 'vlan', 'bandwidth', 'mtu', 'port'].map((name): [string, IsNoise] => [
    `interface/${name}`,
    isOnNetwork,
  ]),
  ['channel/source', (_live, _config, child) => child.attributes.get('path')?.includes('/channel/') === true],
  ['graphics/listen', always],
  ['filesystem/binary', always],
  ['backend/profile', always],
]);

/** Attributes, by `parent/name@attribute`, that only the running domain has because libvirt put them there. */
const LIVE_ATTRIBUTES: ReadonlySet<string> = new Set([
  ...['devices/graphics@listen', 'devices/graphics@socket', 'graphics/listen@address', 'graphics/listen@socket'],
  ...['interface/target@dev', 'channel/source@path', 'channel/source@mode', 'filesystem/source@socket'],
  ...['disk/source@tls', 'disk/source@tlsHostname', 'serial/source@tls', 'channel/source@tls', 'console/source@tls'],
  ...['os/nvram@template', 'os/nvram@templateFormat', 'os/nvram@format', 'os/loader@format', 'domain/seclabel@relabel'],
]);

/** Takes out of a pair of elements what differs without a change. `parent` is the name of what holds them. */
export function settlePair(live: DiffNode, config: DiffNode, parent: string): void {
  if (config.name === 'cpu' && parent === 'domain') settleCpu(live, config);
  if (config.name === 'disk') settleEmptyDrive(live, config);
  if (config.name === 'interface' && isOnNetwork(live, config)) settleNetwork(live, config);
  if (config.name === 'graphics') {
    // -1 is "choose one".
    for (const port of ['port', 'tlsPort', 'websocket']) {
      if (config.attributes.get(port) === '-1' && live.attributes.has(port)) live.attributes.set(port, '-1');
    }
  }
  for (const attribute of [...live.attributes.keys()]) {
    const place = `${parent}/${config.name}@${attribute}`;
    if (!config.attributes.has(attribute) && LIVE_ATTRIBUTES.has(place)) live.attributes.delete(attribute);
  }
  dropWhere(live, (child) => {
    // libvirt gives every device an address.
    const isAddress = child.name === 'address' && parent === 'devices';
    const isNoise = LIVE_ELEMENTS.get(`${live.name}/${child.name}`) ?? LIVE_ELEMENTS.get(`${live.name}/*`);
    return (isAddress || isNoise?.(live, config, child) === true) && !hasLike(config, child);
  });
}

/** Of a tap or macvtap device libvirt made; it ignores such a name in a configuration. */
function isGeneratedName(target: DiffNode): boolean {
  const isOurs = target.attributes.get('managed') !== 'no';
  return isOurs && /^(?:vnet|macvtap|macvlan|veth|vif)[\d.]+$/.test(target.attributes.get('dev') ?? '');
}

/** Whether the configuration has such an element; of labels, for the same security model. */
function hasLike(config: DiffNode, child: DiffNode): boolean {
  const model = child.attributes.get('model');
  return config.children.some((other) => other.name === child.name && other.attributes.get('model') === model);
}

/** What format an empty drive's medium would have: libvirt forgets it when it starts the domain. */
function settleEmptyDrive(live: DiffNode, config: DiffNode): void {
  if (childOf(live, 'source') !== undefined) return;
  for (const disk of [live, config]) childOf(disk, 'driver')?.attributes.delete('type');
}

/** A running interface of a network shows what the network plugged it into. */
function settleNetwork(live: DiffNode, config: DiffNode): void {
  live.attributes.set('type', 'network');
  const [from, to] = [childOf(live, 'source'), childOf(config, 'source')];
  for (const attribute of [...(from?.attributes.keys() ?? [])]) {
    if (to?.attributes.has(attribute) === false) from?.attributes.delete(attribute);
  }
}

function isOnNetwork(live: DiffNode, config: DiffNode): boolean {
  const network = childAttribute(config, 'source', 'network');
  return config.attributes.get('type') === 'network' && network === childAttribute(live, 'source', 'network');
}

function isFirmwareChosen(_live: DiffNode, config: DiffNode): boolean {
  return config.attributes.has('firmware');
}

function always(): boolean {
  return true;
}

function isEmptySource(child: DiffNode): boolean {
  return child.name === 'source' && isEmpty(child);
}

function isEmpty(node: DiffNode): boolean {
  return node.attributes.size === 0 && node.children.length === 0 && node.text === '';
}

function dropWhere(node: DiffNode, isDropped: (child: DiffNode) => boolean): void {
  node.children = node.children.filter((child) => !isDropped(child));
}
