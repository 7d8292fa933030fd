// SPDX-License-Identifier: Apache-2.0
// Values of elements and attributes as libvirt writes them. What is not there, or not of that kind, is undefined.

import type { XmlElement } from './parse-xml.ts';

/** Trimmed text of a child element; undefined when it is empty. */
export function text(parent: XmlElement | undefined, name: string): string | undefined {
  const value = parent?.child(name)?.text.trim();
  return value === '' ? undefined : value;
}

/** A whole number of at most 15 digits, so that it is exact. */
export function integer(value: string | undefined): number | undefined {
  if (value === undefined || !/^-?\d{1,15}$/.test(value)) return undefined;
  return Number(value);
}

/** The number when it is above 0. */
export function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined;
}

/** Factors of `unit`, as virScaleInteger reads it; libvirt itself mostly writes KiB. */
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

/** A size with its attribute `unit`, in bytes; KiB without one. `count` is the element's text unless given. */
export function bytes(element: XmlElement | undefined, count = element?.text.trim()): number | undefined {
  const number = integer(count);
  const factor = UNIT_BYTES.get(element?.attribute('unit') ?? 'KiB');
  return number === undefined || factor === undefined ? undefined : number * factor;
}

/** `{ [key]: value }`, or nothing at all for `undefined`: unknown is absent. */
export function given<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  if (value === undefined) return {};
  const fields: Partial<Record<K, V>> = {};
  fields[key] = value;
  return fields;
}

/** The map, or undefined when it is empty. */
export function nonEmpty<K, V>(map: ReadonlyMap<K, V>): ReadonlyMap<K, V> | undefined {
  return map.size > 0 ? map : undefined;
}
