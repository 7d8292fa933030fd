// SPDX-License-Identifier: Apache-2.0
import { DomainLabels } from './domain-labels.ts';

describe('the texts of a domain', () => {
  it('do not pile up while disks, vCPUs and IOThreads come and go', () => {
    const labels = new DomainLabels('kvm1', 'web');
    for (let i = 0; i < 10_000; i++) {
      labels.device(`vd${String(i)}`);
      labels.number('vcpu', i);
      labels.number('iothread', i);
      for (const name of ['exits', 'halt_exits']) labels.kvm(i, 'event', name);
      labels.kvm(undefined, 'event', 'remote_tlb_flush');
      labels.trim({ devices: 1, vcpus: 1, iothreads: 1 });
    }
    expect(labels.kept).toBeLessThan(200);
    expect(labels.number('vcpu', 7)).toBe('{host="kvm1",domain="web",vcpu="7"} ');
    expect(labels.kvm(7, 'event', 'exits')).toBe('{host="kvm1",domain="web",vcpu="7",event="exits"} ');
  });

  it('stay while they are used', () => {
    const labels = new DomainLabels('kvm1', 'web');
    for (let i = 0; i < 500; i++) labels.kvm(i, 'event', 'exits');
    for (let i = 0; i < 500; i++) labels.number('vcpu', i);
    labels.trim({ devices: 0, vcpus: 500, iothreads: 0 });
    expect(labels.kept).toBe(1000);
  });
});
