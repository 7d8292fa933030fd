// SPDX-License-Identifier: Apache-2.0
// What a running domain will be after its next start that it is not now: the difference of its two XMLs, without secrets
// and without what differs anyway.

import { align } from './align-xml.ts';
import type { Aligned } from './align-xml.ts';
import { lines, renderNode, renderStart, renderText, toDiffNode } from './diff-node.ts';
import type { DiffNode } from './diff-node.ts';
import { dropRuntime } from './domain-noise.ts';
import { parseXml } from './parse-xml.ts';
import { redactDomainXml } from './redact-xml.ts';
import { unifiedDiff } from './unified-diff.ts';
import type { DiffLine } from './unified-diff.ts';
import { XmlError } from './xml-error.ts';

/** One difference. An absent side does not have it. */
export interface XmlChange {
  /** `/domain/devices/disk[vda]/driver/@cache`, `/domain/vcpu`: an attribute, an element's text, or a whole element. */
  readonly path: string;
  /** Value, or XML of an element, in the running domain. */
  readonly live?: string;
  /** The same in the configuration: what it will be. */
  readonly config?: string;
}

/** The differences of a domain's two XMLs. */
export interface XmlDiff {
  /** In document order; empty when the next start changes nothing. */
  readonly changes: readonly XmlChange[];
  /** A unified diff of {@link live} and {@link config}; `''` without changes. */
  readonly unified: string;
  /** The running domain's XML, without noise, its elements in the configuration's order; not what libvirt would take. */
  readonly live: string;
  /** The configuration, without noise. */
  readonly config: string;
}

/**
 * Compares a running domain's XML with its configuration (VIR_DOMAIN_XML_INACTIVE). Both are freed of secrets first, so
 * a change of nothing but a secret is no change here.
 *
 * @throws {@link XmlError} when either cannot be read or is no domain
 */
export function diffDomainXml(live: string, config: string): XmlDiff {
  const aligned = align(read(live), read(config));
  const changes: XmlChange[] = [];
  const diff: DiffLine[] = [];
  collect(aligned, '', changes);
  render(aligned, 0, diff);
  const text = (without: DiffLine['mark']): string =>
    diff.flatMap((line) => (line.mark === without ? [] : `${line.text}\n`)).join('');
  return { changes, unified: unifiedDiff(diff), live: text('+'), config: text('-') };
}

function read(xml: string): DiffNode {
  const root = parseXml(redactDomainXml(xml));
  if (root.name !== 'domain') throw new XmlError(`expected <domain>, found <${root.name}>`);
  const domain = toDiffNode(root);
  dropRuntime(domain);
  return domain;
}

function collect(aligned: Aligned, parent: string, changes: XmlChange[]): void {
  const { name } = aligned.kind === 'both' ? aligned.config : aligned.node;
  const path = `${parent}/${name}${aligned.label === '' ? '' : `[${aligned.label}]`}`;
  if (aligned.kind !== 'both') {
    const xml = renderNode(aligned.node).join('\n');
    changes.push(aligned.kind === 'live' ? { path, live: xml } : { path, config: xml });
    return;
  }
  const { live, config, children } = aligned;
  for (const attribute of new Set([...config.attributes.keys(), ...live.attributes.keys()])) {
    compare(`${path}/@${attribute}`, live.attributes.get(attribute), config.attributes.get(attribute), changes);
  }
  compare(path, live.text, config.text, changes);
  for (const child of children) collect(child, path, changes);
}

function compare(path: string, live: string | undefined, config: string | undefined, changes: XmlChange[]): void {
  if (live === config) return;
  changes.push({ path, ...(live === undefined ? {} : { live }), ...(config === undefined ? {} : { config }) });
}

function render(aligned: Aligned, depth: number, diff: DiffLine[]): void {
  const add = (mark: DiffLine['mark'], added: readonly string[]): void => {
    for (const text of added) diff.push({ mark, text });
  };
  /** What both say once, what they say differently twice. */
  const addBoth = (before: readonly string[], after: readonly string[]): void => {
    if (before.join('\n') === after.join('\n')) {
      add(' ', after);
      return;
    }
    add('-', before);
    add('+', after);
  };
  if (aligned.kind !== 'both') {
    add(aligned.kind === 'live' ? '-' : '+', renderNode(aligned.node, depth));
    return;
  }
  const { live, config, children } = aligned;
  const indent = '  '.repeat(depth);
  const [isLiveLeaf, isConfigLeaf] = [live.children.length === 0, config.children.length === 0];
  if (isLiveLeaf !== isConfigLeaf) {
    addBoth(renderNode(live, depth), renderNode(config, depth));
    return;
  }
  const start = (node: DiffNode): string[] => lines(indent + renderStart(node, config, isConfigLeaf));
  addBoth(start(live), start(config));
  if (isConfigLeaf) return;
  addBoth(renderText(live, depth + 1), renderText(config, depth + 1));
  for (const child of children) render(child, depth + 1, diff);
  add(' ', [`${indent}</${config.name}>`]);
}
