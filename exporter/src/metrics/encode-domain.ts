// SPDX-License-Identifier: Apache-2.0
// One domain of a snapshot to samples. Statistics follow the family table; the rest is read by name here.

import type { StatFields } from '@vireo/libvirt';
import type { MetricGroup } from '../contract/groups.ts';
import { CONTROL_STATES, DOMAIN_STATES, JOB_TYPES, libvirtNumber } from '../contract/libvirt-states.ts';
import type { DomainSnapshot, DomainTrouble } from '../hosts/snapshot.ts';
import type { DomainLabels } from './domain-labels.ts';
import { encodeObserved } from './encode-observed.ts';
import { familyIndex } from './exposition.ts';
import type { SampleWriter } from './exposition.ts';
import { addKvmDomain, addKvmVcpu } from './kvm-samples.ts';
import { addDirtyRate, addMonitors } from './monitor-samples.ts';
import { addFields, planOf } from './statistic-plan.ts';
import { interfaceNameCandidates, UniqueNames } from './unique-names.ts';

const PLANS = {
  domain: planOf('domain'),
  vcpu: planOf('vcpu'),
  block: planOf('block'),
  backing: planOf('backing'),
  net: planOf('net'),
  iothread: planOf('iothread'),
  job: planOf('job'),
};

const STATE = familyIndex('libvirt_domain_state');
const STATE_NUMBER = familyIndex('libvirt_domain_info_state');
const STATE_REASON = familyIndex('libvirt_domain_state_reason_info');
const ACTIVE = familyIndex('libvirt_domain_active');
const PERSISTENT = familyIndex('libvirt_domain_persistent');
const AUTOSTART = familyIndex('libvirt_domain_autostart');
const TIMED_OUT = familyIndex('libvirt_domain_timed_out');
const TIMED_OUT_SINCE = familyIndex('libvirt_domain_timed_out_since_timestamp_seconds');
const CONTROL_STATE = familyIndex('libvirt_domain_control_state');
const CONTROL_STATE_DURATION = familyIndex('libvirt_domain_control_state_duration_seconds');
const STATISTICS_AT = familyIndex('libvirt_domain_statistics_timestamp_seconds');
const STARTED_AT = familyIndex('libvirt_domain_start_timestamp_seconds');
const JOB_TYPE = familyIndex('libvirt_domain_job_info_type');

/**
 * Adds every sample of one domain.
 *
 * @param groups The groups that are on: what KVM counts comes with the vCPUs, wanted or not.
 * @returns How many of its devices were left out for want of a name.
 */
export function encodeDomain(
  writer: SampleWriter,
  labels: DomainLabels,
  domain: DomainSnapshot,
  groups: ReadonlySet<MetricGroup>,
): number {
  encodeState(writer, labels, domain);
  writer.add(ACTIVE, labels.plain, domain.id >= 0 ? 1 : 0);
  writer.addBoolean(PERSISTENT, labels.plain, domain.persistent);
  writer.addBoolean(AUTOSTART, labels.plain, domain.autostart);
  writer.add(TIMED_OUT, labels.plain, domain.trouble === undefined ? 0 : 1);
  if (domain.trouble !== undefined) encodeTrouble(writer, labels, domain.trouble);
  if (domain.statsAt !== undefined) writer.add(STATISTICS_AT, labels.plain, domain.statsAt / 1000);
  if (domain.startedAt !== undefined) writer.add(STARTED_AT, labels.plain, domain.startedAt / 1000);
  const facts = labels.xmlSamples(domain);
  for (const { family, labels: text, value } of facts.samples) writer.add(family, text, value);
  if (domain.job !== undefined) {
    writer.addGiven(JOB_TYPE, labels.plain, libvirtNumber(JOB_TYPES, domain.job.type));
    addFields(writer, PLANS.job, labels.plain, domain.job.fields);
  }
  encodeObserved(writer, labels, domain);
  // The same nameless device is missing from the info series and from the values: count it once.
  return Math.max(facts.unlabelled, encodeStatistics(writer, labels, domain, groups));
}

function encodeState(writer: SampleWriter, labels: DomainLabels, { state, reason }: DomainSnapshot): void {
  const number = libvirtNumber(DOMAIN_STATES, state);
  labels.states.forEach((text, i) => {
    writer.add(STATE, text, i === number ? 1 : 0);
  });
  // Exactly one state is 1, so a state newer than this code gets a series of its own.
  if (number === undefined || number >= labels.states.length) writer.add(STATE, labels.state(state), 1);
  writer.addGiven(STATE_NUMBER, labels.plain, number);
  writer.add(STATE_REASON, labels.stateReason(state, reason), 1);
}

function encodeTrouble(writer: SampleWriter, labels: DomainLabels, trouble: DomainTrouble): void {
  writer.add(TIMED_OUT_SINCE, labels.plain, trouble.since / 1000);
  const { controlState } = trouble;
  if (controlState === undefined) return;
  for (const state of new Set([...CONTROL_STATES, controlState])) {
    writer.add(CONTROL_STATE, labels.state(state), state === controlState ? 1 : 0);
  }
  if (trouble.controlStateMs !== undefined) {
    writer.add(CONTROL_STATE_DURATION, labels.plain, trouble.controlStateMs / 1000);
  }
}

function encodeStatistics(
  writer: SampleWriter,
  labels: DomainLabels,
  domain: DomainSnapshot,
  groups: ReadonlySet<MetricGroup>,
): number {
  const { stats } = domain;
  const kvm = groups.has('kvm');
  if (stats === undefined) return 0;
  addFields(writer, PLANS.domain, labels.plain, stats.fields);
  addMonitors(writer, labels, stats.fields);
  addDirtyRate(writer, labels, stats.fields, stats.vcpu.keys());
  if (kvm) addKvmDomain(writer, labels, stats.fields);
  for (const [index, fields] of stats.vcpu) {
    addFields(writer, PLANS.vcpu, labels.number('vcpu', index), fields);
    if (kvm) addKvmVcpu(writer, labels, index, fields);
  }
  for (const [id, fields] of stats.iothread) {
    addFields(writer, PLANS.iothread, labels.number('iothread', id), fields);
  }
  const disks = new UniqueNames();
  const images = new UniqueNames();
  for (const fields of stats.block.values()) {
    const own = deviceName(fields);
    // The images below it come after the disk, under its name; how deep an image is changes, its index does not.
    const image = fields.get('backingIndex');
    if (own !== undefined && image !== undefined && groups.has('backing') && disks.has(own)) {
      const index = String(image);
      if (images.take([`${own} ${index}`]) === undefined) continue;
      const text = labels.with([
        ['target_device', own],
        ['index', index],
      ]);
      addFields(writer, PLANS.backing, text, fields);
      continue;
    }
    const name = disks.take([own]);
    if (name !== undefined) addFields(writer, PLANS.block, labels.device(name), fields);
  }
  const interfaces = new UniqueNames();
  for (const [index, fields] of stats.net) {
    // libvirt numbers net.N as the interfaces stand in the XML; passed-through cards have no name of their own.
    const name = interfaces.take([deviceName(fields), ...interfaceNameCandidates(domain.xml?.interfaces[index])]);
    if (name !== undefined) addFields(writer, PLANS.net, labels.device(name), fields);
  }
  labels.trim({ devices: disks.count + interfaces.count, vcpus: stats.vcpu.size, iothreads: stats.iothread.size });
  return disks.refused + images.refused + interfaces.refused;
}

function deviceName(fields: StatFields): string | undefined {
  const name = fields.get('name');
  return typeof name === 'string' ? name : undefined;
}
