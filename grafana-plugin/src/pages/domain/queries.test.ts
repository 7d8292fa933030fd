// SPDX-License-Identifier: Apache-2.0
import { METRIC_FAMILIES } from '@vireo/exporter/contract';
import { graphsFor, logQuery } from './queries';

const DOMAIN = { host: 'kvm1', name: 'web-1' };
const all = graphsFor('QEMU', DOMAIN).graphs.flatMap(({ queries }) => queries);

describe('the graphs of a domain', () => {
  it('ask for metrics there are', () => {
    const known = new Set(METRIC_FAMILIES.map(({ name }) => name));
    const asked = all.flatMap(({ expr }) => expr.match(/libvirt_\w+/g) ?? []);
    expect(asked.length).toBeGreaterThan(all.length);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
  });

  it('ask for one domain of one host', () => {
    for (const { expr } of all) {
      const selectors = expr.match(/\{[^}]*\}/g) ?? [];
      expect(new Set(selectors)).toEqual(new Set(['{host="kvm1",domain="web-1"}']));
    }
  });

  it.each([
    ['QEMU', []],
    ['something new', []],
    ['LXC', ['Steal']],
    ['ESX', ['Steal', 'Disk latency', 'Disk throughput', 'Network']],
  ])('of the driver %s leave out, by name, what it has no figures for: %j', (driver, lacking) => {
    const told = graphsFor(driver, DOMAIN);
    expect(told.lacking).toEqual(lacking);
    expect(told.graphs.map(({ title }) => title).filter((title) => lacking.includes(title))).toEqual([]);
    expect(told.graphs.length + lacking.length).toBe(6);
  });

  it('take names as they are, whatever is in them', () => {
    const [graph] = graphsFor('QEMU', { host: 'a"b\\', name: '$x${y}' }).graphs;
    expect(graph?.queries[0]?.expr).toContain('{host="a\\"b\\\\",domain="\\x24x\\x24{y}"}');
  });
});

it('the log is asked by UUID', () => {
  expect(logQuery({ host: 'kvm1', uuid: 'u' })).toBe('{service_name="vireo", host="kvm1"} | uuid="u"');
});
