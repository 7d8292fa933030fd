// SPDX-License-Identifier: Apache-2.0
// An element as the diff handles it: attributes and children may be taken away, and it can be written as libvirt would.

import type { XmlElement } from './parse-xml.ts';

/** An element that may be changed. */
export interface DiffNode {
  readonly name: string;
  readonly attributes: Map<string, string>;
  children: DiffNode[];
  /** Its own text; without the white space around it when there are children, empty when there is nothing else. */
  readonly text: string;
}

/** A copy of an element. */
export function toDiffNode({ name, attributes, elements, text }: XmlElement): DiffNode {
  const isLayout = text.trim() === '' || elements.length > 0;
  return {
    name,
    attributes: new Map(attributes),
    children: elements.map(toDiffNode),
    text: isLayout ? text.trim() : text,
  };
}

/** The first child of this name. */
export function childOf(node: DiffNode | undefined, name: string): DiffNode | undefined {
  return node?.children.find((child) => child.name === name);
}

/** An attribute of a child, for what is called by it: `target`, `dev`. */
export function childAttribute(node: DiffNode, child: string, attribute: string): string | undefined {
  return childOf(node, child)?.attributes.get(attribute);
}

/** The start tag, its attributes in the order of `like` where it has them; the inside is all to come, nothing or text. */
export function renderStart(node: DiffNode, like: DiffNode, isLeaf: boolean): string {
  const order = [...like.attributes.keys()].filter((name) => node.attributes.has(name));
  const names = new Set([...order, ...node.attributes.keys()]);
  const attributes = [...names].map((name) => ` ${name}='${escape(node.attributes.get(name) ?? '')}'`);
  const start = `<${node.name}${attributes.join('')}`;
  if (!isLeaf) return `${start}>`;
  return node.text === '' ? `${start}/>` : `${start}>${escape(node.text)}</${node.name}>`;
}

/** The lines of a whole element, indented by two a level from `depth` on. */
export function renderNode(node: DiffNode, depth = 0): string[] {
  const indent = '  '.repeat(depth);
  if (node.children.length === 0) return lines(indent + renderStart(node, node, true));
  return [
    ...lines(indent + renderStart(node, node, false)),
    ...renderText(node, depth + 1),
    ...node.children.flatMap((child) => renderNode(child, depth + 1)),
    `${indent}</${node.name}>`,
  ];
}

/** Text among child elements. */
export function renderText({ text }: DiffNode, depth: number): string[] {
  return text === '' ? [] : lines('  '.repeat(depth) + escape(text));
}

/** A rendering's lines: attributes and text may hold line ends of their own. */
export function lines(text: string): string[] {
  return text.split(/\r\n|[\r\n]/);
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll("'", '&apos;');
}
