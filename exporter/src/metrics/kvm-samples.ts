// SPDX-License-Identifier: Apache-2.0
// What KVM counts of a domain and its vCPUs to samples. Its names are the kernel's: a label, and bounded.

import type { StatFields } from '@vireo/libvirt';
import type { DomainLabels } from './domain-labels.ts';
import { familyIndex } from './exposition.ts';
import type { SampleTarget } from './statistic-plan.ts';

/** More names than any kernel has; a daemon that makes up names cannot make the page grow. */
const NAMES_MAX = 256;

/** Where the values of one name go. */
interface KvmPlan {
  readonly vcpuFamily: number;
  readonly domainFamily: number;
  readonly label: 'event' | 'statistic';
  readonly name: string;
  readonly divide: number;
}

const EVENTS = {
  vcpuFamily: familyIndex('libvirt_domain_kvm_vcpu_events_total'),
  domainFamily: familyIndex('libvirt_domain_kvm_events_total'),
  label: 'event',
  divide: 1,
} as const;
const SECONDS = {
  vcpuFamily: familyIndex('libvirt_domain_kvm_vcpu_event_seconds_total'),
  domainFamily: familyIndex('libvirt_domain_kvm_event_seconds_total'),
  label: 'event',
  divide: 1e9,
} as const;
const CURRENT = {
  vcpuFamily: familyIndex('libvirt_domain_kvm_vcpu_current'),
  domainFamily: familyIndex('libvirt_domain_kvm_current'),
  label: 'statistic',
  divide: 1,
} as const;
const PEAK = {
  vcpuFamily: familyIndex('libvirt_domain_kvm_vcpu_peak'),
  domainFamily: familyIndex('libvirt_domain_kvm_peak'),
  label: 'statistic',
  divide: 1,
} as const;

/** `exits.sum` without the prefix `vm.` or `vcpu.N.`; null for what is none of KVM's. */
const plans = new Map<string, KvmPlan | null>();
let names = 0;

const FIELD = /^(?<name>[\w-]{1,64}?)(?<ns>_ns)?\.(?<kind>sum|cur|max)$/;

function planOf(field: string): KvmPlan | null {
  const known = plans.get(field);
  if (known !== undefined) return known;
  if (names >= NAMES_MAX) return null;
  const { name, ns = '', kind } = FIELD.exec(field)?.groups ?? {};
  let plan: KvmPlan | null = null;
  if (name !== undefined) {
    names += 1;
    if (kind === 'sum') plan = ns === '' ? { ...EVENTS, name } : { ...SECONDS, name };
    else plan = { ...(kind === 'cur' ? CURRENT : PEAK), name: name + ns };
  }
  // Fields that are none of KVM's are few, and the same for every domain.
  if (plan !== null || plans.size < 2 * NAMES_MAX) plans.set(field, plan);
  return plan;
}

const VM = 'vm.';

/** Adds what KVM says of the whole domain. */
export function addKvmDomain(target: SampleTarget, labels: DomainLabels, fields: StatFields): void {
  for (const [field, value] of fields) {
    if (typeof value !== 'number' || value < 0 || !field.startsWith(VM)) continue;
    const plan = planOf(field.slice(VM.length));
    if (plan === null) continue;
    target.add(plan.domainFamily, labels.kvm(undefined, plan.label, plan.name), value / plan.divide);
  }
}

/** Adds what KVM says of one vCPU. */
export function addKvmVcpu(target: SampleTarget, labels: DomainLabels, vcpu: number, fields: StatFields): void {
  for (const [field, value] of fields) {
    if (typeof value !== 'number' || value < 0) continue;
    const plan = planOf(field);
    if (plan !== null) target.add(plan.vcpuFamily, labels.kvm(vcpu, plan.label, plan.name), value / plan.divide);
  }
}
