// SPDX-License-Identifier: Apache-2.0
// One domain of a snapshot to samples. Statistics follow the family table; the rest is read by name here.

import type { StatFields } from '@vireo/libvirt';
import { CONTROL_STATES, DOMAIN_STATES, JOB_TYPES, libvirtNumber } from '../contract/libvirt-states.ts';
import { SCALES } from '../contract/metric-family.ts';
import type { StatisticGroup } from '../contract/metric-family.ts';
import { SNAPSHOT_FAMILIES } from '../contract/metrics.ts';
import type { DomainSnapshot, DomainTrouble } from '../hosts/snapshot.ts';
import { interfaceNameCandidates, UniqueNames } from './domain-labels.ts';
import type { DomainLabels } from './domain-labels.ts';
import { familyIndex, indexOf } from './exposition.ts';
import type { SampleWriter } from './exposition.ts';

/** A statistic family, ready for use: where it goes and how its value is scaled. */
interface StatisticPlan {
  readonly family: number;
  readonly field: string;
  readonly multiply: number;
  readonly divide: number;
  /** Values below this make no sample: libvirt's older calls say -1 for an unknown counter, and 0 for an unknown time. */
  readonly above: number;
}

function planOf(group: StatisticGroup): readonly StatisticPlan[] {
  return SNAPSHOT_FAMILIES.flatMap((family) => {
    if (family.source.kind !== 'statistic' || family.source.group !== group) return [];
    const { multiply, divide } = SCALES[family.source.scale];
    const above = family.zeroIsUnknown ? 0 : family.type === 'counter' ? -1 : -Infinity;
    return [{ family: indexOf(family.name), field: family.source.field, multiply, divide, above }];
  });
}

const PLANS: Readonly<Record<StatisticGroup, readonly StatisticPlan[]>> = {
  domain: planOf('domain'),
  vcpu: planOf('vcpu'),
  block: planOf('block'),
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
const BALLOON_PERIOD = familyIndex('libvirt_domain_memory_stats_period_seconds');
const JOB_TYPE = familyIndex('libvirt_domain_job_info_type');
const DOMAIN_INFO = familyIndex('libvirt_domain_info');
const OPENSTACK_INFO = familyIndex('libvirt_domain_openstack_info');
const BLOCK_INFO = familyIndex('libvirt_domain_block_stats_info');
const INTERFACE_INFO = familyIndex('libvirt_domain_interface_stats_info');

/**
 * Adds every sample of one domain.
 *
 * @returns How many of its devices were left out for want of a name.
 */
export function encodeDomain(writer: SampleWriter, labels: DomainLabels, domain: DomainSnapshot): number {
  encodeState(writer, labels, domain);
  writer.add(ACTIVE, labels.plain, domain.id >= 0 ? 1 : 0);
  writer.addBoolean(PERSISTENT, labels.plain, domain.persistent);
  writer.addBoolean(AUTOSTART, labels.plain, domain.autostart);
  writer.add(TIMED_OUT, labels.plain, domain.trouble === undefined ? 0 : 1);
  if (domain.trouble !== undefined) encodeTrouble(writer, labels, domain.trouble);
  if (domain.statsAt !== undefined) writer.add(STATISTICS_AT, labels.plain, domain.statsAt / 1000);
  writer.addGiven(BALLOON_PERIOD, labels.plain, domain.xml?.balloonStatsPeriodSeconds);
  const unlabelledInfo = encodeInfo(writer, labels, domain);
  if (domain.job !== undefined) {
    writer.addGiven(JOB_TYPE, labels.plain, libvirtNumber(JOB_TYPES, domain.job.type));
    encodeFields(writer, PLANS.job, labels.plain, domain.job.fields);
  }
  // The same nameless device is missing from the info series and from the values: count it once.
  return Math.max(unlabelledInfo, encodeStatistics(writer, labels, domain));
}

function encodeState(writer: SampleWriter, labels: DomainLabels, { state, reason }: DomainSnapshot): void {
  for (const [name, text] of labels.stateTexts) writer.add(STATE, text, name === state ? 1 : 0);
  // Exactly one state is 1, so a state newer than this code gets a series of its own.
  if (!labels.stateTexts.has(state)) writer.add(STATE, labels.state(state), 1);
  writer.addGiven(STATE_NUMBER, labels.plain, libvirtNumber(DOMAIN_STATES, state));
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

function encodeInfo(writer: SampleWriter, labels: DomainLabels, domain: DomainSnapshot): number {
  const info = labels.infoLabels(domain);
  writer.add(DOMAIN_INFO, info.domain, 1);
  if (info.openstack !== undefined) writer.add(OPENSTACK_INFO, info.openstack, 1);
  for (const text of info.disks) writer.add(BLOCK_INFO, text, 1);
  for (const text of info.interfaces) writer.add(INTERFACE_INFO, text, 1);
  return info.unlabelled;
}

function encodeStatistics(writer: SampleWriter, labels: DomainLabels, domain: DomainSnapshot): number {
  const { stats } = domain;
  if (stats === undefined) return 0;
  encodeFields(writer, PLANS.domain, labels.plain, stats.fields);
  for (const [index, fields] of stats.vcpu) {
    encodeFields(writer, PLANS.vcpu, labels.number('vcpu', index), fields);
  }
  for (const [id, fields] of stats.iothread) {
    encodeFields(writer, PLANS.iothread, labels.number('iothread', id), fields);
  }
  const disks = new UniqueNames();
  for (const fields of stats.block.values()) {
    const name = disks.take([deviceName(fields)]);
    if (name !== undefined) encodeFields(writer, PLANS.block, labels.device(name), fields);
  }
  const interfaces = new UniqueNames();
  for (const [index, fields] of stats.net) {
    // libvirt numbers net.N as the interfaces stand in the XML; passed-through cards have no name of their own.
    const name = interfaces.take([deviceName(fields), ...interfaceNameCandidates(domain.xml?.interfaces[index])]);
    if (name !== undefined) encodeFields(writer, PLANS.net, labels.device(name), fields);
  }
  labels.trim(disks.count + interfaces.count);
  return disks.refused + interfaces.refused;
}

function deviceName(fields: StatFields): string | undefined {
  const name = fields.get('name');
  return typeof name === 'string' ? name : undefined;
}

function encodeFields(
  writer: SampleWriter,
  plans: readonly StatisticPlan[],
  labels: string,
  fields: ReadonlyMap<string, number | string | boolean>,
): void {
  for (const { family, field, multiply, divide, above } of plans) {
    const value = fields.get(field);
    if (typeof value === 'number' && value > above) writer.add(family, labels, (value * multiply) / divide);
  }
}
