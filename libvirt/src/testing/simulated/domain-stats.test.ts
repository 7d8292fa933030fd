// SPDX-License-Identifier: Apache-2.0
// The simulation against a real daemon, name by name and type by type; captured-stats.test-support.ts says where from.

import { domainSpec } from '../specimens.test-support.ts';
import {
  KVM_VCPU_COUNTERS,
  KVM_VCPU_FLAGS,
  KVM_VM_COUNTERS,
  RUNNING,
  SHUT_OFF,
  STUCK,
} from './captured-stats.test-support.ts';
import { SimulatedDomain } from './domain.ts';
import { MONITOR_GROUPS, domainStatsParams } from './domain-stats.ts';

let now = 1_700_000_000_000;

function fields(domain: SimulatedDomain, groups = 0, monitor = true): string[] {
  const params = domainStatsParams(domain, groups, { monitor, daemonCpuSeconds: 0.15, now });
  return params.map(({ field, type }) => `${field}:${type}`);
}

function numbers(domain: SimulatedDomain): Map<string, bigint> {
  const params = domainStatsParams(domain, 0, { monitor: true, daemonCpuSeconds: 1, now });
  return new Map(params.flatMap(({ field, value }) => (typeof value === 'bigint' ? [[field, value]] : [])));
}

const isCounter = (field: string): boolean => !/^balloon|capacity|physical|allocation|poll-max/u.test(field);

const running = (): SimulatedDomain => new SimulatedDomain(domainSpec(), 3, () => now);
const shutOff = (): SimulatedDomain => new SimulatedDomain(domainSpec({ state: 5, reason: 0 }), -1, () => now);

test('a running domain has exactly the parameters of a real one', () => {
  const kvm = [0, 1].flatMap((cpu) => [
    ...KVM_VCPU_COUNTERS.map((name) => `vcpu.${String(cpu)}.${name}.sum:ullong`),
    ...KVM_VCPU_FLAGS.map((name) => `vcpu.${String(cpu)}.${name}.cur:boolean`),
  ]);
  const captured = [...RUNNING, ...kvm, ...KVM_VM_COUNTERS.map((name) => `vm.${name}:ullong`)];
  expect(fields(running()).sort()).toEqual(captured.sort());
});

test('a shut off domain has exactly the parameters of a real one', () => {
  expect(fields(shutOff())).toEqual(SHUT_OFF);
});

test('a stuck domain has exactly what libvirtd knows without its monitor', () => {
  const names = fields(running(), 0, false).map((field) => field.split(':')[0]);
  expect(names).toEqual(STUCK);
});

test('groups that need no monitor say the same with and without it', () => {
  const without = ~MONITOR_GROUPS & 2047;
  expect(fields(running(), without, false)).toEqual(fields(running(), without, true));
  expect(fields(running(), without, true)).toHaveLength(2 + 10);
});

test('a guest with a balloon driver tells about its memory, and no more than it has', () => {
  const domain = new SimulatedDomain(domainSpec({ balloonDriver: true }), 3, () => now);
  const values = numbers(domain);
  const of = (key: string): number => Number(values.get(`balloon.${key}`));
  expect(of('unused')).toBeGreaterThan(0);
  expect(of('usable')).toBeGreaterThan(of('unused'));
  expect(of('available')).toBeGreaterThan(of('usable'));
  expect(of('last-update')).toBeGreaterThan(now / 1000 - 6);
});

test('counters only grow while it runs, and begin anew with it', () => {
  const domain = running();
  let before = numbers(domain);
  for (let i = 0; i < 200; i++) {
    now += 7000;
    const after = numbers(domain);
    const fell = [...after].filter(([field, value]) => isCounter(field) && value < (before.get(field) ?? 0n));
    expect(fell).toEqual([]);
    expect(after.get('cpu.time')).toBeGreaterThan(before.get('cpu.time') ?? 0n);
    before = after;
  }
  domain.become(3, 1);
  now += 60_000;
  expect(numbers(domain).get('cpu.time')).toBe(before.get('cpu.time'));
  domain.boot(4, 1, 1);
  now += 10_000;
  expect(numbers(domain).get('cpu.time')).toBeLessThan(15_000_000_000n);
});
