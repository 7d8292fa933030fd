// SPDX-License-Identifier: Apache-2.0
// What a domain's XML says of the limits and the place its CPUs and memory have on the host.
// Source: libvirt docs/formatdomain, "CPU Tuning", "Memory Tuning", "Memory Backing", "NUMA Node Tuning".

import { bytes, given, integer, nonEmpty } from './element-values.ts';
import type { XmlElement } from './parse-xml.ts';

/** The CPUs of the host that one thread of the domain may use. */
export interface PinXml {
  /** Number of the vCPU, or id of the IOThread. */
  readonly id: number;
  /** `0-3,^2` */
  readonly cpuset: string;
}

/** Where the memory of one NUMA cell of the guest comes from. */
export interface NumaCellXml {
  readonly cell: number;
  /** `strict`, `interleave`, `preferred` or `restrictive` */
  readonly mode?: string;
  readonly nodeset?: string;
}

/** Huge pages the memory of the guest is made of. */
export interface HugepagesXml {
  /** Absent: the host's default size. */
  readonly sizeBytes?: number;
  /** NUMA cells of the guest; absent: all others. */
  readonly nodeset?: string;
}

/** Place and limits of one domain. */
export interface TuningXml {
  /**
   * `cputune.shares`, `cputune.period` ... by their elements' names, in microseconds, and `memtune.hard_limit` ... in
   * bytes. Negative is no limit.
   */
  readonly limits?: ReadonlyMap<string, number>;
  readonly vcpuPins: readonly PinXml[];
  readonly iothreadPins: readonly PinXml[];
  /** Text facts by the names of their labels; empty when the domain has none. */
  readonly placement: ReadonlyMap<string, string>;
  readonly numaCells: readonly NumaCellXml[];
  readonly hugepages: readonly HugepagesXml[];
}

/** Reads place and limits; undefined when the domain has none. */
export function readTuning(domain: XmlElement): TuningXml | undefined {
  const cputune = domain.child('cputune');
  const numatune = domain.child('numatune');
  const backing = domain.child('memoryBacking');
  const limits = readLimits(cputune, domain.child('memtune'));
  const tuning: TuningXml = {
    ...given('limits', nonEmpty(limits)),
    vcpuPins: readPins(cputune, 'vcpupin', 'vcpu'),
    iothreadPins: readPins(cputune, 'iothreadpin', 'iothread'),
    placement: readPlacement(domain, cputune, numatune, backing),
    numaCells: numatune?.children('memnode').flatMap(readNumaCell) ?? [],
    hugepages: readHugepages(backing),
  };
  const { vcpuPins, iothreadPins, placement, numaCells, hugepages } = tuning;
  const found = [limits.size, vcpuPins.length, iothreadPins.length, placement.size, numaCells.length, hugepages.length];
  return found.some((count) => count > 0) ? tuning : undefined;
}

function readLimits(cputune: XmlElement | undefined, memtune: XmlElement | undefined): Map<string, number> {
  const limits = new Map<string, number>();
  for (const { name, text } of cputune?.elements ?? []) {
    const limit = integer(text.trim());
    if (limit !== undefined) limits.set(`cputune.${name}`, limit);
  }
  for (const element of memtune?.elements ?? []) {
    // libvirt's "unlimited" has more digits than are read, as has nothing that is a limit.
    const limit = bytes(element);
    if (limit !== undefined) limits.set(`memtune.${element.name}`, limit);
  }
  return limits;
}

/** Some threads of a kind may share a pin twice over; the first one stands. */
function readPins(cputune: XmlElement | undefined, element: string, attribute: string): PinXml[] {
  const pins = new Map<number, PinXml>();
  for (const pin of cputune?.children(element) ?? []) {
    const id = integer(pin.attribute(attribute));
    const cpuset = pin.attribute('cpuset');
    if (id !== undefined && cpuset !== undefined && !pins.has(id)) pins.set(id, { id, cpuset });
  }
  return [...pins.values()];
}

function readPlacement(
  domain: XmlElement,
  cputune: XmlElement | undefined,
  numatune: XmlElement | undefined,
  backing: XmlElement | undefined,
): ReadonlyMap<string, string> {
  const memory = numatune?.child('memory');
  const facts: [string, string | undefined][] = [
    ['cpuset', domain.child('vcpu')?.attribute('cpuset')],
    ['emulator_cpuset', cputune?.child('emulatorpin')?.attribute('cpuset')],
    ['numa_mode', memory?.attribute('mode')],
    ['numa_nodeset', memory?.attribute('nodeset')],
    ['numa_placement', memory?.attribute('placement')],
    ['memory_source', backing?.child('source')?.attribute('type')],
    ['memory_access', backing?.child('access')?.attribute('mode')],
    ['memory_locked', backing?.child('locked') === undefined ? undefined : 'true'],
  ];
  const placement = new Map<string, string>();
  for (const [name, value] of facts) if (value !== undefined) placement.set(name, value);
  return placement;
}

function readNumaCell(node: XmlElement): NumaCellXml[] {
  const cell = integer(node.attribute('cellid'));
  if (cell === undefined) return [];
  return [{ cell, ...given('mode', node.attribute('mode')), ...given('nodeset', node.attribute('nodeset')) }];
}

/** `<hugepages/>` without a page is the host's default size for all of the memory. */
function readHugepages(backing: XmlElement | undefined): HugepagesXml[] {
  const hugepages = backing?.child('hugepages');
  if (hugepages === undefined) return [];
  const pages = hugepages.children('page').flatMap((page): HugepagesXml[] => {
    const sizeBytes = bytes(page, page.attribute('size'));
    return sizeBytes === undefined ? [] : [{ sizeBytes, ...given('nodeset', page.attribute('nodeset')) }];
  });
  return pages.length > 0 ? pages : [{}];
}
