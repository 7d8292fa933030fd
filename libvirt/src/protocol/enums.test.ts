// SPDX-License-Identifier: Apache-2.0

import { DOMAIN_STATES, domainJobOperation, domainReason, domainState, memoryStat } from './enums.ts';
import { agentState, blockJobStatus, domainEvent, domainEventDetail, ioErrorAction } from './event-enums.ts';

it('states of a domain come in the order of their numbers', () => {
  expect(DOMAIN_STATES).toEqual([
    'nostate',
    'running',
    'blocked',
    'paused',
    'shutdown',
    'shutoff',
    'crashed',
    'pmsuspended',
  ]);
  expect(DOMAIN_STATES.map((_, number) => domainState(number))).toEqual(DOMAIN_STATES);
});

// libvirt's libvirt-domain.h, 12.3
it.each([
  ['nostate', ['unknown']],
  [
    'running',
    [
      'unknown',
      'booted',
      'migrated',
      'restored',
      'from_snapshot',
      'unpaused',
      'migration_canceled',
      'save_canceled',
      'wakeup',
      'crashed',
      'postcopy',
      'postcopy_failed',
    ],
  ],
  ['blocked', ['unknown']],
  [
    'paused',
    [
      'unknown',
      'user',
      'migration',
      'save',
      'dump',
      'ioerror',
      'watchdog',
      'from_snapshot',
      'shutting_down',
      'snapshot',
      'crashed',
      'starting_up',
      'postcopy',
      'postcopy_failed',
      'api_error',
    ],
  ],
  ['shutdown', ['unknown', 'user']],
  [
    'shutoff',
    ['unknown', 'shutdown', 'destroyed', 'crashed', 'migrated', 'saved', 'failed', 'from_snapshot', 'daemon'],
  ],
  ['crashed', ['unknown', 'panicked']],
  ['pmsuspended', ['unknown']],
] as const)('the reasons of %s', (state, reasons) => {
  expect(reasons.map((_, number) => domainReason(state, number))).toEqual(reasons);
  expect(domainReason(state, reasons.length)).toBe(`unknown-${String(reasons.length)}`);
});

it('numbers this package does not know keep their number', () => {
  expect(domainState(8)).toBe('unknown-8');
  expect(domainState(-1)).toBe('unknown--1');
  expect(domainReason('unknown-8', 3)).toBe('unknown-3');
  expect(domainEvent(9)).toBe('unknown-9');
  expect(domainEventDetail('unknown-9', 2)).toBe('unknown-2');
  expect(agentState(0)).toBe('unknown-0');
});

it('lifecycle details depend on the event', () => {
  expect(domainEventDetail(domainEvent(2), 0)).toBe('booted');
  expect(domainEventDetail(domainEvent(3), 2)).toBe('ioerror');
  expect(domainEventDetail(domainEvent(5), 1)).toBe('destroyed');
  expect(domainEventDetail(domainEvent(6), 2)).toBe('host');
});

it('labels are the C names without their prefix', () => {
  expect(memoryStat(6)).toBe('actual_balloon');
  expect(domainJobOperation(7)).toBe('snapshot_revert');
  expect(blockJobStatus(3)).toBe('ready');
  expect(ioErrorAction(2)).toBe('report');
});
