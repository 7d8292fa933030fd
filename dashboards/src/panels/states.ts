// SPDX-License-Identifier: Apache-2.0
// What numbers of states are called, and their colours: named ones, which Grafana has for light and for dark.

import { MappingType } from '@grafana/grafana-foundation-sdk/dashboard';
import type { ValueMap } from '@grafana/grafana-foundation-sdk/dashboard';
import { CONTROL_STATES, DOMAIN_STATES, STORAGE_POOL_STATES } from '@vireo/exporter/contract';

const DOMAIN_COLOURS: Readonly<Record<(typeof DOMAIN_STATES)[number], string>> = {
  nostate: 'text',
  running: 'green',
  blocked: 'super-light-green',
  paused: 'yellow',
  shutdown: 'light-blue',
  shutoff: 'semi-dark-blue',
  crashed: 'red',
  pmsuspended: 'purple',
};

const POOL_COLOURS: Readonly<Record<(typeof STORAGE_POOL_STATES)[number], string>> = {
  inactive: 'semi-dark-blue',
  building: 'light-blue',
  running: 'green',
  degraded: 'orange',
  inaccessible: 'red',
};

const CONTROL_COLOURS: Readonly<Record<(typeof CONTROL_STATES)[number], string>> = {
  ok: 'green',
  job: 'light-blue',
  occupied: 'orange',
  error: 'red',
};

function mapping(entries: readonly (readonly [number | string, string, string])[]): ValueMap {
  const options = entries.map(([value, text, color], index) => [String(value), { text, color, index }] as const);
  return { type: MappingType.ValueToText, options: Object.fromEntries(options) };
}

/** virDomainState. */
export const DOMAIN_STATE = mapping(DOMAIN_STATES.map((state, number) => [number, state, DOMAIN_COLOURS[state]]));
/** virStoragePoolState. */
export const POOL_STATE = mapping(STORAGE_POOL_STATES.map((state, number) => [number, state, POOL_COLOURS[state]]));
/** virDomainControlState as the label of a StateSet: the query gives its number. */
export const CONTROL_STATE = mapping(CONTROL_STATES.map((state, number) => [number, state, CONTROL_COLOURS[state]]));
/** A boolean where 1 is well. */
export const UP_DOWN = mapping([
  [0, 'down', 'red'],
  [1, 'up', 'green'],
]);
/** A boolean where 1 is a fault. */
export const FAULT = mapping([
  [0, 'no', 'green'],
  [1, 'yes', 'red'],
]);
/** A boolean that is neither. */
export const YES_NO = mapping([
  [0, 'no', 'text'],
  [1, 'yes', 'text'],
]);
