// SPDX-License-Identifier: Apache-2.0
// The label text of one domain's series, made once and kept until the domain goes: a poll then only adds numbers.

import { DOMAIN_STATES } from '../contract/libvirt-states.ts';
import type { DomainSnapshot } from '../hosts/snapshot.ts';
import type { DomainXml } from '../xml/domain-xml.ts';
import { closeLabels, openLabels } from './exposition.ts';
import type { LabelPairs } from './exposition.ts';
import { xmlSamples } from './xml-samples.ts';
import type { XmlSamples } from './xml-samples.ts';

/** So many more texts than a domain has devices, vCPUs or IOThreads are kept before the cache is emptied. */
const CACHE_SLACK = 16;

/** Label text of one domain. */
export class DomainLabels {
  /** `{host="kvm1",domain="web"} ` */
  readonly plain: string;
  /** One for each of {@link DOMAIN_STATES}. */
  readonly states: readonly string[];
  private readonly open: string;
  private readonly devices = new Map<string, string>();
  /** Most domains have no IOThread, and the group kvm is mostly off: no empty map for each of ten thousand. */
  private readonly numbered: Partial<Record<'vcpu' | 'iothread', Map<number, string>>> = {};
  private kvmNames: Map<number | undefined, Map<string, string>> | undefined;
  private facts: { readonly xml: DomainXml | undefined; readonly uuid: string; readonly made: XmlSamples } | undefined;
  private reason: { readonly key: string; readonly text: string } | undefined;

  constructor(host: string, domain: string) {
    this.open = openLabels([
      ['host', host],
      ['domain', domain],
    ]);
    this.plain = closeLabels(this.open);
    this.states = DOMAIN_STATES.map((state) => this.state(state));
  }

  /** With a label `state`. */
  state(state: string): string {
    return this.with([['state', state]]);
  }

  /** With the labels `state` and `reason`. */
  stateReason(state: string, reason: string): string {
    const key = `${state} ${reason}`;
    if (this.reason?.key !== key) {
      const text = closeLabels(this.open, [
        ['state', state],
        ['reason', reason],
      ]);
      this.reason = { key, text };
    }
    return this.reason.text;
  }

  /** With a label `target_device`. */
  device(name: string): string {
    let text = this.devices.get(name);
    if (text === undefined) {
      text = closeLabels(this.open, [['target_device', name]]);
      this.devices.set(name, text);
    }
    return text;
  }

  /** With a label whose value is a number: a vCPU or an IOThread. */
  number(label: 'vcpu' | 'iothread', index: number): string {
    const texts = (this.numbered[label] ??= new Map());
    let text = texts.get(index);
    if (text === undefined) {
      text = closeLabels(this.open, [[label, String(index)]]);
      texts.set(index, text);
    }
    return text;
  }

  /** Of one of KVM's statistics, of a vCPU or of the whole domain. */
  kvm(vcpu: number | undefined, label: 'event' | 'statistic', name: string): string {
    this.kvmNames ??= new Map();
    let texts = this.kvmNames.get(vcpu);
    if (texts === undefined) {
      texts = new Map();
      this.kvmNames.set(vcpu, texts);
    }
    const key = `${label} ${name}`;
    let text = texts.get(key);
    if (text === undefined) {
      text = closeLabels(this.open, [
        ['vcpu', vcpu === undefined ? undefined : String(vcpu)],
        [label, name],
      ]);
      texts.set(key, text);
    }
    return text;
  }

  /** With labels that are too rare to be kept. */
  with(pairs: LabelPairs): string {
    return closeLabels(this.open, pairs);
  }

  /** Texts kept of devices, vCPUs and IOThreads. */
  get kept(): number {
    const { vcpu, iothread } = this.numbered;
    const ofKvm = [...(this.kvmNames?.values() ?? [])].reduce((sum, { size }) => sum + size, 0);
    return this.devices.size + (vcpu?.size ?? 0) + (iothread?.size ?? 0) + ofKvm;
  }

  /** Forgets the texts of what was unplugged, given how many of each the domain has now. */
  trim(used: { readonly devices: number; readonly vcpus: number; readonly iothreads: number }): void {
    const { vcpu, iothread } = this.numbered;
    if (this.devices.size > used.devices + CACHE_SLACK) this.devices.clear();
    if (vcpu !== undefined && vcpu.size > used.vcpus + CACHE_SLACK) vcpu.clear();
    if (iothread !== undefined && iothread.size > used.iothreads + CACHE_SLACK) iothread.clear();
    if (this.kvmNames !== undefined && this.kvmNames.size > used.vcpus + CACHE_SLACK) this.kvmNames.clear();
  }

  /** What the XML makes; made again only when it was read again (a new object) or the uuid changed. */
  xmlSamples(domain: DomainSnapshot): XmlSamples {
    if (this.facts?.xml !== domain.xml || this.facts?.uuid !== domain.uuid) {
      const { uuid, xml } = domain;
      this.facts = { xml, uuid, made: xmlSamples(this.open, uuid, xml) };
    }
    return this.facts.made;
  }
}
