// SPDX-License-Identifier: Apache-2.0
import { DomainLabels } from './domain-labels.ts';
import { indexOf } from './exposition.ts';
import { addKvmDomain, addKvmVcpu } from './kvm-samples.ts';
import { fields } from './testdata/snapshot.ts';

function collect(values: Record<string, number | string>, vcpu?: number): [number, string, number][] {
  const samples: [number, string, number][] = [];
  const target = {
    add: (family: number, labels: string, value: number): void => {
      samples.push([family, labels, value]);
    },
  };
  const labels = new DomainLabels('h', 'd');
  if (vcpu === undefined) addKvmDomain(target, labels, fields(values));
  else addKvmVcpu(target, labels, vcpu, fields(values));
  return samples;
}

describe('KVM’s statistics', () => {
  it('go by their kind, times in seconds', () => {
    expect(collect({ 'exits.sum': 7, 'halt_wait_ns.sum': 5e8, 'blocking.cur': 0, 'queue.max': 3 }, 2)).toEqual([
      [indexOf('libvirt_domain_kvm_vcpu_events_total'), '{host="h",domain="d",vcpu="2",event="exits"} ', 7],
      [
        indexOf('libvirt_domain_kvm_vcpu_event_seconds_total'),
        '{host="h",domain="d",vcpu="2",event="halt_wait"} ',
        0.5,
      ],
      [indexOf('libvirt_domain_kvm_vcpu_current'), '{host="h",domain="d",vcpu="2",statistic="blocking"} ', 0],
      [indexOf('libvirt_domain_kvm_vcpu_peak'), '{host="h",domain="d",vcpu="2",statistic="queue"} ', 3],
    ]);
    expect(collect({ 'vm.pages_4k.cur': 9 })).toEqual([
      [indexOf('libvirt_domain_kvm_current'), '{host="h",domain="d",statistic="pages_4k"} ', 9],
    ]);
  });

  it('leave out what is none of them, or no number', () => {
    const others = { state: 1, time: 5, 'a b.sum': 1, '"}.sum': 1, 'x.avg': 1, 'y.sum': 'many', 'z.sum': -1 };
    expect(collect(others, 0)).toEqual([]);
    expect(collect({ 'cpu.time': 1, 'vm.': 1, 'balloon.current': 5 })).toEqual([]);
  });

  it('are bounded, however many names a daemon makes up', () => {
    const many = Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`made_up_${String(n)}.sum`, n]));
    expect(collect(many, 0).length).toBeLessThanOrEqual(256);
    // The names known by then stay.
    expect(collect({ 'exits.sum': 8 }, 0)).toHaveLength(1);
  });
});
