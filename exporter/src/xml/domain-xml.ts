// SPDX-License-Identifier: Apache-2.0
// A domain's XML (DOMAIN_GET_XML_DESC) as the small typed facts that metrics and pages show. Not the whole document, and
// never its secrets. An element that is not there is an absent field, whatever libvirt would assume in its place.

import { readDisk } from './disk-xml.ts';
import type { DiskXml } from './disk-xml.ts';
import { bytes, given, integer, nonEmpty, positive, text } from './element-values.ts';
import { readInterface } from './interface-xml.ts';
import type { InterfaceXml } from './interface-xml.ts';
import { readNovaMetadata } from './nova-metadata.ts';
import type { NovaMetadata } from './nova-metadata.ts';
import { parseXml } from './parse-xml.ts';
import type { XmlElement } from './parse-xml.ts';
import { readTuning } from './tuning-xml.ts';
import type { TuningXml } from './tuning-xml.ts';
import { XmlError } from './xml-error.ts';
import { readPaths, readValues } from './xpath.ts';
import type { LabelledPath, XPath } from './xpath.ts';

export type { DiskXml } from './disk-xml.ts';
export type { InterfaceXml } from './interface-xml.ts';
export type { NovaMetadata } from './nova-metadata.ts';

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
  /** What it says at the configured paths, by label; absent when it says none of it. */
  readonly metadata?: ReadonlyMap<string, string>;
  /** What it says at the paths that decide whether the domain is watched; absent when there are none. */
  readonly ruleValues?: ReadonlyMap<XPath, string>;
  /** What OpenStack Nova wrote into the metadata. */
  readonly nova?: NovaMetadata;
  /** Place and limits of CPUs and memory; absent when nobody set any. */
  readonly tuning?: TuningXml;
  /** `virtio`, `xen`, `none` ... */
  readonly balloonModel?: string;
  /** Seconds between balloon statistics; absent when the balloon reports none. */
  readonly balloonStatsPeriodSeconds?: number;
  /** Whether the domain has a channel for the QEMU guest agent. */
  readonly guestAgentChannel: boolean;
  /** `connected` or `disconnected`: whether a guest agent has opened its end; only in the XML of an active domain. */
  readonly guestAgentState?: string;
}

/**
 * Reads a domain's XML.
 *
 * @param paths What to look up besides, see {@link readPaths}.
 * @param rules What decides whether the domain is watched.
 * @throws {@link XmlError} when it is not well-formed, over a limit, has a DTD, or is not a `<domain>` with uuid and name.
 */
export function parseDomainXml(
  xml: string,
  paths: readonly LabelledPath[] = [],
  rules: readonly XPath[] = [],
): DomainXml {
  const domain = parseXml(xml);
  if (domain.name !== 'domain') throw new XmlError(`expected <domain>, found <${domain.name}>`);
  const os = domain.child('os');
  const osType = os?.child('type');
  const devices = domain.child('devices');
  const agentTarget = readAgentTarget(devices);
  const balloon = devices?.child('memballoon');
  const balloonPeriod = positive(integer(balloon?.child('stats')?.attribute('period')));
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
    ...given('metadata', nonEmpty(readPaths(domain, paths))),
    ...given('ruleValues', rules.length === 0 ? undefined : readValues(domain, rules)),
    ...given('nova', readNovaMetadata(domain)),
    ...given('tuning', readTuning(domain)),
    ...given('balloonModel', balloon?.attribute('model')),
    ...given('balloonStatsPeriodSeconds', balloonPeriod),
    guestAgentChannel: agentTarget !== undefined,
    ...given('guestAgentState', agentTarget?.attribute('state')),
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

function readAgentTarget(devices: XmlElement | undefined): XmlElement | undefined {
  const targets = devices?.children('channel').map((channel) => channel.child('target')) ?? [];
  return targets.find((target) => target?.attribute('name') === 'org.qemu.guest_agent.0');
}

function required(value: string | undefined, what: string): string {
  if (value === undefined || value === '') throw new XmlError(`<domain> lacks ${what}`);
  return value;
}
