// SPDX-License-Identifier: Apache-2.0
import { DomainLabels } from './domain-labels.ts';
import { indexOf } from './exposition.ts';
import { addDirtyRate, addMonitors } from './monitor-samples.ts';
import { fields } from './testdata/snapshot.ts';

function collect(add: typeof addMonitors, values: Record<string, number | string>): [number, string, number][] {
  const samples: [number, string, number][] = [];
  add({ add: (...sample) => samples.push(sample) }, new DomainLabels('h', 'd'), fields(values));
  return samples;
}

describe('monitors', () => {
  it('give a sample for each part that has a value', () => {
    const values = {
      'memory.bandwidth.monitor.count': 1,
      'memory.bandwidth.monitor.0.name': 'vcpus_0',
      'memory.bandwidth.monitor.0.node.count': 2,
      'memory.bandwidth.monitor.0.node.0.id': 1,
      'memory.bandwidth.monitor.0.node.0.bytes.local': 5,
      'memory.bandwidth.monitor.0.node.1.bytes.local': 6,
    };
    // The second node has no id, the total no value.
    expect(collect(addMonitors, values)).toEqual([
      [
        indexOf('libvirt_domain_memory_bandwidth_local_bytes_total'),
        '{host="h",domain="d",monitor="vcpus_0",node="1"} ',
        5,
      ],
    ]);
  });

  it('make no series twice, and end however many a daemon says there are', () => {
    const monitor = (n: number): Record<string, number | string> => ({
      [`cpu.cache.monitor.${String(n)}.name`]: 'same',
      [`cpu.cache.monitor.${String(n)}.bank.count`]: 4_000_000_000,
      [`cpu.cache.monitor.${String(n)}.bank.0.id`]: 0,
      [`cpu.cache.monitor.${String(n)}.bank.0.bytes`]: 1,
      [`cpu.cache.monitor.${String(n)}.bank.1.id`]: 0,
      [`cpu.cache.monitor.${String(n)}.bank.1.bytes`]: 2,
    });
    const values = { 'cpu.cache.monitor.count': 4_000_000_000, ...monitor(0), ...monitor(1) };
    expect(collect(addMonitors, values).map(([, , value]) => value)).toEqual([1]);
  });
});

describe('the dirty rate of vCPUs', () => {
  const rate = (mode: string | undefined) =>
    collect(
      (target, labels, stats) => {
        addDirtyRate(target, labels, stats, [0, 3]);
      },
      {
        'dirtyrate.vcpu.3.megabytes_per_second': 2,
        ...(mode === undefined ? {} : { 'dirtyrate.calc_mode': mode }),
      },
    ).map(([family, , value]) => [family, value]);

  it('is there in mode dirty-ring only, for the vCPUs that have one', () => {
    const info = indexOf('libvirt_domain_dirty_rate_info');
    expect(rate('dirty-ring')).toEqual([
      [info, 1],
      [indexOf('libvirt_domain_dirty_rate_vcpu_bytes_per_second'), 2 * 1024 * 1024],
    ]);
    expect(rate('page-sampling')).toEqual([[info, 1]]);
    expect(rate(undefined)).toEqual([]);
  });
});
