// SPDX-License-Identifier: Apache-2.0

import { METRIC_GROUPS } from '../contract/groups.ts';
import { SNAPSHOT_FAMILIES } from '../contract/metrics.ts';
import type { DomainObservations } from '../hosts/observations.ts';
import type { DomainSnapshot } from '../hosts/snapshot.ts';
import { parseDomainXml } from '../xml/domain-xml.ts';
import { DomainLabels } from './domain-labels.ts';
import { encodeDomain } from './encode-domain.ts';
import { SampleWriter } from './exposition.ts';

const XML = `<domain type='kvm'><name>web</name><uuid>6ba7b810-9dad-11d1-80b4-00c04fd430c8</uuid><devices>
  <interface type='network'><mac address='52:54:00:00:00:01'/><target dev='vnet0'/></interface>
  <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0' state='disconnected'/></channel>
</devices></domain>`;

/** The lines of the families that come from observations. */
function lines(observed: DomainObservations | undefined, more: Partial<DomainSnapshot> = {}): string[] {
  const domain: DomainSnapshot = {
    uuid: '6ba7b810-9dad-11d1-80b4-00c04fd430c8',
    name: 'web',
    id: 1,
    state: 'running',
    reason: 'booted',
    xml: parseDomainXml(XML),
    ...(observed === undefined ? {} : { observed }),
    ...more,
  };
  const writer = new SampleWriter();
  encodeDomain(writer, new DomainLabels('kvm1', 'web'), domain, new Set(METRIC_GROUPS));
  const mine = /block_job|vcpu_cpu|disk_error|address_info|snapshot|checkpoint|guest/;
  expect(SNAPSHOT_FAMILIES.filter(({ name }) => mine.test(name)).length).toBeGreaterThan(20);
  return writer
    .finish()
    .bytes.toString()
    .split('\n')
    .filter((line) => mine.test(line.split('{')[0] ?? ''))
    .map((line) => line.replace('libvirt_domain_', '').replace('host="kvm1",domain="web"', ''));
}

it('shows of a domain nobody has asked yet only what its XML says', () => {
  expect(lines(undefined)).toEqual(['guest_agent_connected{} 0']);
  expect(lines(undefined, { id: -1, state: 'shutoff' })).toEqual([]);
});

it('tells none from unknown', () => {
  expect(lines({ blockJobs: [], diskErrors: [], addresses: [], snapshots: { count: 0 } })).toEqual([
    'disk_errors{} 0',
    'snapshots{} 0',
    'guest_agent_connected{} 0',
  ]);
});

it('shows the CPU of each vCPU that is on one', () => {
  const cpuOfVcpu = new Map([
    [0, 3],
    [2, 0],
  ]);
  expect(lines({ cpuOfVcpu })).toEqual(['vcpu_cpu{,vcpu="0"} 3', 'vcpu_cpu{,vcpu="2"} 0', 'guest_agent_connected{} 0']);
});

it('shows block jobs, errors, addresses under the name of the interface, and times', () => {
  const mac = '52:54:00:00:00:01';
  expect(
    lines({
      blockJobs: [{ target: 'vda', type: 'copy', current: 5, end: 10, bandwidthBytesPerSecond: 0 }],
      diskErrors: [{ target: 'vda', error: 'no-space' }],
      addresses: [
        { mac, family: 'ipv4', address: '10.0.0.1', source: 'arp' },
        { mac: '52:54:00:00:00:99', family: 'ipv4', address: '10.0.0.9', source: 'arp' },
      ],
      snapshots: { count: 2, newestAt: 20, oldestAt: 10, current: 'a "b"' },
    }),
  ).toEqual([
    'block_job_info{,target_device="vda",job_type="copy"} 1',
    'block_job_position{,target_device="vda"} 5',
    'block_job_end{,target_device="vda"} 10',
    'disk_errors{} 1',
    'disk_error_info{,target_device="vda",error="no-space"} 1',
    'interface_address_info{,target_device="vnet0",family="ipv4",address="10.0.0.1",source="arp"} 1',
    'snapshots{} 2',
    'snapshots_newest_timestamp_seconds{} 20',
    'snapshots_oldest_timestamp_seconds{} 10',
    String.raw`snapshot_current_info{,snapshot="a \"b\""} 1`,
    'guest_agent_connected{} 0',
  ]);
});

it('shows nothing of a guest that does not answer but that', () => {
  expect(lines({ guest: { responding: false } })).toEqual(['guest_agent_connected{} 0', 'guest_agent_responding{} 0']);
});
